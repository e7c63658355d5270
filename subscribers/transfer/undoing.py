"""Take back what one import brought: the people nobody knew before it, its subscriptions, and what it filled in.

What says that somebody must not be mailed stays: an import may have been the wrong file, but a person who left does not
come back by an operator's second thought. Who has done something of their own since, stays too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import schema
from subscribers.errors import SubscribersError
from subscribers.model import ConsentHow, SubscriptionStatus
from subscribers.transfer.filling import empty_filled


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One import as it is noted: when, which file, into which list, and how far it got."""

    id: int
    list_id: str
    file_name: str
    format: str
    started_at: datetime
    finished_at: datetime | None
    rows: int
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo took back, and what it left: who stays did something of their own, or left."""

    subscriptions: int
    people: int
    kept: int


def iter_imports(conn: sa.Connection) -> Iterator[ImportRun]:
    """Yield the imports, the latest first."""
    table = schema.import_run
    for row in conn.execute(sa.select(table).order_by(table.c.id.desc())):
        yield _run_of(row)


def get_import(conn: sa.Connection, import_id: int) -> ImportRun:
    """Return one import as it is noted; raises SubscribersError for an unknown number."""
    table = schema.import_run
    row = conn.execute(sa.select(table).where(table.c.id == import_id)).first()
    if row is None:
        raise SubscribersError(f"There is no import {import_id}; `digest subscribers imports` lists them.")
    return _run_of(row)


def _run_of(row: sa.Row[Any]) -> ImportRun:
    return ImportRun(
        row.id,
        row.list_id,
        row.file_name,
        row.format,
        row.started_at,
        row.finished_at,
        row.rows_done,
        row.undone_at,
    )


def undo_import(conn: sa.Connection, import_id: int, *, now: datetime) -> Undone:
    """Take back one import; repeated, it finds nothing more. Raises SubscribersError for an unknown number."""
    get_import(conn, import_id)
    standing, person, consent = schema.subscription, schema.subscriber, schema.consent
    # Their own answer to our mail is no part of the import.
    own = sa.select(consent.c.subscriber_id).where(
        consent.c.subscriber_id == standing.c.subscriber_id,
        consent.c.list_id == standing.c.list_id,
        consent.c.how != ConsentHow.IMPORTED,
    )
    brought = (standing.c.import_id == import_id) & (standing.c.status != SubscriptionStatus.ENDED) & ~own.exists()
    subscriptions = conn.execute(sa.delete(standing).where(brought)).rowcount
    still = sa.select(standing.c.subscriber_id).where(
        standing.c.subscriber_id == consent.c.subscriber_id, standing.c.list_id == consent.c.list_id
    )
    conn.execute(sa.delete(consent).where(consent.c.import_id == import_id, ~still.exists()))
    empty_filled(conn, import_id)
    anywhere = sa.select(standing.c.subscriber_id).where(schema.on_any_list(), standing.c.subscriber_id == person.c.id)
    new = person.c.import_id == import_id
    people = conn.execute(sa.delete(person).where(new, ~anywhere.exists())).rowcount
    kept = conn.scalar(sa.select(sa.func.count()).select_from(person).where(new)) or 0
    noted = schema.import_run
    conn.execute(sa.update(noted).where(noted.c.id == import_id).values(undone_at=now, finished_at=now))
    return Undone(subscriptions, people, kept)
