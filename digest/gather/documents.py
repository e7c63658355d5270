"""Reads one file as a story: plain text, Markdown or HTML, with or without front matter."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from digest.errors import StoryError
from digest.gather.fields import Context, FieldError, parse_fields
from digest.gather.frontmatter import FrontMatter, FrontMatterError, read_front_matter
from digest.gather.identity import story_id
from digest.gather.markup import Page, markdown_to_html, page_of, text_of
from digest.model import Image, Rights, Story
from digest.text.clean import Cleaned, clean
from digest.text.paragraphs import paragraphs
from digest.text.sentences import split
from digest.text.shorten import shorten

ENDINGS = (".md", ".markdown", ".txt", ".text", ".html", ".htm")
"""Files that can be stories."""

LARGEST_BYTES = 2_000_000
"""No story is larger; a file that is was put there by mistake."""

LONGEST_HEADLINE = 90
"""Characters of a headline made from a sentence."""

_MARKDOWN = (".md", ".markdown")
_HTML = (".html", ".htm")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
_HEADING = re.compile(r"\A\s*#\s+(?P<atx>[^\n]+?)(?:\s+#+)?\s*(?:\n|\Z)|\A\s*(?P<setext>[^\n]+)\n=+[ \t]*(?:\n|\Z)")
_SENTENCE_END = (".", "!", "?", "…", ":", ";", ",", "”", '"', "’", ")")


def read_document(
    path: PurePath | str,
    data: bytes,
    *,
    source: str,
    now: datetime,
    rights: Rights = Rights.OWN,
    language: str = "",
    zone: tzinfo = UTC,
    overrides: Mapping[str, object] | None = None,
) -> Story:
    """Return the story in a file; raises StoryError that names the file, the line or field and what is allowed.

    ``path`` tells the format by its ending (unknown ones are plain text) and is the story's key in its source.
    ``overrides`` are fields given by hand; they win. Times without a zone are local to ``zone``.
    """
    name = path.as_posix() if isinstance(path, PurePath) else str(path)
    text = _decoded(name, data)
    try:
        matter = read_front_matter(text)
    except FrontMatterError as error:
        raise StoryError(f"Cannot read the story {_at(name, error.line)}: {error}.") from error
    context = Context(zone, now)
    fields, notes = _checked(name, {**matter.fields, **(overrides or {})}, matter, context)
    page = _page(PurePosixPath(name).suffix.lower(), matter.body)
    fields = _filled(fields, page, context)
    cleaned, fields, made = _words(page.text, fields)
    if not fields.get("headline"):
        what = "holds no text" if not text.strip() else "holds no headline and no sentence that could give one"
        raise StoryError(f"Cannot read the story {name}: the file {what}.")
    story = _story(name, cleaned, fields, source=source, rights=rights, language=language)
    return replace(story, notes=(*cleaned.notes, *notes, *made), image=_image(name, fields.get("image")))


def headline_from(text: str) -> str:
    """Return the first sentence of a text, cut at a clause to fit, or nothing."""
    spans = split(text)
    return shorten(text[slice(*spans[0])].removesuffix("."), LONGEST_HEADLINE) if spans else ""


def _decoded(name: str, data: bytes) -> str:
    """Return the file's text; a story is UTF-8, or says by a mark or a meta tag what it is."""
    if len(data) > LARGEST_BYTES:
        raise StoryError(f"Cannot read the story {name}: it is larger than {LARGEST_BYTES:,} bytes.")
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in data:
        raise StoryError(f"Cannot read the story {name}: it is a binary file, not text.")
    elif name.lower().endswith(_HTML) and (charset := _CHARSET.search(data[:4096])):
        encoding = "utf-8-sig" if charset[1].lower() in (b"utf-8", b"utf8") else charset[1].decode("ascii")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise StoryError(
            f"Cannot read the story {_at(name, line)}: byte 0x{data[error.start]:02x} is not {encoding}. "
            "Save the file as UTF-8."
        ) from error
    except LookupError as error:
        raise StoryError(f"Cannot read the story {name}: nobody knows the encoding {encoding!r} it names.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _at(name: str, line: int) -> str:
    return f"{name}, line {line}" if line else name


def _checked(
    name: str, raw: Mapping[str, object], matter: FrontMatter, context: Context
) -> tuple[dict[str, Any], list[str]]:
    try:
        return parse_fields(raw, context)
    except FieldError as error:
        where = _at(name, matter.lines.get(error.field, 0))
        raise StoryError(f"Cannot read the story {where}: {error.field}: {error}.") from error


def _page(ending: str, body: str) -> Page:
    """Return the body's text and what the body itself says of headline, author and time."""
    if ending in _HTML:
        return page_of(body)
    if ending not in _MARKDOWN:
        return Page(body)
    heading = _HEADING.match(body)
    rest = body[heading.end() :] if heading else body
    title = text_of(markdown_to_html(heading["atx"] or heading["setext"])) if heading else ""
    return Page(text_of(markdown_to_html(rest)), headline=" ".join(title.split()))


def _filled(fields: dict[str, Any], page: Page, context: Context) -> dict[str, Any]:
    """Fill fields that nobody gave from what the page says, as far as it says it rightly."""
    said = {
        "headline": page.headline,
        "byline": page.byline,
        "published": page.published,
        "url": page.url,
        "language": page.language,
        "image": page.image_url,
    }
    for name, value in said.items():
        if value and name not in fields:
            try:
                fields = fields | parse_fields({name: value}, context)[0]
            except FieldError:
                continue
    return fields


def _words(text: str, fields: dict[str, Any]) -> tuple[Cleaned, dict[str, Any], tuple[str, ...]]:
    """Clean the body and find a headline in it if there is none: a line of its own, else the first sentence."""
    cleaned = clean(text, headline=fields.get("headline", ""))
    if fields.get("headline") or not cleaned.text:
        return cleaned, fields, ()
    first, _, rest = cleaned.text.partition("\n\n")
    if (
        rest
        and len(first) <= LONGEST_HEADLINE + 30
        and not first.endswith(_SENTENCE_END)
        and _stands_alone(text, first)
    ):
        return replace(cleaned, text=rest), fields | {"headline": first}, ("headline taken from the first line",)
    made = headline_from(cleaned.text)
    return cleaned, fields | {"headline": made}, ("headline made from the first sentence",)


def _stands_alone(text: str, line: str) -> bool:
    """Tell whether this paragraph is one line of the file, so that it can have been meant as a headline."""
    found = next((paragraph for paragraph in paragraphs(text) if paragraph.text == line), None)
    return found is not None and "\n" not in text[found.start : found.end].strip()


def _story(name: str, cleaned: Cleaned, fields: dict[str, Any], *, source: str, rights: Rights, language: str) -> Story:
    known = dict(fields)
    corrections = (*known.pop("corrections", ()), *cleaned.corrections)
    given = {
        "source": source,
        "outlet": known.pop("source", ""),
        "byline": known.pop("byline", "") or cleaned.byline,
        "credit": known.pop("credit", "") or cleaned.credit,
        "language": known.pop("language", "") or language,
    }
    known.pop("image", None)
    return Story(
        id=story_id(source, name),
        key=name,
        text=cleaned.text,
        rights=rights,
        dropped=cleaned.dropped,
        corrections=corrections,
        **given,
        **known,
    )


def _image(name: str, image: Image | None) -> Image | None:
    """Return the picture with its path beside the story's own: relative where that one is."""
    if image is None or not image.path:
        return image
    joined = Path(name).parent / image.path.replace("\\", "/")
    return replace(image, path=joined.as_posix())
