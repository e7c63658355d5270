"""Reads JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) into entries."""

from __future__ import annotations

import json
from typing import Any

from digest.errors import SourceError
from digest.gather.entries import Entry

VERSION = "jsonfeed.org/version/1"


def read_json_feed(body: bytes, *, base: str) -> list[Entry]:
    """Return the entries in the feed's order; raises SourceError if the JSON is broken or no feed."""
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{base}: the answer begins like JSON but cannot be read ({_reason(error)}).") from error
    if not isinstance(feed, dict) or VERSION not in str(feed.get("version", "")):
        raise SourceError(f"{base}: the answer is JSON but no JSON Feed: it names no version of jsonfeed.org.")
    items = _list(feed, "items")
    if not isinstance(feed.get("items"), list):
        raise SourceError(f"{base}: the JSON Feed has no list of items.")
    language = _text(feed, "language")
    author = _authors(feed)
    return [_entry(item, language, author, base) for item in items if isinstance(item, dict)]


def _entry(item: dict[str, Any], language: str, author: str, base: str) -> Entry:
    attachment = next(iter(_mappings(item.get("attachments"))), {})
    media = _text(attachment, "mime_type")
    return Entry(
        guid=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title").replace("&", "&amp;").replace("<", "&lt;"),
        content=_text(item, "content_html"),
        plain_text=_text(item, "content_text"),
        summary=_text(item, "summary").replace("&", "&amp;").replace("<", "&lt;"),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        author=_authors(item) or author,
        tags=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        language=_text(item, "language") or language,
        image_url=_text(item, "image") or _text(item, "banner_image"),
        media=media,
        base=base,
    )


def _authors(item: dict[str, Any]) -> str:
    single = item.get("author")
    people = _mappings(item.get("authors")) or ([single] if isinstance(single, dict) else [])
    return ", ".join(name for person in people if (name := _text(person, "name")))


def _mappings(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _list(item: dict[str, Any], name: str) -> list[Any]:
    value = item.get(name)
    return value if isinstance(value, list) else []


def _text(item: dict[str, Any], name: str) -> str:
    """Return a member as text; a number counts (feeds write ids so), anything else is nothing."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    # Lone surrogates are legal in JSON and break every encoder after it.
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _reason(error: Exception) -> str:
    return str(error)[:200] if isinstance(error, ValueError) else "nested too deep"
