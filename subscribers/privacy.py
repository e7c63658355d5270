"""Show one person all that is known of them, and forget them so that only a keyed hash is left."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from subscribers import schema, store
from subscribers.address import parse_address
from subscribers.model import Suppression, SuppressionReason
from subscribers.suppression import suppress_hashes
from subscribers.tokens import KeyRing


def show(conn: sa.Connection, address: str, *, keys: KeyRing) -> dict[str, Any] | None:
    """Return all that is known of an address as plain values, or None when nothing is; raises BadAddress.

    Times are ISO 8601 in UTC. ``suppressions`` are found through the hash, also after an erasure.
    """
    parsed = parse_address(address)
    known = store.find_subscriber(conn, address)
    key_hash = keys.hash_address(parsed.key)
    suppressions = _standing_anywhere(conn, key_hash)
    if known is None:
        return {"address": parsed.written, "suppressions": suppressions} if suppressions else None
    return {
        "address": known.address,
        "name": known.name,
        "created_at": _written(known.created_at),
        "tags": list(known.tags),
        "attributes": dict(known.attributes),
        "subscriptions": [_plain(each) for each in known.subscriptions],
        "consents": [{"list": list_id} | _plain(each) for list_id, each in store.iter_consents(conn, known.id)],
        "suppressions": suppressions,
    }


def forget(conn: sa.Connection, address: str, *, now: datetime, keys: KeyRing) -> bool:
    """Erase a person: their rows go, and the hash of their address keeps them from being imported or mailed again.

    Only their own, confirmed sign-up brings them back. Works for an address nobody has; tells whether anything was
    known. What other packages keep about the subscriber's id is theirs to erase. Raises BadAddress.
    """
    key = parse_address(address).key
    key_hash = keys.hash_address(key)
    subscriber_id = conn.scalar(sa.select(schema.subscriber.c.id).where(schema.subscriber.c.key == key))
    erased = Suppression(key_hash, SuppressionReason.ERASED, now)
    suppress_hashes(conn, [erased], now=now, addresses={key_hash: key})
    # A note may hold the person's own words.
    conn.execute(sa.update(schema.suppression).where(schema.suppression.c.key_hash == key_hash).values(note=""))
    if subscriber_id is None:
        return False
    store.delete_people(conn, [subscriber_id])
    store.insert_missing(conn, schema.erased, {"subscriber_id": subscriber_id, "at": now})
    return True


def _standing_anywhere(conn: sa.Connection, key_hash: str) -> list[dict[str, Any]]:
    table = schema.suppression
    rows = conn.execute(sa.select(table).where(table.c.key_hash == key_hash).order_by(table.c.list_id))
    return [{"list": row.list_id, "reason": row.reason, "at": _written(row.at), "note": row.note} for row in rows]


def _plain(value: Any) -> dict[str, Any]:
    return {name: _plain_value(each) for name, each in asdict(value).items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return _written(value)
    if isinstance(value, StrEnum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
