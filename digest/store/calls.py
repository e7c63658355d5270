"""Calls of provider APIs, kept so that a broken one can be repeated unchanged while its key protects it.

A call is *asked* before the request leaves and *answered* when any answer came. One that was cut off is
*interrupted*: its deliveries are ambiguous, and the next claim takes all of them together or none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select, text, update

import subscribers
from digest.model import Claim
from digest.protocols import Clock
from digest.store import deliveries, ledger_sql, records
from digest.store.ledger_schema import api_call

_MARGIN = timedelta(minutes=10)
"""How long before a key's end we stop trusting it: clocks differ, and a repeated request takes its time."""


@dataclass(frozen=True, slots=True)
class SqlCallLog:
    """The log of one edition's calls; implements ``protocols.CallLog``. Every method is its own transaction."""

    engine: Engine
    clock: Clock
    edition_id: int
    owner_id: int

    def asked(self, key: str, subscriber_ids: Sequence[int], protected_s: float) -> bool:
        """Store the call, or find it again; False when its protection has run out."""
        now = self.clock()
        with subscribers.writing(self.engine) as conn:
            known: datetime | None = conn.execute(
                select(api_call.c.protected_until).where(api_call.c.key == key)
            ).scalar()
            if known is None:
                conn.execute(
                    insert(api_call).values(
                        key=key,
                        edition_id=self.edition_id,
                        owner=self.owner_id,
                        state="asked",
                        subscribers=json.dumps(list(subscriber_ids)),
                        asked_at=now,
                        protected_until=now + timedelta(seconds=protected_s) - _MARGIN,
                    )
                )
                return True
            conn.execute(update(api_call).where(api_call.c.key == key).values(state="asked", owner=self.owner_id))
            return known > now

    def answered(self, key: str) -> None:
        """Close the call."""
        self._set(key, state="answered")

    def interrupted(self, key: str, retry_after_s: float) -> None:
        """Leave the call open, to be repeated later."""
        self._set(key, state="interrupted", next_at=self.clock() + timedelta(seconds=retry_after_s))

    def _set(self, key: str, **values: object) -> None:
        with subscribers.writing(self.engine) as conn:
            conn.execute(update(api_call).where(api_call.c.key == key).values(values))


def claim_interrupted(conn: Connection, edition_id: int, owner: int, now: datetime) -> list[Claim]:
    """Take the deliveries of one interrupted call, in the order they were asked in; empty when none is due.

    A call that is no longer whole (the operator closed one of its deliveries) cannot be repeated unchanged: it is
    closed, and the rest of its deliveries stay ambiguous.
    """
    found = deliveries.fetch(conn, ledger_sql.INTERRUPTED, {"edition": edition_id, "now": deliveries.stamp(now)})
    if not found:
        return []
    key, asked_for = found[0]
    order: list[int] = json.loads(asked_for)
    rows = {row[0]: row for row in conn.execute(ledger_sql.OF_CALL, {"edition": edition_id, "who": order})}
    whole = len(rows) == len(order)
    state = "asked" if whole else "answered"
    conn.execute(update(api_call).where(api_call.c.key == key).values(state=state, owner=owner))
    return deliveries.claim_again(conn, edition_id, owner, [rows[who] for who in order], key) if whole else []


def hold_interrupted(conn: Connection, owner: int) -> int:
    """Mark a dead owner's open calls interrupted and what it had claimed of them ambiguous; return how many."""
    statement = select(api_call).where(api_call.c.owner == owner, api_call.c.state == "asked")
    held = 0
    for call in conn.execute(statement).all():
        held += records.hold(conn, call.edition_id, json.loads(call.subscribers), owner)
        conn.execute(update(api_call).where(api_call.c.key == call.key).values(state="interrupted"))
    return held


def reopen(conn: Connection, keys: Sequence[str]) -> None:
    """Mark calls interrupted again that were claimed and then not made."""
    if keys:
        conn.execute(update(api_call).where(api_call.c.key.in_(keys)).values(state="interrupted"))


def close_all(conn: Connection, edition_id: int) -> None:
    """Close an edition's interrupted calls: the operator has decided about their deliveries."""
    conn.execute(
        update(api_call)
        .where(api_call.c.edition_id == edition_id, api_call.c.state == "interrupted")
        .values(state="answered")
    )


def next_due(conn: Connection, edition_id: int, now: datetime) -> datetime | None:
    """Return when the first interrupted call may be repeated, or None."""
    statement = select(func.min(func.coalesce(api_call.c.next_at, api_call.c.asked_at))).where(
        api_call.c.edition_id == edition_id,
        text("state = 'interrupted'"),
        api_call.c.protected_until > now,
    )
    first: datetime | None = conn.execute(statement).scalar()
    return first
