"""Who must never be mailed, and why: kept as keyed hashes, so that it outlives the person's rows.

The stricter reason wins; an import cannot lift one; a new, confirmed opt-in lifts only what the reader did themself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from subscribers import schema, store
from subscribers.address import parse_address
from subscribers.errors import Suppressed
from subscribers.model import Suppression, SuppressionReason
from subscribers.tokens import KeyRing

STRICTNESS = {
    SuppressionReason.UNSUBSCRIBED: 0,
    SuppressionReason.IMPORTED: 1,
    SuppressionReason.ERASED: 2,
    SuppressionReason.BOUNCED: 3,
    SuppressionReason.MANUAL: 4,
    SuppressionReason.COMPLAINED: 5,
}
"""Which reason stands when there are several: the higher."""

LIFTED_BY_OPT_IN = frozenset((SuppressionReason.UNSUBSCRIBED, SuppressionReason.IMPORTED, SuppressionReason.ERASED))
"""What a reader may undo by confirming a new sign-up. A bounce, a complaint or an operator's order they may not."""


def suppress(
    conn: sa.Connection,
    address: str,
    reason: SuppressionReason,
    *,
    now: datetime,
    keys: KeyRing,
    list_id: str = "",
    note: str = "",
) -> Suppression:
    """Never mail the address again, on one list or (empty) on any; its subscriptions there end at once.

    Works for addresses nobody has, and may be repeated: the stricter reason stands. Raises BadAddress.
    """
    key = parse_address(address).key
    key_hash = keys.hash_address(key)
    against = [Suppression(key_hash, reason, now, list_id, note)]
    return suppress_hashes(conn, against, now=now, addresses={key_hash: key})[0]


def suppress_hashes(
    conn: sa.Connection,
    suppressions: Sequence[Suppression],
    *,
    now: datetime,
    addresses: Mapping[str, str],
    import_id: int | None = None,
) -> list[Suppression]:
    """Add suppressions by hashed address and end the subscriptions they concern; returns those that now stand.

    ``now`` is when the subscriptions end; a suppression may name an earlier time of its own. ``addresses`` are the
    keys of the hashes: subscribers carry a hash only once something stands against it. Who knows none of them, as
    when an export comes back, calls ``store.note_all_hashes`` first.
    """
    standing = note_suppressions(conn, suppressions, addresses=addresses, import_id=import_id)
    by_place = sorted(standing, key=_place)
    for (list_id, reason), group in groupby(by_place, key=_place):
        store.end_subscriptions(conn, [each.key_hash for each in group], list_id=list_id, reason=reason, now=now)
    return standing


def note_suppressions(
    conn: sa.Connection,
    suppressions: Sequence[Suppression],
    *,
    addresses: Mapping[str, str],
    import_id: int | None = None,
) -> list[Suppression]:
    """Add suppressions as ``suppress_hashes`` does, for a caller that ends the subscriptions by itself."""
    table = schema.suppression
    hashes = [each.key_hash for each in suppressions]
    known = {(each.key_hash, each.list_id): each for each in _iter_known(conn, hashes)}
    fresh: dict[tuple[str, str], Suppression] = {}
    for each in suppressions:
        before = fresh.get((each.key_hash, each.list_id)) or known.get((each.key_hash, each.list_id))
        if before is None or STRICTNESS[each.reason] > STRICTNESS[before.reason]:
            fresh[each.key_hash, each.list_id] = each
    for key_hash, list_id in fresh.keys() & known.keys():
        conn.execute(sa.delete(table).where(_at(key_hash, list_id)))
    store.insert_all_missing(conn, table, [suppression_row(each, import_id) for each in fresh.values()])
    # Not before: an import on PostgreSQL locks the table of suppressions, and whom it brought is seen once it is done.
    store.note_hashes(conn, addresses)
    return [(known | fresh)[each.key_hash, each.list_id] for each in suppressions]


def lift_suppression(conn: sa.Connection, address: str, *, keys: KeyRing, list_id: str = "") -> bool:
    """Let the address be mailed again, as an operator's own act; returns whether it was suppressed there.

    Subscriptions stay ended: the reader has to sign up again. Raises BadAddress.
    """
    key_hash = keys.hash_address(parse_address(address).key)
    return conn.execute(sa.delete(schema.suppression).where(_at(key_hash, list_id))).rowcount > 0


def let_sign_up(conn: sa.Connection, address: str, *, keys: KeyRing) -> bool:
    """Let the owner of an address come back by confirming a new sign-up, whatever stands against it; an operator's act.

    What stands turns into a leaving of their own, so that neither an import nor the operator brings them back. Tells
    whether more had stood. Raises BadAddress.
    """
    table = schema.suppression
    more = table.c.reason.not_in([reason.value for reason in LIFTED_BY_OPT_IN])
    noted = sa.literal("let sign up again; it was ") + table.c.reason
    change = sa.update(table).where(table.c.key_hash == keys.hash_address(parse_address(address).key), more)
    return conn.execute(change.values(reason=SuppressionReason.UNSUBSCRIBED.value, note=noted)).rowcount > 0


def lift_by_opt_in(conn: sa.Connection, key_hash: str, list_id: str) -> None:
    """Lift what a confirmed opt-in to a list may lift, there and everywhere; raises Suppressed if more stands."""
    for standing in iter_standing(conn, [key_hash], list_id):
        if standing.reason not in LIFTED_BY_OPT_IN:
            raise Suppressed(f"The address must not be mailed ({standing.reason}).", standing.reason)
    where = (schema.suppression.c.key_hash == key_hash) & schema.suppression.c.list_id.in_(["", list_id])
    conn.execute(sa.delete(schema.suppression).where(where))


def is_suppressed(conn: sa.Connection, address: str, list_id: str, keys: KeyRing) -> SuppressionReason | None:
    """Return why the address must not be mailed on the list (empty: on any), or None; raises BadAddress."""
    return find_reason(conn, keys.hash_address(parse_address(address).key), list_id)


def find_reason(conn: sa.Connection, key_hash: str, list_id: str) -> SuppressionReason | None:
    """Return the strictest reason that stands against a hashed address on a list, or None."""
    reasons = [each.reason for each in iter_standing(conn, [key_hash], list_id)]
    return max(reasons, key=STRICTNESS.__getitem__, default=None)


def hold_still(conn: sa.Connection) -> None:
    """Keep others from suppressing anybody until the transaction ends.

    What nobody has committed yet is not seen: somebody suppressed while an import brings them would have no hash. On
    SQLite there is one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("LOCK TABLE suppression IN SHARE ROW EXCLUSIVE MODE")


def is_empty(conn: sa.Connection) -> bool:
    """Tell whether nothing stands against anybody."""
    return conn.execute(sa.select(schema.suppression.c.key_hash).limit(1)).first() is None


def iter_standing(conn: sa.Connection, key_hashes: Sequence[str], list_id: str) -> Iterator[Suppression]:
    """Yield what stands against any of these hashed addresses on the list, everywhere included."""
    for each in _iter_known(conn, key_hashes):
        if each.list_id in ("", list_id):
            yield each


def iter_suppressions(conn: sa.Connection, list_id: str | None = None) -> Iterator[Suppression]:
    """Yield suppressions by hash: all, or those of one list (empty: those that stand everywhere)."""
    table = schema.suppression
    after = ("", "")
    while True:
        position = sa.tuple_(table.c.key_hash, table.c.list_id)
        query = sa.select(table).where(position > after).order_by(table.c.key_hash, table.c.list_id)
        if list_id is not None:
            query = query.where(table.c.list_id == list_id)
        rows = conn.execute(query.limit(store.CHUNK)).all()
        if not rows:
            return
        yield from map(read_suppression, rows)
        after = (rows[-1].key_hash, rows[-1].list_id)


def suppression_row(suppression: Suppression, import_id: int | None = None) -> dict[str, Any]:
    """Return the row of a suppression."""
    return {
        "key_hash": suppression.key_hash,
        "list_id": suppression.list_id,
        "reason": suppression.reason.value,
        "at": suppression.at,
        "note": suppression.note,
        "import_id": import_id,
    }


def read_suppression(row: sa.Row[Any]) -> Suppression:
    """Return the suppression that a row of the table holds."""
    return Suppression(row.key_hash, SuppressionReason(row.reason), row.at, row.list_id, row.note)


def _iter_known(conn: sa.Connection, key_hashes: Sequence[str]) -> Iterator[Suppression]:
    table = schema.suppression
    for start in range(0, len(key_hashes), store.CHUNK):
        some = table.c.key_hash.in_(key_hashes[start : start + store.CHUNK])
        yield from map(read_suppression, conn.execute(sa.select(table).where(some)))


def _place(suppression: Suppression) -> tuple[str, str]:
    return suppression.list_id, suppression.reason


def _at(key_hash: str, list_id: str) -> sa.ColumnElement[bool]:
    return (schema.suppression.c.key_hash == key_hash) & (schema.suppression.c.list_id == list_id)
