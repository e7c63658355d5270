"""Reads the editor's own pieces of an edition, blocks, from a folder of Markdown files with front matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from digest.gather.fields import read_choice, read_image, read_line, read_names, read_url
from digest.gather.frontmatter import FrontMatterError, read_front_matter
from digest.gather.markup import markdown_to_html, safe_html, text_of
from digest.model import Block, BlockKind, ListingEntry

FIELDS = (
    *("kind", "newsletter", "from", "until", "position", "title", "value", "by", "url", "link_text"),
    *("disclosure", "entries", "image"),
)
"""What front matter of a block may hold."""

LARGEST_BYTES = 200_000

_POSITION = re.compile(r"top|end|after:[a-z0-9][a-z0-9_-]*")
_ENTRY_FIELDS = ("title", "when", "where", "url")
_ENDINGS = (".md", ".markdown", ".txt")


class BlockError(ValueError):
    """A block cannot be read; says which field or line and what is allowed."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A block with where and when it runs: no newsletters means all; both days count, in the newsletter's zone."""

    block: Block
    newsletters: tuple[str, ...]
    since: date | None
    until: date | None

    def runs(self, newsletter: str, day: date) -> bool:
        """Tell whether the block belongs into this newsletter's edition of this day."""
        if self.newsletters and newsletter not in self.newsletters:
            return False
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


def read_blocks(folder: Path, *, newsletter: str, day: date, warn: Callable[[str], None]) -> tuple[Block, ...]:
    """Return the blocks for one edition, by file name; one that cannot be read is told and left out.

    A folder that does not exist holds none. Files whose names begin with a dot or an underscore are drafts.
    """
    found = []
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    except FileNotFoundError:
        return ()
    except OSError as error:
        warn(f"The blocks in {folder} cannot be read: {error.strerror}.")
        return ()
    for path in paths:
        if path.name.startswith((".", "_")):
            continue
        try:
            dated = read_block(path.stem, _content(path))
        except (BlockError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            warn(f"The block {path} is left out: {reason}.")
            continue
        if dated.runs(newsletter, day):
            found.append(dated.block)
    return tuple(found)


def read_block(name: str, text: str) -> Dated:
    """Read one block; its id is the file's name without the ending. Raises BlockError."""
    try:
        matter = read_front_matter(text)
    except FrontMatterError as error:
        raise BlockError(f"line {error.line}: {error}" if error.line else str(error)) from error
    for field in matter.fields:
        if field not in FIELDS:
            raise BlockError(
                f"line {matter.lines.get(field, 0)}: {field!r} is no field of a block: write {_list(FIELDS)}"
            )
    values = {field: value for field, value in matter.fields.items() if value not in ("", [], {}, "~", "null")}
    since, until = (_read(values, field, _day, None) for field in ("from", "until"))
    if since and until and since > until:
        raise BlockError(f"from ({since}) is after until ({until}): it would never run")
    block = _block(name, values, matter.body)
    return Dated(block, _read(values, "newsletter", read_names, ()), since, until)


def _block(name: str, values: Mapping[str, Any], body: str) -> Block:
    if "kind" not in values:
        raise BlockError(f"kind is missing: write {_list([kind.value for kind in BlockKind])}")
    markup = safe_html(markdown_to_html(body)).strip()
    block = Block(
        id=name,
        kind=_read(values, "kind", read_choice(BlockKind), BlockKind.NOTE),
        html=markup,
        text=text_of(markup),
        url=_read(values, "url", _address, ""),
        position=_read(values, "position", _position, ""),
        entries=_read(values, "entries", _entries, ()),
        image=_read(values, "image", read_image, None),
        **{field: _read(values, field, read_line, "") for field in ("title", "value", "by", "link_text", "disclosure")},
    )
    _refuse_incomplete(block)
    return block


def _refuse_incomplete(block: Block) -> None:
    """Raise BlockError for a block that would print as a gap, or as an advertisement nobody stands for."""
    needs = {BlockKind.NUMBER: ("value",), BlockKind.SPONSOR: ("by",), BlockKind.LISTING: ("entries",)}
    for field in needs.get(block.kind, ()):
        if not getattr(block, field):
            raise BlockError(f"a {block.kind} block needs {field}")
    if not (block.text or block.value or block.entries or block.title or block.image):
        raise BlockError("it holds nothing to print")


def _read(values: Mapping[str, Any], field: str, reader: Callable[[Any], Any], default: Any) -> Any:
    if field not in values:
        return default
    try:
        return reader(values[field])
    except ValueError as error:
        raise BlockError(f"{field}: {error}") from error


def _day(value: object) -> date:
    line = read_line(value)
    try:
        return date.fromisoformat(line)
    except ValueError as error:
        raise ValueError(f"{line[:40]!r} is no day: write one like 2026-01-05") from error


def _position(value: object) -> str:
    line = read_line(value)
    if not _POSITION.fullmatch(line):
        raise ValueError(f"{line[:40]!r} is no place: write top, end or after:SECTION")
    return line


def _address(value: object) -> str:
    line = read_line(value)
    return line if re.fullmatch(r"mailto:[^\s@<>\"]+@[^\s@<>\"]+", line) else read_url(line)


def _entries(value: object) -> tuple[ListingEntry, ...]:
    """Read a listing: titles, or mappings of title, when, where and url."""
    if not isinstance(value, list):
        raise ValueError("write a list, each entry with title, when, where or url")
    return tuple(_entry(entry) for entry in value)


def _entry(value: object) -> ListingEntry:
    if not isinstance(value, dict):
        return ListingEntry(read_line(value))
    strange = [name for name in value if name not in _ENTRY_FIELDS]
    if strange:
        raise ValueError(f"an entry has the field {strange[0]!r}: write {_list(_ENTRY_FIELDS)}")
    texts = {name: read_line(text) for name, text in value.items()}
    if not texts.get("title"):
        raise ValueError("an entry has no title")
    if texts.get("url"):
        _address(texts["url"])
    return ListingEntry(**texts)


def _content(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise BlockError(f"it is larger than {LARGEST_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BlockError(f"line {line} is not UTF-8; save the file as UTF-8") from error


def _list(words: list[str] | tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
