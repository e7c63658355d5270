"""Gives the sample pictures a canvas: flat shapes in picture units, smooth edges, a small palette.

Knows nothing of what is drawn on it. No randomness anywhere, so that the same code gives the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw

# Shapes are drawn this many times larger and scaled down, which is what smooths their edges.
_OVERSAMPLING = 3

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Canvas:
    """Holds one picture being drawn. Coordinates are pixels of the finished file, origin top left, y down."""

    width: int
    height: int
    image: Image.Image = field(repr=False)

    @classmethod
    def blank(cls, width: int, height: int, colour: str) -> Canvas:
        """Make a picture filled with one colour."""
        size = (width * _OVERSAMPLING, height * _OVERSAMPLING)
        return cls(width, height, Image.new("RGB", size, colour))

    def polygon(self, points: Sequence[Point], colour: str, opacity: float = 1.0) -> None:
        """Fill a polygon; ``opacity`` below 1 lets what is beneath show through."""
        scaled = [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]
        self._paint(lambda draw, fill: draw.polygon(scaled, fill=fill), colour, opacity)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str, opacity: float = 1.0) -> None:
        """Fill an upright rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour, opacity)

    def disc(self, x: float, y: float, radius: float, colour: str, opacity: float = 1.0) -> None:
        """Fill a circle around a point."""
        corners = [value * _OVERSAMPLING for value in (x - radius, y - radius, x + radius, y + radius)]
        self._paint(lambda draw, fill: draw.ellipse(corners, fill=fill), colour, opacity)

    def line(self, points: Sequence[Point], colour: str, width: float = 2, opacity: float = 1.0) -> None:
        """Draw a line through the points; ``width`` may be less than one pixel."""
        scaled = [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]
        thick = max(1, round(width * _OVERSAMPLING))
        self._paint(lambda draw, fill: draw.line(scaled, fill=fill, width=thick, joint="curve"), colour, opacity)

    def ring(self, x: float, y: float, radius: float, colour: str, width: float, opacity: float = 1.0) -> None:
        """Draw a circle's outline, ``width`` pixels inwards from the radius."""
        corners = [value * _OVERSAMPLING for value in (x - radius, y - radius, x + radius, y + radius)]
        thick = max(1, round(width * _OVERSAMPLING))
        self._paint(lambda draw, fill: draw.ellipse(corners, outline=fill, width=thick), colour, opacity)

    def bands(self, top: float, bottom: float, colours: Sequence[str], steps: int) -> None:
        """Fill a height with level bands that walk through the colours: a sky as a poster prints it."""
        for step in range(steps):
            start = top + (bottom - top) * step / steps
            self.box(0, start, self.width, bottom, walk(colours, step / max(1, steps - 1)))

    def ridge(self, base: float, height: float, waves: Sequence[Point], colour: str, opacity: float = 1.0) -> None:
        """Fill everything under a rolling line; ``waves`` are pairs of (waves across the picture, phase)."""
        outline = [(x, base - height * _rolling(x / self.width, waves)) for x in range(0, self.width + 4, 3)]
        self.polygon([(0.0, float(self.height)), *outline, (float(self.width), float(self.height))], colour, opacity)

    def save(self, path: Path, colours: int = 64) -> None:
        """Write the picture as a PNG of so many colours, without dithering, which would cost bytes and show grain."""
        small = self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        reduced = small.quantize(colours, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
        reduced.save(path, "PNG", optimize=True)

    def _paint(
        self,
        shape: Callable[[ImageDraw.ImageDraw, tuple[int, ...] | int], None],
        colour: str,
        opacity: float,
    ) -> None:
        if opacity >= 1:
            shape(ImageDraw.Draw(self.image), ImageColor.getrgb(colour))
            return
        mask = Image.new("L", self.image.size, 0)
        shape(ImageDraw.Draw(mask), round(255 * opacity))
        self.image.paste(ImageColor.getrgb(colour), (0, 0), mask)


def walk(colours: Sequence[str], share: float) -> str:
    """Return the colour at a share (0 to 1) of the way through a row of colours, as ``#rrggbb``."""
    place = min(max(share, 0.0), 1.0) * (len(colours) - 1)
    index = min(int(place), len(colours) - 2)
    start, end = ImageColor.getrgb(colours[index]), ImageColor.getrgb(colours[index + 1])
    mixed = [round(a + (b - a) * (place - index)) for a, b in zip(start[:3], end[:3], strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def arc(x: float, y: float, radius: float, start: float, end: float, steps: int = 48) -> list[Point]:
    """Return points along a circle, angles in degrees clockwise from three o'clock."""
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def _rolling(share: float, waves: Sequence[Point]) -> float:
    total = sum(
        math.sin(2 * math.pi * (count * share + phase)) / (1 + index) for index, (count, phase) in enumerate(waves)
    )
    return total / sum(1 / (1 + index) for index in range(len(waves)))
