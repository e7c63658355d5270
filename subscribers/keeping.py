"""What is forgotten by itself: unanswered sign-ups, and by the newsroom's rules IP addresses and who left long ago."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from subscribers import schema, store
from subscribers.consent import purge_unconfirmed
from subscribers.model import SubscriptionStatus

EVERY = timedelta(hours=1)
_NAME = "housekeeping"
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept for a while is kept; None keeps it.

    ``ended``: people all of whose subscriptions ended; what suppresses them stays. ``ip``: IP addresses of sign-ups.
    """

    ended: timedelta | None = None
    ip: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What one round of housekeeping forgot."""

    unconfirmed: int = 0
    ended: int = 0
    addresses: int = 0

    @property
    def is_anything(self) -> bool:
        """Tell whether anything was forgotten."""
        return bool(self.unconfirmed or self.ended or self.addresses)


def keep_house(
    conn: sa.Connection,
    retention: Retention,
    *,
    now: datetime,
    on_forget: Callable[[sa.Connection, int], None] | None = None,
) -> Kept | None:
    """Forget what is due, at most once an hour; None when it is too early. May be called at every tick.

    A moment noted that is still to come, by a clock that was wrong or by a rehearsal, holds nothing up.
    ``on_forget`` is told each person's id, to erase what other packages keep about it.
    """
    table = schema.setting
    store.insert_missing(conn, table, {"name": _NAME, "value": ""})
    last = conn.scalar(sa.select(table.c.value).where(table.c.name == _NAME))
    if last and timedelta(0) <= now - datetime.fromisoformat(last) < EVERY:
        return None
    conn.execute(sa.update(table).where(table.c.name == _NAME).values(value=now.isoformat()))
    return Kept(
        unconfirmed=purge_unconfirmed(conn, now=now),
        ended=_forget_ended(conn, now - retention.ended, now, on_forget) if retention.ended else 0,
        addresses=_blank_addresses(conn, now - retention.ip) if retention.ip else 0,
    )


def _forget_ended(
    conn: sa.Connection, before: datetime, now: datetime, on_forget: Callable[[sa.Connection, int], None] | None
) -> int:
    """Delete people who have left everything before a moment; their suppressions name no one and stay."""
    standing = schema.subscription
    other = standing.alias()
    stays = sa.select(other.c.subscriber_id).where(
        other.c.list_id.in_(sa.select(schema.list_.c.id)),
        other.c.subscriber_id == standing.c.subscriber_id,
        sa.or_(other.c.status != SubscriptionStatus.ENDED, other.c.since >= before),
    )
    gone = (
        sa.select(standing.c.subscriber_id)
        .where(standing.c.status == SubscriptionStatus.ENDED, standing.c.since < before, ~stays.exists())
        .distinct()
        .limit(BATCH)
    )
    ids = list(conn.scalars(gone))
    for subscriber_id in ids:
        if on_forget is not None:
            on_forget(conn, subscriber_id)
        store.insert_missing(conn, schema.erased, {"subscriber_id": subscriber_id, "at": now})
    store.delete_people(conn, ids)
    return len(ids)


def _blank_addresses(conn: sa.Connection, before: datetime) -> int:
    table = schema.consent
    kept = sa.or_(table.c.ip != "", table.c.confirmed_ip != "")
    return conn.execute(sa.update(table).where(table.c.at < before, kept).values(ip="", confirmed_ip="")).rowcount
