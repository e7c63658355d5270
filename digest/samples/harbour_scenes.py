"""Scenes of the harbour and the sea for the sample newsroom's pictures."""

from __future__ import annotations

import math

from digest.samples.canvas import Canvas, Point, arc

_NIGHT = "#12233a"
_SLATE = "#27425a"
_HAZE = "#6f8a99"
_CREAM = "#f6e7cb"
_AMBER = "#e9a54b"
_BRICK = "#a63d2f"
_RUST = "#7c2f2a"


def bridge() -> Canvas:
    """Draw the lead picture: a freighter against an opened swing bridge, before sunrise."""
    canvas = Canvas.blank(1152, 576, _NIGHT)
    canvas.bands(0, 372, ["#23405c", "#4d6f84", "#9fa7a0", "#e6bd8a", "#f3d3a0"], 18)
    canvas.ridge(368, 34, [(1.3, 0.1), (3.1, 0.4)], "#8f9a98")
    canvas.ridge(376, 22, [(2.2, 0.7), (5.0, 0.2)], "#5f7885")
    _lighthouse(canvas, 1102, 372)
    for left, scale in ((70, 1.0), (206, 0.86), (322, 0.72)):
        _crane(canvas, left, 376, scale, "#34536a")
    canvas.bands(374, 576, ["#d9b287", "#7d8f93", "#35566c", "#1b3550", "#12233a"], 12)
    _glitter(canvas, 760, 380, 560, "#f3d3a0")
    _swing_span(canvas)
    _freighter(canvas, 404, 446)
    _ripples(canvas, 470, 570, _NIGHT)
    return canvas


def ferry() -> Canvas:
    """Draw a double-ended ferry on the slip of a shipyard, under its gantry."""
    canvas = Canvas.blank(800, 600, "#dfe9e2")
    canvas.bands(0, 420, ["#5f938f", "#a9cabd", "#eae6cf"], 9)
    canvas.ridge(404, 40, [(1.1, 0.3), (2.7, 0.1)], "#7fa79f")
    for x in (150, 650):
        canvas.box(x - 13, 120, x + 13, 440, "#1d4a4d")
    canvas.box(110, 96, 690, 130, "#173b40")
    canvas.box(360, 130, 440, 152, _AMBER)
    for x in (376, 424):
        canvas.line([(x, 152), (x, 262)], "#173b40", 2.5)
    canvas.box(0, 430, 800, 600, "#2e6268")
    canvas.polygon([(150, 376), (650, 376), (606, 456), (194, 456)], "#f4efe0")
    canvas.polygon([(176, 424), (624, 424), (606, 456), (194, 456)], _BRICK)
    canvas.box(212, 318, 588, 376, "#fbf7ea")
    canvas.box(272, 266, 528, 318, "#f4efe0")
    for index in range(9):
        canvas.box(230 + index * 39, 332, 256 + index * 39, 356, "#24565b")
    for index in range(6):
        canvas.box(288 + index * 39, 280, 312 + index * 39, 302, "#24565b")
    canvas.polygon([(404, 384), (382, 414), (398, 414), (390, 438), (420, 404), (402, 404), (414, 384)], _AMBER)
    _ripples(canvas, 470, 590, "#1d4a4d")
    return canvas


def trawlers() -> Canvas:
    """Draw two fishing boats on a long swell, with gulls."""
    canvas = Canvas.blank(800, 600, "#c9dcd9")
    canvas.bands(0, 330, ["#e9dfc6", "#cfdcd3", "#9cbfc1"], 8)
    canvas.ridge(330, 14, [(2.0, 0.2)], "#6ea0a6")
    canvas.ridge(368, 18, [(2.4, 0.6), (4.0, 0.1)], "#4a8089")
    _trawler(canvas, 520, 362, 0.62, "#1e4350")
    canvas.ridge(424, 22, [(1.8, 0.15), (3.6, 0.5)], "#31636f")
    _trawler(canvas, 330, 436, 1.15, "#17323f")
    canvas.ridge(486, 24, [(2.1, 0.8), (3.3, 0.2)], "#234e5b")
    canvas.ridge(548, 24, [(1.6, 0.4), (4.1, 0.9)], "#193d4a")
    for x, y, size in ((214, 120, 30), (300, 170, 20), (520, 96, 25), (610, 190, 17), (430, 150, 14)):
        _gull(canvas, x, y, size)
    return canvas


def storm() -> Canvas:
    """Draw a deep low as a weather map would: isobars round a centre, a coast, wind."""
    canvas = Canvas.blank(800, 600, "#dbe4e6")
    canvas.bands(0, 600, ["#cdd9de", "#b4c6cf"], 6)
    coast = [(0.0, 0.0)] + [
        (220 + 46 * math.sin(y / 70) + 26 * math.sin(y / 23) - y * 0.22, y) for y in range(0, 604, 4)
    ]
    canvas.polygon([*coast, (0, 600)], "#e9dfc4")
    canvas.line(coast[1:], "#b9a983", 3)
    for index in range(9):
        radius = 40 + index * 42
        shade = ("#8e2f2a", "#a63d2f", "#2f5570")[min(2, index // 2)]
        canvas.line(_oval(470, 320, radius, index), shade, 4.4 - index * 0.28)
    canvas.disc(470, 320, 21, _RUST)
    canvas.disc(470, 320, 9, _CREAM)
    for x, y, turn in ((300, 470, -35), (560, 520, -80), (640, 210, 150), (330, 170, 60)):
        _wind_arrow(canvas, x, y, turn)
    return canvas


def kelp() -> Canvas:
    """Draw a kelp forest seen from below, with a few fish."""
    canvas = Canvas.blank(800, 600, "#0f3b45")
    canvas.bands(0, 600, ["#bfe0cf", "#63a9a3", "#2a717a", "#124653", "#0b2c38"], 15)
    for left, right in ((250, 330), (390, 500), (560, 610)):
        canvas.polygon([(left, 0), (right, 0), (right + 90, 600), (left - 70, 600)], "#dff0dc", 0.13)
    for index, x in enumerate((60, 176, 268, 520, 612, 742)):
        _frond(canvas, x, 64 + 31 * (index % 3), index, "#1d5a52")
    for index, x in enumerate((118, 232, 408, 566, 690)):
        _frond(canvas, x, 120 + 46 * (index % 2), index + 3, "#12413c")
    for x, y, size in ((330, 250, 27), (384, 286, 20), (458, 236, 24), (478, 312, 16), (340, 350, 15)):
        _fish(canvas, x, y, size)
    canvas.ridge(572, 20, [(2.3, 0.2), (5.0, 0.6)], "#0a232d")
    return canvas


def boat() -> Canvas:
    """Draw a wooden rowing boat hauled out for the winter, oars against it."""
    canvas = Canvas.blank(800, 600, "#e8e3d6")
    canvas.bands(0, 440, ["#9fb1b6", "#c9cfc9", "#ece3d0"], 9)
    canvas.ridge(404, 30, [(1.4, 0.45), (3.2, 0.1)], "#93a6a8")
    for x, height in ((92, 210), (150, 250), (668, 236), (728, 190)):
        _bare_tree(canvas, x, 444, height)
    canvas.ridge(446, 10, [(1.7, 0.3)], "#f7f3ea")
    for x, lean in ((300, -46), (352, -30)):
        canvas.line([(x + lean, 214), (x, 400)], "#8a5a35", 6)
        canvas.polygon(
            [(x + lean - 11, 150), (x + lean + 9, 150), (x + lean + 12, 218), (x + lean - 8, 220)], "#8a5a35"
        )
    for x in (300, 500):
        canvas.polygon([(x - 34, 500), (x, 430), (x + 34, 500), (x + 22, 500), (x, 452), (x - 22, 500)], "#5c4030")
    hull = [(170.0, 330.0), *_curve((170, 330), (400, 392), (640, 318)), *_curve((640, 318), (560, 470), (400, 470))]
    canvas.polygon([*hull, *_curve((400, 470), (230, 462), (170, 330))], _BRICK)
    for drop, colour in ((0, "#f2e2c4"), (26, "#8b3228"), (52, "#8b3228")):
        edge = _curve((172 + drop * 0.75, 332 + drop), (400, 394 + drop), (638 - drop * 0.7, 320 + drop))
        canvas.line(edge, colour, 9 if drop == 0 else 3)
    canvas.ridge(520, 12, [(1.2, 0.9), (2.8, 0.3)], "#fbf8f1")
    return canvas


def _lighthouse(canvas: Canvas, x: float, ground: float) -> None:
    for radius in (46, 28):
        canvas.disc(x, ground - 152, radius, "#ffe9b8", 0.16)
    canvas.polygon(
        [(x - 64, ground + 6), (x - 20, ground - 20), (x + 40, ground - 18), (x + 96, ground + 6)], "#2b4558"
    )
    canvas.polygon(
        [(x - 17, ground - 16), (x - 10, ground - 138), (x + 10, ground - 138), (x + 17, ground - 16)], _CREAM
    )
    for low, high in ((56, 84), (112, 126)):
        canvas.box(x - 17 + low * 0.055, ground - high, x + 17 - low * 0.055, ground - low, _BRICK)
    canvas.box(x - 15, ground - 144, x + 15, ground - 138, _NIGHT)
    canvas.box(x - 8, ground - 160, x + 8, ground - 144, "#ffdf9a")
    canvas.polygon([(x - 11, ground - 160), (x, ground - 176), (x + 11, ground - 160)], _RUST)


def _crane(canvas: Canvas, left: float, ground: float, scale: float, colour: str) -> None:
    def at(x: float, y: float) -> Point:
        return (left + x * scale, ground - y * scale)

    for x in (0, 44):
        canvas.line([at(x, 0), at(x + 6, 110)], colour, 5 * scale)
    for y in (42, 110):
        canvas.line([at(0, y), at(52, y)], colour, 5 * scale)
    canvas.line([at(28, 110), at(28, 186)], colour, 5 * scale)
    canvas.line([at(-34, 128), at(136, 128)], colour, 6 * scale)
    canvas.line([at(-34, 128), at(28, 186), at(132, 130)], colour, 2.4 * scale)
    canvas.line([at(106, 128), at(106, 76)], colour, 1.6 * scale)
    canvas.polygon([at(94, 76), at(118, 76), at(118, 60), at(94, 60)], _BRICK)


def _swing_span(canvas: Canvas) -> None:
    deck, middle, colour = 334, 834, "#182e45"
    canvas.box(middle - 228, deck, 1152, deck + 16, colour)
    for away in (-150, 0, 190):
        canvas.box(middle + away - 15, deck + 14, middle + away + 15, 424, colour)
        canvas.box(middle + away - 24, 414, middle + away + 24, 432, colour)
    chord = [(middle + away, _truss_height(away)) for away in (-184, -36, 0, 36, 184)]
    canvas.line([(middle - 222, deck), *chord, (middle + 222, deck)], colour, 7)
    for panel in range(-6, 6):
        start, end = panel * 37, (panel + 1) * 37
        high, low = (start, end) if panel % 2 else (end, start)
        canvas.line([(middle + high, _truss_height(high)), (middle + low, deck)], colour, 3.2)
        canvas.line([(middle + start, _truss_height(start)), (middle + start, deck)], colour, 3.2)
    canvas.box(middle - 22, 172, middle + 22, 208, colour)
    canvas.box(middle - 14, 180, middle - 2, 194, _AMBER)
    canvas.box(middle + 4, 180, middle + 16, 194, _AMBER)


def _truss_height(away: float) -> float:
    steps = abs(away) / 37
    if steps <= 1:
        return 206 + steps * 20
    return 226 + (steps - 1) * 8 if steps <= 5 else 258 + (steps - 5) * 76


def _freighter(canvas: Canvas, left: float, water: float) -> None:
    canvas.polygon(
        [(left - 142, water - 76), (left + 214, water - 70), (left + 262, water - 92), (left + 226, water + 10),
         (left - 120, water + 10)],
        "#20374c",
    )  # fmt: skip
    canvas.polygon(
        [(left - 127, water - 14), (left + 234, water - 14), (left + 226, water + 10), (left - 120, water + 10)], _RUST
    )
    canvas.box(left - 128, water - 150, left - 62, water - 74, _CREAM)
    canvas.box(left - 136, water - 164, left - 52, water - 148, "#dcc9a6")
    for index in range(3):
        for row in range(3):
            canvas.box(*_window(left - 119 + index * 20, water - 140 + row * 21), "#2c4760")
    canvas.box(left - 112, water - 202, left - 88, water - 164, _BRICK)
    canvas.box(left - 112, water - 192, left - 88, water - 182, _CREAM)
    colours = (_BRICK, "#3f6a7d", "#c98a3c", "#52646c", "#8a4a3b", "#35566c")
    for index in range(12):
        x, tall = left - 48 + index * 21, 2 + (index * 5 % 3 > 0)
        for row in range(tall):
            canvas.box(x, water - 88 - row * 17, x + 19.5, water - 72.5 - row * 17, colours[(index * 2 + row) % 6])


def _window(x: float, y: float) -> tuple[float, float, float, float]:
    return (x, y, x + 11, y + 11)


def _glitter(canvas: Canvas, x: float, top: float, bottom: float, colour: str) -> None:
    for index, y in enumerate(range(round(top), round(bottom), 9)):
        half = 150 * (1 - (y - top) / (bottom - top) * 0.6) * (0.55 + 0.45 * math.sin(index * 1.9))
        shift = 38 * math.sin(index * 2.3)
        canvas.box(x + shift - half, y, x + shift + half, y + 2.6, colour, 0.42)


def _ripples(canvas: Canvas, top: int, bottom: int, colour: str) -> None:
    for index, y in enumerate(range(top, bottom, 14)):
        for part in range(5):
            x = (part * 0.23 + 0.11 * math.sin(index * 2.7 + part)) * canvas.width
            length = 60 + 46 * math.sin(index * 1.3 + part * 2.1)
            canvas.box(x, y, x + length, y + 2.4, colour, 0.55)


def _trawler(canvas: Canvas, x: float, y: float, scale: float, colour: str) -> None:
    def at(across: float, up: float) -> Point:
        return (x + across * scale, y - up * scale)

    canvas.polygon([at(-110, 48), at(60, 34), at(128, 66), at(96, -34), at(-92, -34)], colour)
    canvas.polygon([at(-102, 12), at(110, 12), at(104, -6), at(-98, -6)], _BRICK)
    canvas.polygon([at(-74, 44), at(-74, 104), at(-8, 104), at(4, 40)], _CREAM)
    canvas.polygon([at(-84, 104), at(2, 104), at(-4, 114), at(-80, 114)], _BRICK)
    for left in (-66, -40):
        canvas.polygon([at(left, 92), at(left + 18, 92), at(left + 18, 70), at(left, 70)], colour)
    canvas.line([at(26, 38), at(26, 190)], colour, 6 * scale)
    canvas.line([at(26, 178), at(108, 92), at(118, 60)], colour, 3 * scale)
    canvas.line([at(26, 186), at(-96, 46)], colour, 2 * scale)
    canvas.line([at(26, 150), at(-70, 168)], colour, 4 * scale)
    canvas.line([at(-66, 167), at(-100, 40)], colour, 2 * scale)


def _gull(canvas: Canvas, x: float, y: float, size: float) -> None:
    left = _curve((x - size, y - size * 0.25), (x - size * 0.45, y - size * 0.7), (x, y))
    right = _curve((x, y), (x + size * 0.5, y - size * 0.75), (x + size, y - size * 0.35))
    canvas.line([*left, *right], "#fffaf0", size * 0.13)


def _oval(x: float, y: float, radius: float, index: int) -> list[Point]:
    return [
        (px + (px - x) * 0.22 - index * 7, py - index * 3 + 10 * math.sin(px / 58 + index))
        for px, py in arc(x, y, radius, 0, 360, 120)
    ]


def _wind_arrow(canvas: Canvas, x: float, y: float, turn: float) -> None:
    angle = math.radians(turn)

    def at(along: float, aside: float) -> Point:
        return (
            x + along * math.cos(angle) - aside * math.sin(angle),
            y + along * math.sin(angle) + aside * math.cos(angle),
        )

    canvas.line([at(-44, 0), at(30, 0)], _NIGHT, 7)
    canvas.polygon([at(22, -19), at(56, 0), at(22, 19)], _NIGHT)


def _frond(canvas: Canvas, x: float, top: float, phase: int, colour: str) -> None:
    stem = [(x + 22 * math.sin(y / 92 + phase), float(y)) for y in range(round(top), 612, 6)]
    canvas.line(stem, colour, 6)
    for index, (px, py) in enumerate(stem[2::5]):
        side = 1 if index % 2 else -1
        reach = 34 + 12 * math.sin(index + phase)
        leaf = [
            *_curve((px, py), (px + side * reach, py - 34), (px + side * reach * 1.7, py - 8)),
            *_curve((px + side * reach * 1.7, py - 8), (px + side * reach * 0.7, py + 6), (px, py + 8)),
        ]
        canvas.polygon(leaf, colour)


def _fish(canvas: Canvas, x: float, y: float, size: float) -> None:
    body = [
        *_curve((x - size, y), (x, y - size * 0.8), (x + size, y)),
        *_curve((x + size, y), (x, y + size * 0.8), (x - size, y)),
    ]
    canvas.polygon(body, _AMBER)
    canvas.polygon([(x - size * 0.8, y), (x - size * 1.5, y - size * 0.5), (x - size * 1.4, y + size * 0.5)], _AMBER)
    canvas.disc(x + size * 0.55, y - size * 0.08, size * 0.1, _NIGHT)


def _bare_tree(canvas: Canvas, x: float, ground: float, height: float) -> None:
    canvas.line([(x, ground), (x, ground - height)], "#59676a", 5)
    for index in range(7):
        y = ground - height * (0.36 + 0.09 * index)
        side, reach = (1 if index % 2 else -1), height * (0.26 - 0.025 * index)
        canvas.line([(x, y), (x + side * reach, y - reach * 0.9)], "#59676a", 2.6)


def _curve(start: Point, control: Point, end: Point) -> list[Point]:
    shares = [step / 24 for step in range(25)]
    return [
        (
            (1 - t) ** 2 * start[0] + 2 * t * (1 - t) * control[0] + t * t * end[0],
            (1 - t) ** 2 * start[1] + 2 * t * (1 - t) * control[1] + t * t * end[1],
        )
        for t in shares
    ]
