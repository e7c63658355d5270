"""Reads the JSON lines of ``digest try``: a line that cannot be read is told, and the others go on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from digest.errors import UsageError
from digest.model import Kind, Story


@dataclass(slots=True)
class Lines:
    """The objects of a text, one a line; ``bad`` counts the lines that were told and passed over."""

    text: str
    name: str = "line"
    bad: int = 0
    numbers: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield every object; blank lines count for nothing."""
        for number, line in enumerate(self.text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                yield self._object(line, number)
            except UsageError as error:
                self.tell(error)

    def tell(self, error: Exception) -> None:
        """Print what is wrong with a line and count it."""
        self.bad += 1
        print(f"digest: {error}", file=sys.stderr)

    def code(self) -> int:
        """Return the exit code: 2 if any line was bad."""
        return 2 if self.bad else 0

    def _object(self, line: str, number: int) -> dict[str, Any]:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{self.name} {number} is not JSON: {error}.") from error
        if not isinstance(found, dict):
            raise UsageError(f'{self.name} {number}: expected an object like {{"id": …, "text": …}}.')
        self.numbers.append(number)
        return {**found, "": number}


def where(record: dict[str, Any]) -> str:
    """Name a record for a message: its line, and its id if it has one."""
    named = f" (id {record['id']!r})" if "id" in record else ""
    return f"line {record.get('', '?')}{named}"


def words_of(record: dict[str, Any], key: str, *, needed: bool = False) -> str:
    """Return a text of a record, empty if it is not there. Raises UsageError when it is no text, or is needed."""
    value = record.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{where(record)}: {key!r} must be a text.")
    return value


def moment_of(record: dict[str, Any]) -> datetime | None:
    """Return ``published_at``, aware; one without a zone is UTC. Raises UsageError when it is no ISO moment."""
    written = words_of(record, "published_at").strip()
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{where(record)}: published_at is {written!r}; write a moment like 2026-01-06T11:30:00Z."
        ) from error


def _kind_of(record: dict[str, Any]) -> Kind:
    written = words_of(record, "kind").strip() or Kind.NEWS.value
    try:
        return Kind(written)
    except ValueError as error:
        raise UsageError(f"{where(record)}: kind is {written!r}; use one of {', '.join(Kind)}.") from error


def story_of(record: dict[str, Any], story_id: str, text: str) -> Story:
    """Make a story of a record; ``text`` is its body, already cleaned or masked."""
    tags = record.get("tags")
    return Story(
        id=story_id,
        source=words_of(record, "source"),
        key=story_id,
        headline=words_of(record, "headline"),
        text=text,
        url=words_of(record, "url"),
        kind=_kind_of(record),
        published=moment_of(record),
        section=words_of(record, "section"),
        department=words_of(record, "department"),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        language=words_of(record, "language"),
    )
