"""Scenes away from the water for the sample newsroom's pictures."""

from __future__ import annotations

import math

from digest.samples.canvas import Canvas, Point, arc

_NIGHT = "#141f35"
_CREAM = "#f6e7cb"
_AMBER = "#e9a54b"
_BRICK = "#a63d2f"


def viaduct() -> Canvas:
    """Draw a railway viaduct in the mountains at night, one signal at red."""
    canvas = Canvas.blank(800, 600, _NIGHT)
    canvas.bands(0, 400, ["#141f35", "#2b3a5c", "#5a5f7e", "#a98790"], 11)
    for x, y, size in ((92, 70, 2), (188, 130, 1.5), (302, 52, 2), (470, 92, 1.6), (560, 46, 2.2), (700, 110, 1.7)):
        canvas.disc(x, y, size, _CREAM)
    _peaks(canvas, [(-60, 400), (130, 190), (250, 300), (402, 128), (560, 286), (690, 200), (880, 400)], "#46506f", 54)
    _peaks(canvas, [(-80, 470), (60, 330), (220, 420), (330, 318), (520, 430), (700, 300), (880, 470)], "#2c3653", 0)
    canvas.ridge(560, 30, [(1.2, 0.2), (3.0, 0.6)], "#1a2540")
    stone, deck = "#8b7f86", 356
    canvas.box(0, deck, 800, deck + 34, stone)
    canvas.box(0, deck - 6, 800, deck + 4, "#b3a4a4")
    for x in range(-40, 840, 110):
        _arch(canvas, x, deck + 30, stone)
    canvas.ridge(592, 26, [(1.7, 0.55), (4.0, 0.1)], "#101a2e")
    _train(canvas, 86, deck - 6)
    canvas.box(556, 270, 562, deck, "#0e1628")
    canvas.box(546, 232, 572, 278, "#0e1628")
    canvas.disc(559, 246, 30, "#e0523d", 0.20)
    canvas.disc(559, 246, 9, "#ff6a4d")
    return canvas


def lens() -> Canvas:
    """Draw a lighthouse lens face on: rings of prisms round a lamp."""
    canvas = Canvas.blank(800, 600, "#1b2a33")
    for index in range(24):
        start = index * 15 + 2
        canvas.polygon([(400, 300), *arc(400, 300, 620, start, start + 7, 4)], "#e9a54b", 0.10)
    for index, radius in enumerate(range(262, 70, -24)):
        canvas.disc(400, 300, radius, "#0f1b23")
        canvas.disc(400, 300, radius - 3, ("#b9782f", "#d9963f", "#efb95f", "#f7d692")[min(3, index // 2)])
        canvas.polygon([(400, 300), *arc(400, 300, radius - 3, 200, 292, 30)], "#fff3d0", 0.34)
        canvas.polygon([(400, 300), *arc(400, 300, radius - 3, 22, 92, 30)], "#5c3718", 0.30)
    canvas.disc(400, 300, 70, "#0f1b23")
    canvas.disc(400, 300, 66, "#fff3d0")
    canvas.disc(400, 300, 34, "#ffffff")
    for turn in range(0, 360, 60):
        inner, outer = arc(400, 300, 70, turn, turn, 1)[0], arc(400, 300, 262, turn, turn, 1)[0]
        canvas.line([inner, outer], "#0f1b23", 5)
    canvas.ring(400, 300, 270, "#c98f45", 9)
    return canvas


def rink() -> Canvas:
    """Draw an ice rink from above, with the lines of a skater's turn."""
    canvas = Canvas.blank(800, 600, "#20455e")
    _rounded(canvas, (70, 60, 730, 540), 120, "#eef4f4")
    canvas.box(388, 60, 412, 540, _BRICK)
    for x in (236, 548):
        canvas.box(x, 60, x + 15, 540, "#2f6d93")
    canvas.ring(400, 300, 92, "#2f6d93", 7)
    for x, y in ((160, 180), (160, 420), (640, 180), (640, 420)):
        canvas.ring(x, y, 56, _BRICK, 5)
        canvas.disc(x, y, 8, _BRICK)
    for index in range(4):
        path = _skate(index)
        canvas.line(path, "#9db9c3", 3.2)
    canvas.disc(508, 226, 15, _NIGHT)
    canvas.line([(486, 250), (408, 338)], "#7a4a26", 10)
    canvas.line([(489, 248), (528, 262)], "#7a4a26", 12)
    return canvas


def heating() -> Canvas:
    """Draw a falling price as a chart over a street of roofs."""
    canvas = Canvas.blank(800, 600, "#f3ead7")
    for level in range(90, 450, 60):
        canvas.line([(40, level), (760, level)], "#dccfb4", 2)
    prices = [168, 150, 176, 128, 142, 200, 188, 246, 232, 290, 322, 310, 356]
    points: list[Point] = [(70 + index * 55, float(price)) for index, price in enumerate(prices)]
    canvas.polygon([(70, 470), *points, (730, 470)], "#e9a54b", 0.28)
    canvas.line(points, _BRICK, 8)
    for x, y in (points[0], points[5], points[-1]):
        canvas.disc(x, y, 13, _BRICK)
        canvas.disc(x, y, 6, "#f3ead7")
    for index, x in enumerate((0, 120, 240, 360, 480, 600, 720)):
        _house(canvas, x - 20, 600, 132, 118 + 26 * (index % 3), ("#27425a", "#1d3347", "#34566e")[index % 3])
    return canvas


def stage() -> Canvas:
    """Draw an empty stage: curtain, boards, one chair in the light."""
    canvas = Canvas.blank(800, 600, "#2a0f14")
    canvas.bands(0, 440, ["#1a0d14", "#33161c"], 6)
    canvas.polygon([(372, 0), (428, 0), (610, 470), (190, 470)], "#f6d99a", 0.20)
    canvas.polygon([(0, 430), (800, 430), (800, 600), (0, 600)], "#5a3422")
    for index in range(-4, 13):
        canvas.line([(400 + (index - 4) * 62, 430), (400 + (index - 4) * 130, 600)], "#3f2317", 2.5)
    canvas.polygon([*_ellipse(400, 490, 214, 46)], "#f0c987", 0.55)
    wood = "#1c1013"
    for x, top in ((352, 300), (440, 300)):
        canvas.box(x, top, x + 9, 500, wood)
    for x in (334, 458):
        canvas.box(x, 404, x + 9, 520, wood)
    canvas.polygon([(350, 392), (451, 392), (470, 412), (331, 412)], wood)
    for y in (304, 334, 364):
        canvas.box(352, y, 449, y + 13, wood)
    for index in range(7):
        _drape(canvas, index)
    canvas.box(0, 0, 800, 44, "#6e1d22")
    for x in range(0, 800, 80):
        canvas.polygon(arc(x + 40, 44, 40, 0, 180, 24), "#8e2a2b")
    return canvas


def podcast() -> Canvas:
    """Draw a microphone whose sound is the tide."""
    canvas = Canvas.blank(800, 600, "#e6ddc7")
    canvas.bands(0, 600, ["#efe6d0", "#dfd2b4"], 5)
    for index in range(7):
        base, share = 330 + index * 42, index / 6
        colour = ("#8fb3b2", "#73a0a2", "#578c91", "#3f7780", "#2c626e", "#1f4e5b", "#163c49")[index]
        canvas.ridge(base, 30 - 14 * share, [(1.5 + share, 0.13 * index), (3.4, 0.3 * index)], colour)
    canvas.ring(400, 240, 128, "#27303f", 12)
    canvas.box(240, 90, 560, 240, "#ebe1c9")
    canvas.box(394, 364, 406, 470, "#27303f")
    canvas.polygon([*_ellipse(400, 474, 88, 15)], "#27303f")
    _rounded(canvas, (322, 62, 478, 326), 78, _BRICK)
    for y in range(108, 214, 22):
        canvas.box(346, y, 454, y + 7, "#f3d8b5")
    canvas.box(322, 232, 478, 246, "#7c2f2a")
    return canvas


def _peaks(canvas: Canvas, outline: list[Point], colour: str, snow: float) -> None:
    canvas.polygon([*outline, (outline[-1][0], 600), (outline[0][0], 600)], colour)
    if not snow:
        return
    for before, top, after in zip(outline[::1], outline[1:], outline[2:], strict=False):
        if top[1] >= before[1] or top[1] >= after[1]:
            continue
        left = _towards(top, before, snow)
        right = _towards(top, after, snow)
        middle = ((left[0] + right[0]) / 2, top[1] + snow * 0.62)
        canvas.polygon([top, left, middle, right], "#d9cfd0")


def _towards(start: Point, end: Point, drop: float) -> Point:
    share = min(1.0, drop / max(1.0, end[1] - start[1]))
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _arch(canvas: Canvas, x: float, top: float, stone: str) -> None:
    canvas.box(x - 15, top - 2, x + 15, 600, stone)
    canvas.box(x + 6, top - 2, x + 15, 600, "#6f6570")
    span = [(x + 15, top - 2), *arc(x + 55, top + 42, 40, 180, 360, 24), (x + 95, top - 2)]
    canvas.polygon(span, stone)


def _train(canvas: Canvas, left: float, rail: float) -> None:
    canvas.polygon([(left + 372, rail - 34), (left + 800, rail - 74), (left + 800, rail + 4)], "#f6d99a", 0.17)
    for index in range(3):
        x = left + index * 118
        canvas.box(x, rail - 52, x + 112, rail - 8, "#20304d")
        canvas.box(x, rail - 18, x + 112, rail - 12, _BRICK)
        canvas.box(x + 8, rail - 8, x + 104, rail, "#0e1628")
        for window in range(5):
            canvas.box(x + 9 + window * 20, rail - 44, x + 22 + window * 20, rail - 26, "#f3c46c")
    nose = left + 354
    canvas.polygon(
        [(nose, rail - 52), (nose + 10, rail - 52), (nose + 26, rail - 20), (nose + 26, rail), (nose, rail)], "#20304d"
    )
    canvas.disc(nose + 19, rail - 22, 6, "#fff0c4")


def _rounded(canvas: Canvas, box: tuple[float, float, float, float], radius: float, colour: str) -> None:
    left, top, right, bottom = box
    corners = ((right, bottom, 0), (left, bottom, 90), (left, top, 180), (right, top, 270))
    outline: list[Point] = []
    for x, y, turn in corners:
        inner_x = x - radius if x == right else x + radius
        inner_y = y - radius if y == bottom else y + radius
        outline += arc(inner_x, inner_y, radius, turn, turn + 90, 20)
    canvas.polygon(outline, colour)


def _skate(index: int) -> list[Point]:
    points = []
    for step in range(60):
        share = step / 59
        x = 200 + 300 * share + 22 * index
        y = 440 - 210 * share + 74 * math.sin(share * 3.6 + index * 0.5) - 18 * index
        points.append((x, y))
    return points


def _house(canvas: Canvas, left: float, ground: float, width: float, height: float, colour: str) -> None:
    top = ground - height
    canvas.box(left, top, left + width, ground, colour)
    canvas.polygon([(left - 8, top), (left + width / 2, top - 52), (left + width + 8, top)], "#12202f")
    canvas.box(left + width * 0.68, top - 62, left + width * 0.82, top - 14, "#12202f")
    for row in range(2):
        for column in range(2):
            x, y = left + 26 + column * 52, top + 20 + row * 46
            canvas.box(x, y, x + 26, y + 28, _AMBER if (row + column) % 2 else "#4b6b80")


def _drape(canvas: Canvas, index: int) -> None:
    colour = "#8e2a2b" if index % 2 else "#731f24"
    for side in (1, -1):
        edge = 400 - side * 400
        left, right = edge + side * index * 28, edge + side * (index * 28 + 30)
        sweep = side * (7 - index) * 3
        canvas.polygon([(left, 30), (right, 30), (right - sweep, 470), (left - sweep * 0.4, 470)], colour)


def _ellipse(x: float, y: float, wide: float, high: float) -> list[Point]:
    return [(x + (px - x) * wide, y + (py - y) * high) for px, py in arc(x, y, 1, 0, 360, 72)]
