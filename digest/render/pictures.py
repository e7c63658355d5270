"""Makes a picture fit for mail: cropped to its place, twice the pixels, JPEG or PNG, nothing hidden in it."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from digest.errors import RenderError

MAX_BYTES = 20_000_000
MAX_PIXELS = 60_000_000
"""More than any camera of a newsroom gives; a small file can hold far more and fill the memory."""

DENSITY = 2
"""File pixels a CSS pixel: sharp on every phone; ``srcset`` works in too few mail clients (caniemail)."""

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MOST_BYTES = 200_000
"""What one picture may weigh in a mail: more is slow on a train, and receivers refuse heavy mails."""

_QUALITIES = (80, 70, 60, 50)
_BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)


def prepare(data: bytes, *, width: int, height: int) -> bytes:
    """Return the picture cropped to the shape of ``width`` x ``height`` CSS pixels, with twice as many of its own.

    A smaller picture keeps its pixels; one that would weigh over ``MOST_BYTES`` is written coarser, in the end with
    half as many pixels a side. Turned upright by its EXIF mark; all metadata is dropped. JPEG, or PNG when it has
    transparency. The same bytes give the same bytes. Raises RenderError on anything that is no such picture.
    """
    if len(data) > MAX_BYTES:
        raise RenderError(f"The picture has {len(data):,} bytes; at most {MAX_BYTES:,} are read.")
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as opened:
            _check_size(opened)
            opened.draft("RGB", (width * DENSITY * 2, height * DENSITY * 2))
            upright = ImageOps.exif_transpose(opened)
            return _written(upright, width, height)
    except _BROKEN as problem:
        raise RenderError(f"The picture cannot be read: {problem or type(problem).__name__}.") from problem


def _check_size(opened: Image.Image) -> None:
    if opened.width * opened.height > MAX_PIXELS:
        raise RenderError(f"The picture has {opened.width} x {opened.height} pixels; at most {MAX_PIXELS:,} are read.")


def _written(picture: Image.Image, width: int, height: int) -> bytes:
    made = b""
    for density in (DENSITY, 1):
        fitted = _fit(picture, width, height, density)
        for quality in _QUALITIES:
            made = _write(fitted, quality)
            if len(made) <= MOST_BYTES:
                return made
            if fitted.mode == "RGBA":
                break
    return made


def _fit(picture: Image.Image, width: int, height: int, density: int) -> Image.Image:
    scale = min(density, picture.width / width, picture.height / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    mode = "RGBA" if _is_transparent(picture) else "RGB"
    return ImageOps.fit(picture.convert(mode), size, Image.Resampling.LANCZOS)


def _is_transparent(picture: Image.Image) -> bool:
    if picture.mode in {"RGBA", "LA", "PA"}:
        lowest = picture.getchannel("A").getextrema()[0]
        return isinstance(lowest, (int, float)) and lowest < 255
    return "transparency" in picture.info


def _write(picture: Image.Image, quality: int) -> bytes:
    written = BytesIO()
    if picture.mode == "RGBA":
        picture.save(written, "PNG", optimize=True)
    else:
        picture.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
    return written.getvalue()
