"""Keeps the run log: what the program decided and did, when and why, by ids and never by address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

import subscribers
from digest.store import schema

_l = schema.run_log


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the run log; ``newsletter`` and ``edition`` (a written key) may be empty."""

    id: int
    at: datetime
    what: str
    detail: str
    newsletter: str = ""
    edition: str = ""


def log(conn: sa.Connection, now: datetime, what: str, detail: str, newsletter: str = "", edition: str = "") -> None:
    """Add a line: ``what`` is one word (build, frozen, sent, skip, expired …), ``detail`` says why or how much."""
    clean = subscribers.without_addresses(detail).replace("\0", "")
    conn.execute(sa.insert(_l).values(at=now, what=what, detail=clean, newsletter=newsletter, edition=edition))


def iter_log(
    conn: sa.Connection,
    newsletter: str | None = None,
    *,
    edition: str | None = None,
    what: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> Iterator[LogLine]:
    """Yield lines, the newest first; ``edition`` is a written key."""
    query = sa.select(_l).order_by(_l.c.at.desc(), _l.c.id.desc()).limit(limit)
    for column, value in ((_l.c.newsletter, newsletter), (_l.c.edition, edition), (_l.c.what, what)):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(_l.c.at >= since)
    for row in conn.execute(query):
        yield LogLine(row.id, row.at, row.what, row.detail, row.newsletter, row.edition)


def last_log(conn: sa.Connection, edition: str) -> LogLine | None:
    """Return the line written last about an edition, or None."""
    query = sa.select(_l).where(_l.c.edition == edition).order_by(_l.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else LogLine(row.id, row.at, row.what, row.detail, row.newsletter, row.edition)
