"""Lists, and joining, leaving and counting them; and the selectables that say whom an edition goes to.

Every function takes a connection and never commits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import schema, store
from subscribers.address import parse_address
from subscribers.errors import SubscribersError, Suppressed, UnknownList
from subscribers.model import (
    Consent,
    List,
    Subscriber,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from subscribers.suppression import find_reason, lift_by_opt_in, note_suppressions
from subscribers.tokens import KeyRing

UNSUBSCRIBED = SuppressionReason.UNSUBSCRIBED
_LIST_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


def create_list(conn: sa.Connection, new: List) -> List:
    """Make a list and return it with its number; raises SubscribersError if the id is taken or not an id."""
    if not _LIST_ID.match(new.id):
        raise SubscribersError(f"{new.id!r} cannot name a list: use at most 64 of a-z, 0-9, - and _, no sign first.")
    highest = conn.scalar(sa.select(sa.func.max(schema.list_.c.number)))
    made = replace(new, number=new.number or (highest or 0) + 1)
    row = {
        "id": made.id,
        "number": made.number,
        "name": made.name,
        "description": made.description,
        "double_opt_in": made.double_opt_in,
    }
    if not store.insert_missing(conn, schema.list_, row):
        raise SubscribersError(f"There is a list {made.id!r} already (or another with the number {made.number}).")
    return made


def ensure_list(conn: sa.Connection, id: str, name: str, *, double_opt_in: bool = True) -> List:
    """Return the list of that id, made now if it is new; what is known of an old one stays."""
    return find_list(conn, id) or create_list(conn, List(id, name, double_opt_in=double_opt_in))


def find_list(conn: sa.Connection, id: str) -> List | None:
    """Return the list of that id, or None."""
    return next(_lists(conn, schema.list_.c.id == id), None)


def find_list_by_number(conn: sa.Connection, number: int) -> List | None:
    """Return the list a token names by its number, or None."""
    return next(_lists(conn, schema.list_.c.number == number), None)


def get_list(conn: sa.Connection, id: str) -> List:
    """Return the list of that id; raises UnknownList, naming those there are."""
    found = find_list(conn, id)
    if found is None:
        known = ", ".join(each.id for each in iter_lists(conn)) or "none yet"
        raise UnknownList(f"There is no list {id!r}. Lists: {known}.")
    return found


def iter_lists(conn: sa.Connection) -> Iterator[List]:
    """Yield all lists in the order they were made."""
    yield from _lists(conn, sa.true())


def count_active(conn: sa.Connection, list_id: str) -> int:
    """Count the active subscriptions of a list, paused ones included."""
    table = schema.subscription
    where = (table.c.list_id == list_id) & (table.c.status == SubscriptionStatus.ACTIVE)
    return conn.scalar(sa.select(sa.func.count()).select_from(table).where(where)) or 0


def subscribe(
    conn: sa.Connection,
    address: str,
    list_id: str,
    *,
    consent: Consent,
    now: datetime,
    keys: KeyRing,
    name: str = "",
    tags: Iterable[str] = (),
    attributes: Mapping[str, object] | None = None,
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE,
) -> Subscriber:
    """Put an address on a list, keep the evidence, and return the subscriber.

    Repeating it changes nothing but adds evidence; an active subscription never becomes pending again. Raises
    BadAddress, UnknownList, and Suppressed for who has left or must not be mailed: only a confirmed double opt-in
    brings back who left by themself.
    """
    parsed = parse_address(address)
    get_list(conn, list_id)
    key_hash = keys.hash_address(parsed.key)
    if consent.is_confirmed:
        lift_by_opt_in(conn, key_hash, list_id)
    elif reason := find_reason(conn, key_hash, list_id):
        raise Suppressed(f"{parsed.written} is not put on the list {list_id}: {_WHY[reason]}.", reason)
    known = store.find_subscriber(conn, parsed.written)
    standing = None if known is None else store.find_subscription(conn, known.id, list_id)
    if standing is not None and standing.status is SubscriptionStatus.ENDED and not consent.is_confirmed:
        why = f"their subscription ended ({standing.reason}); only a new confirmed sign-up brings them back"
        raise Suppressed(f"{parsed.written} is not put on the list {list_id}: {why}.", "ended")
    subscriber_id = store.add_subscriber(conn, parsed, keys=keys, now=now, name=name, tags=tags, attributes=attributes)
    if standing is None or standing.status is not SubscriptionStatus.ACTIVE:
        store.put_subscription(conn, subscriber_id, begun(standing or Subscription(list_id, status, now), status, now))
    store.add_consent(conn, subscriber_id, list_id, consent)
    return store.get_subscriber(conn, subscriber_id)


def begun(standing: Subscription, status: SubscriptionStatus, now: datetime) -> Subscription:
    """Return a subscription as it begins, perhaps anew: what was chosen stays, but an old pause is over."""
    return replace(standing, status=status, since=now, reason="", paused_until=None)


def unsubscribe(
    conn: sa.Connection,
    subscriber_id: int,
    list_id: str,
    *,
    reason: str = UNSUBSCRIBED,
    now: datetime,
    keys: KeyRing,
) -> bool:
    """End a subscription and suppress the address on that list; tells whether anything changed, so repeating is safe.

    ``reason`` is a SuppressionReason or the reader's own words. Somebody erased or unknown changes nothing.
    """
    key = conn.scalar(sa.select(schema.subscriber.c.key).where(schema.subscriber.c.id == subscriber_id))
    if key is None:
        return False
    key_hash = keys.hash_address(key)
    why = SuppressionReason(reason) if reason in set(SuppressionReason) else UNSUBSCRIBED
    standing, before = store.find_subscription(conn, subscriber_id, list_id), find_reason(conn, key_hash, list_id)
    note_suppressions(conn, [Suppression(key_hash, why, now, list_id)], addresses={key_hash: key})
    ended = store.end_subscriptions(conn, [key_hash], list_id=list_id, reason=str(reason), now=now)
    if standing is None or standing.status is SubscriptionStatus.ENDED:
        return before is None
    # Of two that leave at the same moment, as by a double click, one has.
    return ended > 0


def set_choices(
    conn: sa.Connection,
    subscriber_id: int,
    list_id: str,
    *,
    text_only: bool | None = None,
    sections: tuple[str, ...] | None = None,
    paused_until: datetime | None = None,
) -> bool:
    """Write what a reader chose for one list; None leaves text and sections as they are, and ends a pause.

    Returns False when they have no subscription there that is pending or active.
    """
    chosen: dict[str, object] = {"paused_until": paused_until}
    if text_only is not None:
        chosen["text_only"] = text_only
    if sections is not None:
        chosen["sections"] = store.written_sections(sections)
    table = schema.subscription
    mine = (table.c.subscriber_id == subscriber_id) & (table.c.list_id == list_id)
    # One statement: whoever leaves at this moment has left.
    change = sa.update(table).where(mine, table.c.status != SubscriptionStatus.ENDED)
    return conn.execute(change.values(chosen)).rowcount > 0


def recipients(list_id: str, *, now: datetime | None = None) -> sa.Select[Any]:
    """Select whom the list's edition goes to: active, not paused, not suppressed; by subscriber id.

    Columns: ``subscriber_id, address, name, text_only, sections`` (sections: a JSON array in text, empty for all).
    ``address`` has its domain as A-labels. Paused is judged at ``now``, else at the database's own time.
    """
    person, standing = schema.subscriber, schema.subscription
    moment = sa.func.current_timestamp() if now is None else sa.literal(now, schema.UtcDateTime)
    written = sa.case((person.c.wire_address != "", person.c.wire_address), else_=schema.written_address())
    return (
        sa.select(
            standing.c.subscriber_id,
            written.label("address"),
            person.c.name,
            standing.c.text_only,
            standing.c.sections,
        )
        .join(person, person.c.id == standing.c.subscriber_id)
        .where(standing.c.list_id == list_id, standing.c.status == SubscriptionStatus.ACTIVE)
        .where(sa.or_(standing.c.paused_until.is_(None), standing.c.paused_until <= moment))
        .where(~_suppressed(list_id).exists())
        .order_by(standing.c.subscriber_id)
    )


def withdrawn_since(list_id: str, moment: datetime) -> sa.Select[Any]:
    """Select the ``subscriber_id`` of all who left the list, were suppressed on it or were erased from ``moment`` on.

    Some may be named who never were on the list: they are no recipients anyway.
    """
    person, standing, against = schema.subscriber, schema.subscription, schema.suppression
    left = sa.select(standing.c.subscriber_id).where(
        standing.c.list_id == list_id,
        # As the index says it, letter for letter: SQLite uses a partial index for a literal only.
        sa.literal_column("subscription.status <> 'active'"),
        standing.c.since >= moment,
    )
    suppressed = (
        sa.select(person.c.id)
        .select_from(person.join(against, against.c.key_hash == person.c.key_hash))
        .where(against.c.at >= moment, against.c.list_id.in_(["", list_id]))
    )
    gone = sa.select(schema.erased.c.subscriber_id).where(schema.erased.c.at >= moment)
    together = sa.union(left, suppressed, gone).subquery()
    return sa.select(together.c.subscriber_id)


def _suppressed(list_id: str) -> sa.Select[Any]:
    against = schema.suppression
    return sa.select(sa.literal(1)).where(
        against.c.key_hash == schema.subscriber.c.key_hash, against.c.list_id.in_(["", list_id])
    )


def _lists(conn: sa.Connection, where: sa.ColumnElement[bool]) -> Iterator[List]:
    for row in conn.execute(sa.select(schema.list_).where(where).order_by(schema.list_.c.number)).all():
        yield List(row.id, row.name, row.number, row.double_opt_in, row.description)


_WHY = {
    UNSUBSCRIBED: "they unsubscribed; only a new confirmed sign-up brings them back",
    SuppressionReason.BOUNCED: "mail to it came back as undeliverable",
    SuppressionReason.COMPLAINED: "they reported our mail as spam",
    SuppressionReason.MANUAL: "an operator suppressed it",
    SuppressionReason.ERASED: "they asked to be forgotten; only a new confirmed sign-up brings them back",
    SuppressionReason.IMPORTED: "an imported file says that it must not be mailed",
}
