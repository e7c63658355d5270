"""Reads RSS, RDF and Atom into entries: feedparser on bytes that were made harmless first."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

import feedparser

from digest.errors import SourceError
from digest.gather.entries import Entry
from digest.gather.harmless import make_harmless

_HTML_PAGE = re.compile(rb"\A\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_FEED_LINK = re.compile(rb"<link[^>]{0,500}application/(?:rss|atom)\+xml[^>]{0,500}>", re.IGNORECASE)
_HREF = re.compile(rb"href\s*=\s*[\"']?([^\"'\s>]{1,300})", re.IGNORECASE)


def read_xml_feed(body: bytes, *, base: str, content_type: str = "") -> list[Entry]:
    """Return the entries in the feed's order; raises SourceError if this is no feed or not a harmless one."""
    _refuse_page(body, base)
    body = make_harmless(body, base)
    feed = _parsed(body, base, content_type)
    if not feed.entries and b"<rss:item" in body:
        # RSS 2.0 has no namespace, but some write one; RSS 2.0 specification, "Extending RSS".
        start = body.find(b"<rss")
        feed = _parsed(re.sub(rb"<(/?)rss:", rb"<\1", body[start:]), base, content_type)
    if not feed.version and not feed.entries:
        raise SourceError(f"{base}: this is no feed: neither RSS, Atom, RDF nor JSON Feed was found in the answer.")
    language = _text(dict(feed.feed), "language")
    return [_entry(dict(entry), language, base) for entry in feed.entries]


def _parsed(body: bytes, base: str, content_type: str) -> Any:
    headers = {"content-location": base} | ({"content-type": content_type} if content_type else {})
    try:
        # A stream, not bytes: bytes that are a file's path would be opened as that file.
        return feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:
        # feedparser lets through whatever its parsers raise on hostile input; none of it may stop other sources.
        raise SourceError(f"{base}: the feed cannot be read ({type(error).__name__}: {str(error)[:200]}).") from error


def _refuse_page(body: bytes, base: str) -> None:
    if not _HTML_PAGE.match(body[:2000]):
        return
    link = _FEED_LINK.search(body[:200_000])
    href = _HREF.search(link[0]) if link else None
    hint = f" It names the feed {href[1].decode('utf-8', 'replace')}." if href else ""
    raise SourceError(f"{base}: this is a web page, not a feed.{hint}")


def _entry(raw: dict[str, Any], language: str, base: str) -> Entry:
    contents = [_text(part, "value") for part in _mappings(raw.get("content"))]
    content = max(contents, key=len, default="")
    image, credit, alt = _image(raw)
    published = _text(raw, "published") or _text(raw, "created")
    return Entry(
        guid=_text(raw, "id"),
        link=_text(raw, "link"),
        title=_text(raw, "title"),
        content=content,
        summary=_text(raw, "summary"),
        published=published,
        updated=_text(raw, "updated"),
        author=_authors(raw),
        tags=tuple(name for tag in _mappings(raw.get("tags")) if (name := _text(tag, "label") or _text(tag, "term"))),
        language=language,
        image_url=image,
        image_credit=credit,
        image_alt=alt,
        media=_media(raw),
        base=base,
    )


def _authors(raw: dict[str, Any]) -> str:
    names = [_text(person, "name") for person in _mappings(raw.get("authors"))]
    detail = raw.get("author_detail")
    single = _text(detail, "name") if isinstance(detail, Mapping) else ""
    return ", ".join(dict.fromkeys(name for name in names if name)) or single or _text(raw, "author")


def _image(raw: dict[str, Any]) -> tuple[str, str, str]:
    """Return address, credit and description of the entry's picture: the widest of its media, else a thumbnail."""
    credit = next((_text(person, "content") for person in _mappings(raw.get("media_credit"))), "")
    pictures = [media for media in _mappings(raw.get("media_content")) if _is_picture(media)]
    pictures.sort(key=lambda media: -_number(media, "width"))
    enclosures = [media for media in _mappings(raw.get("enclosures")) if _is_picture(media)]
    for media in [*pictures, *enclosures, *_mappings(raw.get("media_thumbnail"))]:
        address = _text(media, "url") or _text(media, "href")
        if address:
            return address, credit, ""
    image = raw.get("image")
    return (_text(image, "href") if isinstance(image, Mapping) else ""), credit, ""


def _is_picture(media: Mapping[str, Any]) -> bool:
    return _text(media, "medium") == "image" or _text(media, "type").startswith("image/")


def _media(raw: dict[str, Any]) -> str:
    """Return the type of the first sound or film that is attached."""
    types = (_text(media, "type").lower() for media in _mappings(raw.get("enclosures")))
    return next((kind for kind in types if kind.startswith(("audio/", "video/"))), "")


def _mappings(value: object) -> list[dict[str, Any]]:
    # ``dict`` on purpose: feedparser's own mapping answers one key with another's value and warns about it.
    return [dict(entry) for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _number(raw: Mapping[str, Any], name: str) -> int:
    text = _text(raw, name)
    return int(text) if text.isdecimal() and len(text) < 9 else 0
