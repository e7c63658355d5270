"""People who say no more than that they are active, held by columns: an import makes a million of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import compress
from typing import Any, NamedTuple

PlainRow = tuple[int, str, str, str, str, str, tuple[str, ...]]
"""One of them: line, key, address as written (empty where it is the key), name, attributes as JSON, when they joined as
the database keeps a moment, tags."""


class Plain(NamedTuple):
    """Columns of equal length, in the order of the lines; see ``PlainRow``."""

    lines: list[int]
    keys: list[str]
    addresses: list[str]
    names: list[str]
    attributes: list[str]
    joined: list[str]
    tags: list[tuple[str, ...]]

    @classmethod
    def of(cls, rows: Iterable[PlainRow]) -> Plain:
        """Return the rows by columns."""
        columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
        return cls(*columns) if columns else cls([], [], [], [], [], [], [])

    def row(self, place: int) -> PlainRow:
        """Return the person at a place."""
        return (
            self.lines[place],
            self.keys[place],
            self.addresses[place],
            self.names[place],
            self.attributes[place],
            self.joined[place],
            self.tags[place],
        )

    def without(self, places: Collection[int]) -> Plain:
        """Return everybody but those at some places."""
        if not places:
            return self
        stays = [True] * len(self.lines)
        for place in places:
            stays[place] = False
        columns: list[Any] = [list(compress(column, stays)) for column in self]
        return Plain(*columns)
