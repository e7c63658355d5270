"""The hot path of the ledger: claim, record, release and defer deliveries (``ledger_sql`` has the SQL).

Every function takes a connection inside a writing transaction and never commits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause

from digest.model import Claim, Fate, Outcome, Recipient, Variant
from digest.store import ledger_sql
from digest.store.ledger_schema import State

REPLY_LIMIT = 300
"""Characters kept of a server's reply: enough for its reason and queue number."""

DEFAULT_RETRY_S = 300.0
"""When a deferred delivery is due again if nobody said: the lower end of usual greylisting."""

_STATE_OF: Mapping[Fate, State] = {
    Fate.ACCEPTED: State.ACCEPTED,
    Fate.DEFERRED: State.DEFERRED,
    Fate.REJECTED: State.REJECTED,
    Fate.FAILED: State.FAILED,
    Fate.REFUSED: State.PENDING,
    Fate.SKIPPED: State.SKIPPED,
    Fate.AMBIGUOUS: State.AMBIGUOUS,
}

_STATE_NUMBER = {fate: int(state) for fate, state in _STATE_OF.items()}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stamp(moment: datetime) -> int:
    """Return a moment as the tables keep it: whole microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(stamped: int) -> datetime:
    """Return the aware moment behind a ``stamp``."""
    return _EPOCH + timedelta(microseconds=stamped)


def claim(conn: Connection, edition_id: int, owner: int, limit: int, now: datetime) -> list[Claim]:
    """Take up to ``limit`` due deliveries for one owner: retries whose time has come first, then fresh ones.

    A retry goes first because its time is running out. Ordered by subscriber.
    """
    given: dict[str, Any] = {"edition": edition_id, "owner": owner, "now": stamp(now)}
    claims: list[Claim] = []
    for statements in (ledger_sql.CLAIM_DEFERRED, ledger_sql.CLAIM_FRESH):
        if len(claims) < limit:
            rows = _rows(conn, statements[conn.dialect.name], {**given, "limit": limit - len(claims)})
            claims += map(read_claim, sorted(rows, key=_first))
    return claims


def _rows(conn: Connection, statement: TextClause, given: dict[str, Any]) -> list[Any]:
    """Run a claim. On SQLite the driver's plain rows: SQLAlchemy's cost more than the claim itself."""
    if conn.dialect.name == "sqlite":
        result = conn.exec_driver_sql(statement.text, given)
        rows = list(result.cursor.fetchall()) if result.cursor is not None else []
        result.close()
        return rows
    return list(conn.execute(statement, given))


def read_claim(row: Any, call: str = "") -> Claim:
    """Turn a claimed row (its columns in the order of ``RETURNING``) into a claim."""
    who, address, name, text_only, sections, fence, attempts = row
    variant = "text" if text_only else "html"
    if sections:
        variant = variant_name(bool(text_only), sections)
    return Claim(Recipient(who, address, name, variant), fence, attempts, call)


@lru_cache(maxsize=4096)
def variant_name(text_only: bool, sections: str) -> str:
    """Return the name of the variant a reader gets; ``sections`` is a JSON list, or empty for all of them."""
    return Variant(text_only, tuple(json.loads(sections)) if sections else ()).name


def record(conn: Connection, edition_id: int, outcomes: Sequence[Outcome], owner: int, now: datetime) -> int:
    """Write outcomes down and return how many were heard: those whose claim this owner still holds.

    Troubles are also added to ``attempt``, before the row's state moves on. May be called again with the same.
    """
    troubles = [o for o in outcomes if o.fate not in (Fate.ACCEPTED, Fate.SKIPPED)]
    if troubles:
        conn.execute(ledger_sql.ATTEMPT, [_attempt(o, edition_id, owner, now) for o in troubles])
    if not outcomes:
        return 0
    if conn.dialect.name == "sqlite":
        return _record_sqlite(conn, edition_id, outcomes, owner, now)
    return _record_postgres(conn, edition_id, outcomes, owner, now)


def release(conn: Connection, edition_id: int, claims: Sequence[Claim], owner: int) -> int:
    """Give claims back untouched; those of an interrupted call are held as ambiguous again. Returns how many."""
    rows = [
        {
            "state": int(State.AMBIGUOUS if held.call else State.PENDING),
            "edition": edition_id,
            "who": held.recipient.subscriber_id,
            "owner": owner,
            "fence": held.fence,
        }
        for held in claims
    ]
    return conn.execute(ledger_sql.RELEASE, rows).rowcount if rows else 0


def give_up(conn: Connection, edition_id: int, reason: str, now: datetime) -> int:
    """Fail every deferred delivery of an edition whose time is over; return how many."""
    given = {"edition": edition_id, "now": stamp(now), "reason": f"{reason}; last reply: ", "limit": REPLY_LIMIT}
    return conn.execute(ledger_sql.GIVE_UP, given).rowcount


def next_due(conn: Connection, edition_id: int) -> datetime | None:
    """Return when the first deferred delivery is due, or None."""
    first = conn.execute(ledger_sql.NEXT_DUE, {"edition": edition_id}).scalar()
    return None if first is None else moment(first)


def _first(row: Any) -> int:
    return int(row[0])


def _attempt(outcome: Outcome, edition_id: int, owner: int, now: datetime) -> dict[str, Any]:
    return {
        "edition": edition_id,
        "who": outcome.subscriber_id,
        "owner": owner,
        "fence": outcome.fence,
        "at": stamp(now),
        "fate": outcome.fate.value,
        "code": _storable(outcome.code[:16]),
        "reply": _storable(outcome.reply[:REPLY_LIMIT]),
    }


def _next_at(outcome: Outcome, now: datetime) -> int | None:
    if outcome.fate is not Fate.DEFERRED:
        return None
    wait_s = DEFAULT_RETRY_S if outcome.retry_after_s is None else outcome.retry_after_s
    return stamp(now) + round(wait_s * 1_000_000)


def _record_sqlite(conn: Connection, edition_id: int, outcomes: Sequence[Outcome], owner: int, now: datetime) -> int:
    at = stamp(now)
    rows = [
        (
            _STATE_NUMBER[o.fate],
            None if o.fate is not Fate.DEFERRED else _next_at(o, now),
            o.code[:16],
            o.reply[:REPLY_LIMIT],
            o.provider_id,
            at,
            o.subscriber_id,
            edition_id,
            owner,
            o.fence,
        )
        for o in outcomes
    ]
    return conn.exec_driver_sql(ledger_sql.RECORD_SQLITE, rows).rowcount


def _record_postgres(conn: Connection, edition_id: int, outcomes: Sequence[Outcome], owner: int, now: datetime) -> int:
    given = {
        "edition": edition_id,
        "owner": owner,
        "at": stamp(now),
        "who": [o.subscriber_id for o in outcomes],
        "fences": [o.fence for o in outcomes],
        "states": [int(_STATE_OF[o.fate]) for o in outcomes],
        "nexts": [_next_at(o, now) for o in outcomes],
        "codes": [_storable(o.code[:16]) for o in outcomes],
        "replies": [_storable(o.reply[:REPLY_LIMIT]) for o in outcomes],
        "providers": [_storable(o.provider_id) for o in outcomes],
    }
    return conn.exec_driver_sql(ledger_sql.RECORD_POSTGRES, given).rowcount


def _storable(value: str) -> str:
    # A hostile reply may hold the one character PostgreSQL's text cannot.
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
