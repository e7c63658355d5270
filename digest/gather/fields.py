"""Checks the fields that a story's front matter, or an editor's hand, gives; the list of them is here.

Values come as YAML or a command line has them: text, lists, mappings. Every mistake names the field and what is
allowed, because the field may be an embargo.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from digest.gather.dates import plausible, read_moment
from digest.model import Access, Image, Kind, Status

LONGEST_LINE = 2_000
"""Characters a field of one line may have."""

ALIASES = {"title": "headline", "author": "byline", "date": "published", "link": "url", "subtitle": "standfirst"}
"""What site generators call some of our fields."""

_EMPTY = frozenset({"", "~", "null"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*\Z")
_IMAGE_FIELDS = ("path", "url", "alt", "caption", "credit", "mail_rights")


class FieldError(ValueError):
    """A field's value is not allowed; ``field`` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a field may need: the zone of naive times, and now."""

    zone: tzinfo = UTC
    now: datetime | None = None


def parse_fields(raw: Mapping[str, object], context: Context | None = None) -> tuple[dict[str, Any], list[str]]:
    """Return the checked fields by their name in ``Story``, and notes about fields that are none of ours.

    Empty values are left out. A name that looks like a slip of the pen for one of ours is an error, so that a
    misspelt ``embargo_until`` never lets a story run. Raises FieldError.
    """
    context = context or Context()
    fields: dict[str, Any] = {}
    notes: list[str] = []
    for name, value in raw.items():
        known = ALIASES.get(name, name)
        reader = _READERS.get(known)
        if reader is None:
            notes.append(_unknown(name))
            continue
        if known in raw and known != name:
            continue
        if _is_empty(value):
            continue
        try:
            fields[known] = reader(value, context)
        except ValueError as error:
            raise FieldError(name, str(error)) from error
    return fields, notes


def read_line(value: object, _context: Context | None = None) -> str:
    """Read text of one line."""
    if isinstance(value, list | tuple | dict):
        raise ValueError("write plain text, not a list or a mapping")
    line = " ".join(str(value).split())
    if len(line) > LONGEST_LINE:
        raise ValueError(f"is longer than {LONGEST_LINE} characters")
    return line


def read_names(value: object, _context: Context | None = None) -> tuple[str, ...]:
    """Read a list of words: a YAML list, or text with commas. Repeated ones count once."""
    parts = value if isinstance(value, list | tuple) else read_line(value).split(",")
    return tuple(dict.fromkeys(name for part in parts if (name := read_line(part))))


def read_url(value: object, _context: Context | None = None) -> str:
    """Read a web address."""
    url = read_line(value)
    try:
        parts = urlsplit(url)
        right = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and " " not in url
    except ValueError:
        right = False
    if not right:
        raise ValueError(f"{url[:80]!r} is no web address: write one that begins with https://")
    return url


def read_choice(choices: type[StrEnum]) -> Callable[..., Any]:
    """Return a reader for one of a few words."""

    def read(value: object, _context: Context | None = None) -> StrEnum:
        word = read_line(value).lower()
        if word not in {choice.value for choice in choices}:
            raise ValueError(f"{word[:40]!r} is not allowed: write {_or([choice.value for choice in choices])}")
        return choices(word)

    return read


def read_flag(value: object) -> bool:
    """Read yes or no."""
    word = str(value).lower() if isinstance(value, bool | str) else ""
    if word not in ("true", "false", "yes", "no"):
        raise ValueError("write true or false")
    return word in ("true", "yes")


def _read_moment(value: object, context: Context) -> datetime:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=context.zone)).astimezone(UTC)
    if isinstance(value, date):
        value = value.isoformat()
    return read_moment(read_line(value), zone=context.zone)


def _read_published(value: object, context: Context) -> datetime:
    moment = _read_moment(value, context)
    if context.now is not None and not plausible(moment, now=context.now):
        raise ValueError(f"{moment:%Y-%m-%d %H:%M} UTC is before 1995 or more than a day ahead")
    return moment


def _read_priority(value: object, _context: Context) -> int:
    text = read_line(value)
    if not re.fullmatch(r"\d{1,3}", text) or int(text) > 100:
        raise ValueError(f"{text[:40]!r} is not allowed: write a whole number from 0 to 100")
    return int(text)


def _read_language(value: object, _context: Context) -> str:
    text = read_line(value)
    if not _LANGUAGE.match(text):
        raise ValueError(f"{text[:40]!r} is no language: write a code like en or pt-BR")
    return text.replace("_", "-")


def _read_corrections(value: object, _context: Context) -> tuple[str, ...]:
    parts = value if isinstance(value, list | tuple) else [value]
    return tuple(line for part in parts if (line := read_line(part)))


def read_image(value: object, _context: Context | None = None) -> Image:
    """Read a picture: a mapping, or only its path or address. A path stays relative to the story."""
    if not isinstance(value, dict):
        text = read_line(value)
        value = {"url" if "://" in text else "path": text}
    strange = [str(name) for name in value if name not in _IMAGE_FIELDS]
    if strange:
        raise ValueError(f"has the field {strange[0][:40]!r}: write {_or(_IMAGE_FIELDS)}")
    texts = {name: read_line(value[name]) for name in _IMAGE_FIELDS[:5] if not _is_empty(value.get(name))}
    if "url" in texts:
        read_url(texts["url"])
    if PurePosixPath(texts.get("path", "").replace("\\", "/")).is_absolute():
        raise ValueError("path must be relative to the story")
    if not texts.get("path") and not texts.get("url"):
        raise ValueError("needs a path or a url")
    return Image(**texts, mail_rights=read_flag(value.get("mail_rights", "false")))


_Reader = Callable[[Any, Context], Any]
_READERS: dict[str, _Reader] = {
    "headline": read_line,
    "short_headline": read_line,
    "standfirst": read_line,
    "summary": read_line,
    "url": read_url,
    "published": _read_published,
    "updated": _read_moment,
    "byline": read_line,
    "credit": read_line,
    "department": read_line,
    "section": read_line,
    "tags": read_names,
    "kind": read_choice(Kind),
    "priority": _read_priority,
    "access": read_choice(Access),
    "source": read_line,
    "language": _read_language,
    "image": read_image,
    "embargo_until": _read_moment,
    "status": read_choice(Status),
    "corrections": _read_corrections,
}

STORY_FIELDS = tuple(_READERS)
"""The names of all fields, in the order of the contract."""


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower().replace("-", "_"), [*STORY_FIELDS, "embargo"], n=1, cutoff=0.8)
    if near:
        meant = "embargo_until" if near[0] == "embargo" else near[0]
        raise FieldError(name, f"is no field of a story: did you mean {meant}?")
    return f"the field {name[:40]!r} is not known and was passed over"


def _is_empty(value: object) -> bool:
    return value is None or value in ([], {}, ()) or (isinstance(value, str) and value.strip() in _EMPTY)


def _or(words: tuple[str, ...] | list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
