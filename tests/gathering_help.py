"""Small real objects for tests of sources: a memory, a server of fixed answers, a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from digest.errors import FetchError
from digest.http import Fetched
from digest.model import Story, Window
from digest.protocols import Source

NOW = datetime(2026, 1, 6, 11, 0, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=1), NOW)


@dataclass
class Memory:
    """What a source remembers, in a dictionary."""

    values: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.values[name] = value


@dataclass
class Server:
    """Answers every request with one body, and keeps the headers it was sent."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)

    def fetch(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        self.asked.append(dict(headers or {}))
        if self.error:
            raise FetchError(self.error)
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return Fetched(url, self.status, self.headers, body)


def gathered(source: Source, memory: Memory | None = None, now: datetime = NOW) -> tuple[list[Story], list[str]]:
    """Return what a source yields, and what it warns of."""
    warnings: list[str] = []
    window = Window(now - timedelta(days=1), now)
    return list(source.stories(window, memory or Memory(), warnings.append)), warnings
