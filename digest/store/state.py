"""Keeps what a source remembers between two gatherings (an ETag, a file's mark)."""

from __future__ import annotations

import sqlalchemy as sa

from digest.store import schema
from digest.store.sql import put

_t = schema.source_state


class SqlSourceState:
    """A source's memory: read once when made, changed in memory, written by ``flush`` alone.

    Dropping it without ``flush`` forgets the changes, so that a gathering that failed is done again in full.
    """

    def __init__(self, conn: sa.Connection, source: str) -> None:
        self._source = source
        rows = conn.execute(sa.select(_t.c.name, _t.c.value).where(_t.c.source == source))
        self._known = {row.name: row.value for row in rows}
        self._changed: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Return what was put under the name, or None."""
        return self._changed.get(name, self._known.get(name))

    def put(self, name: str, value: str) -> None:
        """Remember a value until ``flush`` writes it."""
        self._changed[name] = value

    def flush(self, conn: sa.Connection) -> None:
        """Write what was put, in the transaction that saves the stories; may be called with another connection."""
        for name, value in self._changed.items():
            if self._known.get(name) != value:
                put(conn, _t, ("source", "name"), {"source": self._source, "name": name, "value": value})
        self._known |= self._changed
        self._changed.clear()
