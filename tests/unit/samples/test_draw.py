"""Drawing the sample newsroom's pictures."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops, ImageStat

from digest.samples import newsroom_dir
from digest.samples.canvas import Canvas, arc, walk
from digest.samples.draw import SCENES, draw_all

BUNDLED = newsroom_dir() / "images"


def test_every_bundled_picture_has_a_scene_and_every_scene_a_picture():
    assert sorted(path.stem for path in BUNDLED.glob("*.png")) == sorted(SCENES)


def test_a_scene_drawn_again_is_the_bundled_picture(tmp_path: Path):
    SCENES["ferry"]().save(tmp_path / "ferry.png")

    with Image.open(tmp_path / "ferry.png") as fresh, Image.open(BUNDLED / "ferry.png") as bundled:
        difference = ImageStat.Stat(ImageChops.difference(fresh.convert("RGB"), bundled.convert("RGB")))

    # Versions of the drawing library choose slightly different palettes.
    assert max(difference.mean) < 3


def test_all_scenes_are_written_under_their_names(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("digest.samples.draw.SCENES", {"b": _plain, "a": _plain})

    assert draw_all(tmp_path) == [tmp_path / "a.png", tmp_path / "b.png"]
    assert (tmp_path / "b.png").exists()


def test_a_colour_is_mixed_on_the_way_between_its_neighbours():
    assert walk(["#000000", "#ffffff", "#ff0000"], 0.25) == "#808080"
    assert walk(["#000000", "#ffffff", "#ff0000"], 7) == "#ff0000"


def test_an_arc_starts_at_three_oclock_and_runs_clockwise():
    start, *_, end = arc(10, 10, 5, 0, 90)

    assert start == (15, 10)
    assert (round(end[0]), round(end[1])) == (10, 15)


def test_a_shape_with_opacity_lets_the_ground_through():
    canvas = Canvas.blank(4, 4, "#000000")

    canvas.box(0, 0, 4, 4, "#ffffff", 0.5)

    assert canvas.image.getpixel((6, 6)) == (128, 128, 128)


def _plain() -> Canvas:
    return Canvas.blank(8, 8, "#123456")
