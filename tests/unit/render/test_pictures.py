"""Pictures made fit for mail."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from digest.errors import RenderError
from digest.render import pictures, prepare_picture


def drawn(width: int, height: int, kind: str = "JPEG", mode: str = "RGB", **more: object) -> bytes:
    written = BytesIO()
    colour = 128 if mode == "L" else (200, 30, 30, 100)[: len(mode)]
    Image.new(mode, (width, height), colour).save(written, kind, **more)
    return written.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_a_picture_gets_the_shape_of_its_place_at_twice_the_pixels() -> None:
    made = opened(prepare_picture(drawn(3000, 3000), width=576, height=288))

    assert (made.format, made.size) == ("JPEG", (1152, 576))


def test_a_small_picture_is_not_blown_up() -> None:
    assert opened(prepare_picture(drawn(300, 200), width=104, height=104)).size == (200, 200)


def test_a_transparent_picture_becomes_png_and_an_opaque_one_jpeg() -> None:
    assert opened(prepare_picture(drawn(300, 300, "PNG", "RGBA"), width=104, height=104)).format == "PNG"
    assert opened(prepare_picture(drawn(300, 300, "PNG", "RGB"), width=104, height=104)).format == "JPEG"
    assert opened(prepare_picture(drawn(300, 300, "PNG", "L"), width=104, height=104)).format == "JPEG"


def test_a_picture_lying_on_its_side_is_turned_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "where it was taken"

    made = opened(prepare_picture(drawn(400, 800, exif=exif), width=200, height=100))
    assert made.size == (400, 200)
    assert not made.getexif()


def test_the_same_picture_gives_the_same_bytes() -> None:
    first = prepare_picture(drawn(500, 400), width=104, height=104)

    assert first == prepare_picture(drawn(500, 400), width=104, height=104)


BROKEN = [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"x" * 50, b"<svg/>", drawn(90, 90)[:300]]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_picture_is_told(broken: bytes) -> None:
    with pytest.raises(RenderError, match="cannot be read"):
        prepare_picture(broken, width=104, height=104)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)

    with pytest.raises(RenderError, match="20 x 20 pixels"):
        prepare_picture(drawn(20, 20), width=10, height=10)


def test_a_file_too_large_is_refused() -> None:
    with pytest.raises(RenderError, match="bytes"):
        prepare_picture(b"x" * (pictures.MAX_BYTES + 1), width=10, height=10)


def test_a_picture_that_would_be_heavy_is_written_coarser() -> None:
    noise = Image.effect_noise((1400, 700), 120)
    written = BytesIO()
    Image.merge("RGB", (noise, noise.rotate(180), noise)).save(written, "PNG")

    assert len(prepare_picture(written.getvalue(), width=576, height=288)) <= pictures.MOST_BYTES


def test_a_heavy_picture_with_transparency_has_half_the_pixels() -> None:
    noise = Image.effect_noise((1400, 700), 120)
    written = BytesIO()
    Image.merge("RGBA", (noise, noise, noise, noise)).save(written, "PNG")

    assert opened(prepare_picture(written.getvalue(), width=576, height=288)).size == (576, 288)
