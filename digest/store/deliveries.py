"""The hot path of the ledger before the wire: who is due, and whose it is (``ledger_sql`` has the SQL).

Every function takes a connection inside a writing transaction, after ``take_turn`` for its edition, and never commits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, TextClause

from digest.model import Claim, Recipient, Variant
from digest.store import ledger_sql
from digest.store.ledger_schema import State

REPLY_LIMIT = 300
"""Characters kept of a server's reply: enough for its reason and queue number."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stamp(moment: datetime) -> int:
    """Return a moment as the tables keep it: whole microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(stamped: int) -> datetime:
    """Return the aware moment behind a ``stamp``."""
    return _EPOCH + timedelta(microseconds=stamped)


def take_turn(conn: Connection, editions: Iterable[int]) -> None:
    """Wait until this transaction alone writes to the ledger of these editions; until its end nobody else does.

    So what one statement reads is still true for the next. SQLite has one writer at a time and needs nothing. Who
    locks a row of ``send_owner`` does it before, and who needs several editions takes all turns at once.
    """
    if conn.dialect.name == "postgresql" and (numbers := sorted(editions)):
        conn.execute(ledger_sql.TAKE_TURN, {"editions": numbers})


def claim(conn: Connection, edition_id: int, owner: int, limit: int, now: datetime) -> list[Claim]:
    """Take up to ``limit`` due deliveries for one owner: retries whose time has come, given-back ones, fresh ones.

    A retry goes first because its time is running out. Each kind is ordered by subscriber.
    """
    claims: list[Claim] = []
    for statements in ledger_sql.WAITING:
        if len(claims) < limit:
            given = {"edition": edition_id, "now": stamp(now), "limit": limit - len(claims)}
            rows = _waiting(conn, statements[conn.dialect.name], given)
            claims += claim_again(conn, edition_id, owner, sorted(rows, key=_first))
    if len(claims) < limit:
        claims += _claim_fresh(conn, edition_id, owner, limit - len(claims))
    return claims


def _waiting(conn: Connection, statement: TextClause, given: dict[str, Any]) -> list[Any]:
    """Return what is due of the unsettled; who was erased while the mail was under way is skipped and passed over."""
    while True:
        rows = fetch(conn, statement, given)
        erased = [who for who, address, *_ in rows if not address]
        if not erased:
            return rows
        skip_unsettled(conn, given["edition"], erased, given["now"])


def claim_again(conn: Connection, edition_id: int, owner: int, rows: Sequence[Any], call: str = "") -> list[Claim]:
    """Claim unsettled deliveries, given as ``WAITING`` and ``OF_CALL`` select them; ``call`` see Claim."""
    if not rows:
        return []
    conn.execute(ledger_sql.CLAIM_AGAIN, [{"edition": edition_id, "owner": owner, "who": row[0]} for row in rows])
    return [
        Claim(Recipient(who, address, name, _variant(text_only, sections)), fence, attempts, call)
        for who, address, name, text_only, sections, fence, attempts in rows
    ]


def _claim_fresh(conn: Connection, edition_id: int, owner: int, limit: int) -> list[Claim]:
    """Take the next range of the audience: one row for all of it, and the first fence and attempt of each."""
    rows = fetch(conn, ledger_sql.FRESH, {"edition": edition_id, "limit": limit})
    if rows:
        first, last = rows[0][0], rows[-1][0]
        given = {"edition": edition_id, "owner": owner, "first": first, "last": last, "count": len(rows)}
        run(conn, ledger_sql.ADD_BATCH, given)
        run(conn, ledger_sql.CLAIMED_THROUGH, {"edition": edition_id, "last": last})
    # The tuple's own constructor: those of the two classes cost more than reading the row.
    new = tuple.__new__
    return [
        new(Claim, (new(Recipient, (who, address, name, _variant(text_only, sections), "")), 1, 1, ""))
        for who, address, name, text_only, sections in rows
    ]


def skip_unsettled(conn: Connection, edition_id: int, subscriber_ids: Sequence[int], at: int) -> int:
    """Settle unsettled deliveries of people who were erased as skipped; return how many."""
    rows = [(edition_id, who, int(State.SKIPPED), at, 0, "", "", "") for who in subscriber_ids]
    settle(conn, rows)
    return forget(conn, edition_id, subscriber_ids)


def give_up(conn: Connection, edition_id: int, reason: str, now: datetime) -> int:
    """Fail every deferred delivery of an edition whose time is over; return how many."""
    given = {"edition": edition_id, "now": stamp(now), "reason": f"{reason}; last reply: ", "limit": REPLY_LIMIT}
    conn.execute(ledger_sql.GIVE_UP, given)
    return conn.execute(ledger_sql.FORGET_DEFERRED, {"edition": edition_id}).rowcount


def next_due(conn: Connection, edition_id: int) -> datetime | None:
    """Return when the first deferred delivery is due, or None."""
    first = conn.execute(ledger_sql.NEXT_DUE, {"edition": edition_id}).scalar()
    return None if first is None else moment(first)


def settle(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    """Write down how deliveries of one edition ended, in the order of the table's columns; return how many were new."""
    if not rows:
        return 0
    if conn.dialect.name == "sqlite":
        size = ledger_sql.SETTLE_ROWS
        whole = len(rows) - len(rows) % size
        many = [tuple(chain.from_iterable(rows[at : at + size])) for at in range(0, whole, size)]
        parts = ((size, many), (1, list(rows[whole:])))
        return sum(conn.exec_driver_sql(ledger_sql.SETTLE_SQLITE[n], part).rowcount for n, part in parts if part)
    text = json.dumps(rows)
    if r"\u0000" in text:
        text = json.dumps(
            [tuple(storable(value) if isinstance(value, str) else value for value in row) for row in rows]
        )
    return conn.exec_driver_sql(ledger_sql.SETTLE_POSTGRES, {"rows": text}).rowcount


def storable(value: str) -> str:
    """Replace the one character that PostgreSQL's text cannot hold and a hostile reply may."""
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def forget(conn: Connection, edition_id: int, subscriber_ids: Sequence[int]) -> int:
    """Remove what was unsettled of deliveries that are settled now; return how many there were."""
    rows = [{"edition": edition_id, "who": who} for who in subscriber_ids]
    return conn.execute(ledger_sql.FORGET, rows).rowcount if rows else 0


def fetch(conn: Connection, statement: TextClause, given: dict[str, Any]) -> list[Any]:
    """Return the rows of a query as the driver makes them: SQLAlchemy's cost more than the claim itself."""
    is_sqlite = conn.dialect.name == "sqlite"
    result = conn.exec_driver_sql(statement.text, given) if is_sqlite else conn.execute(statement, given)
    rows = list(result.cursor.fetchall()) if result.cursor is not None else []
    result.close()
    return rows


def run(conn: Connection, statement: TextClause, given: dict[str, Any]) -> int:
    """Run a statement and return how many rows it changed, on SQLite by the driver's own way of naming values."""
    if conn.dialect.name == "sqlite":
        return conn.exec_driver_sql(statement.text, given).rowcount
    return conn.execute(statement, given).rowcount


@lru_cache(maxsize=4096)
def variant_name(text_only: bool, sections: str) -> str:
    """Return the name of the variant a reader gets; ``sections`` is a JSON list, or empty for all of them."""
    return Variant(text_only, tuple(json.loads(sections)) if sections else ()).name


def _variant(text_only: Any, sections: str) -> str:
    if sections:
        return variant_name(bool(text_only), sections)
    return "text" if text_only else "html"


def _first(row: Any) -> int:
    return int(row[0])
