"""Read and write people's rows; gives and takes model values and never commits.

Rules about who may be mailed stand in the modules above this one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from subscribers import schema, written
from subscribers.address import Address, parse_address
from subscribers.errors import DatabaseError, UnknownSubscriber
from subscribers.model import Consent, ConsentHow, Subscriber, Subscription, SubscriptionStatus
from subscribers.tokens import KeyRing

CHUNK = 1000
"""How many subscribers are read at a time: a stream over a million stays small in memory."""


def has_keys(conn: sa.Connection) -> bool:
    """Tell whether a key ring has been used with this database before."""
    return bool(conn.scalar(sa.select(sa.literal(1)).where(schema.setting.c.name == "suppression_key")))


def check_keys(conn: sa.Connection, keys: KeyRing) -> None:
    """Make sure that the database's hashes were made with this key ring's suppression key; may be run at each start.

    The first call notes the key's fingerprint. Raises DatabaseError when another key is used later: suppressed
    addresses would no longer be recognised and people who left would be mailed.
    """
    insert_missing(conn, schema.setting, {"name": "suppression_key", "value": keys.fingerprint})
    noted = conn.scalar(sa.select(schema.setting.c.value).where(schema.setting.c.name == "suppression_key"))
    if noted != keys.fingerprint:
        raise DatabaseError(
            f"The secret's suppression key ({keys.fingerprint}) is not the one this database was made with ({noted}): "
            "who must not be mailed could not be recognised. Put the first secret back; nothing was changed."
        )


def insert_missing(conn: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is there already; tells whether it is new."""
    # Without this option an INSERT's count is lost as soon as the driver's cursor is closed.
    return conn.execute(_insert_missing(conn, table), row, execution_options={"preserve_rowcount": True}).rowcount > 0


def insert_all_missing(conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the same columns, leaving those alone whose key is there already.

    Goes straight to the driver: for a hundred thousand rows the usual way spends half its time on parameters.
    """
    if not rows:
        return
    names = list(rows[0])
    statement = _insert_missing(conn, table).compile(dialect=conn.dialect, column_keys=names)
    order = statement.positiontup or names
    steps = [(name, _processor(table.c[name], conn.dialect)) for name in order]
    columns = ([row[name] for row in rows] for name, _ in steps)
    processed = [
        list(map(process, column)) if process else column for (_, process), column in zip(steps, columns, strict=True)
    ]
    values = zip(*processed, strict=True)
    if statement.positional:
        conn.exec_driver_sql(str(statement), list(values))
    else:
        conn.exec_driver_sql(str(statement), [dict(zip(order, each, strict=True)) for each in values])


def _processor(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """Return what turns a value into what the driver takes, or None; moments on SQLite by a shorter way."""
    if dialect.name == "sqlite" and isinstance(column.type, schema.UtcDateTime):
        return _written_or_none
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _written_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else written.moment(moment)


def _insert_missing(conn: sa.Connection, table: sa.Table) -> sa.Insert:
    if conn.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def find_subscriber(conn: sa.Connection, address: str) -> Subscriber | None:
    """Return who has this address, in any spelling of it; raises BadAddress when it is none."""
    return _find(conn, schema.subscriber.c.key == parse_address(address).key)


def get_subscriber(conn: sa.Connection, subscriber_id: int) -> Subscriber:
    """Return the subscriber of that id; raises UnknownSubscriber (perhaps erased)."""
    found = _find(conn, schema.subscriber.c.id == subscriber_id)
    if found is None:
        raise UnknownSubscriber(f"There is no subscriber {subscriber_id}.")
    return found


def iter_subscribers(
    conn: sa.Connection, list_id: str | None = None, status: SubscriptionStatus | None = None
) -> Iterator[Subscriber]:
    """Yield subscribers by id: all, or those with a subscription on the list and of the status asked for.

    Streams; each comes with all of their subscriptions, not just the one that was asked for.
    """
    for people in _iter_chunks(conn, list_id, status):
        yield from people


def iter_with_evidence(
    conn: sa.Connection, list_id: str | None = None
) -> Iterator[list[tuple[Subscriber, list[tuple[str, Consent]]]]]:
    """Yield subscribers by id, some at a time: all, or who has a subscription on the list, each with their evidence.

    Of each person as ``iter_consents`` tells it, but with a few statements for all that come together.
    """
    for people in _iter_chunks(conn, list_id, None):
        evidence = _evidence(conn, [person.id for person in people])
        yield [(person, evidence[person.id]) for person in people]


def _iter_chunks(
    conn: sa.Connection, list_id: str | None, status: SubscriptionStatus | None
) -> Iterator[list[Subscriber]]:
    table, after = schema.subscriber, 0
    standing = schema.subscription
    wanted = sa.select(sa.literal(1)).where(
        standing.c.subscriber_id == table.c.id,
        schema.on_any_list() if list_id is None else standing.c.list_id == list_id,
    )
    if status is not None:
        wanted = wanted.where(standing.c.status == status)
    while True:
        query = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(CHUNK)
        if list_id is not None or status is not None:
            query = query.where(wanted.exists())
        rows = conn.execute(query).all()
        if not rows:
            return
        yield _assembled(conn, rows)
        after = rows[-1].id


def add_subscriber(
    conn: sa.Connection,
    address: Address,
    *,
    keys: KeyRing,
    now: datetime,
    name: str = "",
    tags: Iterable[str] = (),
    attributes: Mapping[str, object] | None = None,
) -> int:
    """Make sure that the address has a subscriber and return its id.

    Somebody known keeps their name and attributes; what was missing is filled in, and tags are added.
    """
    row = subscriber_row(address, keys=keys, now=now, name=name, attributes=attributes)
    insert_missing(conn, schema.subscriber, row)
    query = sa.select(schema.subscriber.c.id, schema.subscriber.c.name, schema.subscriber.c.attributes)
    known = conn.execute(query.where(schema.subscriber.c.key == address.key)).one()
    complete_subscriber(conn, known, name, attributes or {})
    add_tags(conn, [(known.id, tag) for tag in tags])
    return int(known.id)


def subscriber_row(
    address: Address,
    *,
    keys: KeyRing,
    now: datetime,
    name: str = "",
    attributes: Mapping[str, object] | None = None,
    import_id: int | None = None,
) -> dict[str, Any]:
    """Return the row of a new subscriber."""
    return {
        "key": address.key,
        "address": "" if address.written == address.key else address.written,
        "wire_address": "" if address.wire == address.written else address.wire,
        "key_hash": keys.hash_address(address.key),
        "name": name,
        "attributes": dict(attributes or {}),
        "created_at": now,
        "import_id": import_id,
    }


def complete_subscriber(conn: sa.Connection, known: sa.Row[Any], name: str, attributes: Mapping[str, object]) -> bool:
    """Fill in a known subscriber's empty name and missing attributes; tells whether anything changed.

    ``known`` is a row with ``id``, ``name`` and ``attributes``.
    """
    merged = {**attributes, **known.attributes}
    if (known.name or not name) and merged == known.attributes:
        return False
    change = sa.update(schema.subscriber).where(schema.subscriber.c.id == known.id)
    conn.execute(change.values(name=known.name or name, attributes=merged))
    return True


def add_tags(conn: sa.Connection, tags: Sequence[tuple[int, str]]) -> None:
    """Tag subscribers, given as pairs of id and tag; a tag that is there already stays."""
    rows = [{"subscriber_id": subscriber_id, "tag": tag} for subscriber_id, tag in tags]
    insert_all_missing(conn, schema.subscriber_tag, rows)


def delete_people(conn: sa.Connection, ids: Sequence[int]) -> None:
    """Delete subscribers and all that hangs on them."""
    standing = schema.subscription
    conn.execute(sa.delete(standing).where(schema.on_any_list(), standing.c.subscriber_id.in_(ids)))
    conn.execute(sa.delete(schema.subscriber).where(schema.subscriber.c.id.in_(ids)))


def add_consent(conn: sa.Connection, subscriber_id: int, list_id: str, consent: Consent) -> int:
    """Keep a piece of evidence and return its id, which a confirmation link carries."""
    row = consent_row(subscriber_id, list_id, consent)
    result = conn.execute(sa.insert(schema.consent).returning(schema.consent.c.id), row)
    return int(result.scalar_one())


def consent_row(subscriber_id: int, list_id: str, consent: Consent, import_id: int | None = None) -> dict[str, Any]:
    """Return the row of a piece of evidence."""
    return {
        "subscriber_id": subscriber_id,
        "list_id": list_id,
        "at": consent.at,
        "how": consent.how,
        "wording": consent.wording,
        "wording_version": consent.wording_version,
        "form": consent.form,
        "ip": consent.ip,
        "confirmed_at": consent.confirmed_at,
        "confirmed_ip": consent.confirmed_ip,
        "provenance": consent.provenance,
        "import_id": import_id,
    }


def iter_consents(conn: sa.Connection, subscriber_id: int) -> Iterator[tuple[str, Consent]]:
    """Yield the evidence kept about a subscriber, oldest first, each with the id of its list."""
    yield from _evidence(conn, [subscriber_id])[subscriber_id]


def _evidence(conn: sa.Connection, ids: Sequence[int]) -> dict[int, list[tuple[str, Consent]]]:
    """Return the evidence kept about each of some subscribers, oldest first."""
    found: dict[int, list[tuple[str, Consent]]] = {subscriber_id: [] for subscriber_id in ids}
    for subscriber_id, list_id, consent in _imported_evidence(conn, ids):
        found[subscriber_id].append((list_id, consent))
    table = schema.consent
    for row in conn.execute(sa.select(table).where(table.c.subscriber_id.in_(ids)).order_by(table.c.id)):
        found[row.subscriber_id].append((row.list_id, read_consent(row)))
    for evidence in found.values():
        evidence.sort(key=lambda each: each[1].at)
    return found


def _imported_evidence(conn: sa.Connection, ids: Sequence[int]) -> Iterator[tuple[int, str, Consent]]:
    """Yield the evidence of plain imported rows, which stands in the subscription and is written out only here."""
    standing, run, person = schema.subscription, schema.import_run, schema.subscriber
    at = sa.func.coalesce(standing.c.imported_at, person.c.created_at, type_=schema.UtcDateTime())
    query = (
        sa.select(
            standing.c.subscriber_id,
            standing.c.list_id,
            at.label("at"),
            standing.c.import_line,
            run.c.file_name,
            run.c.format,
        )
        .join(run, run.c.id == standing.c.import_id)
        .join(person, person.c.id == standing.c.subscriber_id)
        .where(schema.on_any_list(), standing.c.subscriber_id.in_(ids), standing.c.import_line.is_not(None))
        .order_by(standing.c.list_id)
    )
    for row in conn.execute(query):
        provenance = import_provenance(row.file_name, row.format, row.import_line)
        yield row.subscriber_id, row.list_id, Consent(row.at, ConsentHow.IMPORTED, provenance=provenance)


def import_provenance(file_name: str, shape: str, line: int) -> str:
    """Say where in which file an imported subscription stood."""
    return f"{file_name} ({shape}), line {line}"


def read_consent(row: sa.Row[Any]) -> Consent:
    """Return the evidence that a row of the table holds."""
    return Consent(
        at=row.at,
        how=row.how,
        wording=row.wording,
        wording_version=row.wording_version,
        form=row.form,
        ip=row.ip,
        confirmed_at=row.confirmed_at,
        confirmed_ip=row.confirmed_ip,
        provenance=row.provenance,
    )


def brought_by(conn: sa.Connection, import_id: int, list_id: str, addresses: Sequence[str]) -> set[str]:
    """Return those of some addresses' keys whose subscription one import brought."""
    person, standing = schema.subscriber, schema.subscription
    here = (standing.c.list_id == list_id) & (standing.c.import_id == import_id)
    found: set[str] = set()
    for start in range(0, len(addresses), CHUNK):
        some = sa.select(person.c.id, person.c.key).where(person.c.key.in_(addresses[start : start + CHUNK]))
        keys = {row.id: row.key for row in conn.execute(some)}
        brought = conn.scalars(sa.select(standing.c.subscriber_id).where(here, standing.c.subscriber_id.in_(keys)))
        found.update(keys[each] for each in brought)
    return found


def unconfirm(conn: sa.Connection, ids: Sequence[int], list_id: str, import_id: int, *, now: datetime) -> None:
    """Let subscriptions that one import brought as active wait for a confirmation, as its file says elsewhere."""
    table = schema.subscription
    mine = (table.c.list_id == list_id) & table.c.subscriber_id.in_(ids) & (table.c.import_id == import_id)
    if ids:
        change = sa.update(table).where(mine, table.c.status == SubscriptionStatus.ACTIVE)
        conn.execute(change.values(status=SubscriptionStatus.PENDING.value, since=now))


def find_subscription(conn: sa.Connection, subscriber_id: int, list_id: str) -> Subscription | None:
    """Return how the subscriber stands to the list, or None if they never joined it."""
    table = schema.subscription
    query = sa.select(table).where(table.c.subscriber_id == subscriber_id, table.c.list_id == list_id)
    row = conn.execute(query).first()
    return None if row is None else read_subscription(row)


def put_subscription(conn: sa.Connection, subscriber_id: int, subscription: Subscription) -> None:
    """Write how the subscriber stands to one list, whether or not they stood to it before."""
    table = schema.subscription
    row = subscription_row(subscriber_id, subscription)
    if not insert_missing(conn, table, row):
        at = (table.c.subscriber_id == subscriber_id) & (table.c.list_id == subscription.list_id)
        del row["import_id"]
        conn.execute(sa.update(table).where(at).values(row))


def subscription_row(subscriber_id: int, subscription: Subscription, import_id: int | None = None) -> dict[str, Any]:
    """Return the row of a subscription."""
    return {
        "list_id": subscription.list_id,
        "subscriber_id": subscriber_id,
        "status": subscription.status.value,
        "since": subscription.since,
        "reason": subscription.reason,
        "text_only": subscription.text_only,
        "sections": written_sections(subscription.sections),
        "paused_until": subscription.paused_until,
        "import_id": import_id,
    }


def written_sections(sections: tuple[str, ...]) -> str:
    """Return chosen sections as the table keeps them: JSON, or nothing for all."""
    return json.dumps(sections, ensure_ascii=False) if sections else ""


def read_subscription(row: sa.Row[Any]) -> Subscription:
    """Return the subscription that a row of the table holds."""
    return Subscription(
        list_id=row.list_id,
        status=SubscriptionStatus(row.status),
        since=row.since,
        reason=row.reason,
        text_only=row.text_only,
        sections=tuple(json.loads(row.sections)) if row.sections else (),
        paused_until=row.paused_until,
    )


def end_subscriptions(
    conn: sa.Connection, key_hashes: Sequence[str], *, list_id: str, reason: str, now: datetime
) -> int:
    """End what the people of these hashed addresses have on a list, or on all when it is empty; returns how many."""
    table = schema.subscription
    people = sa.select(schema.subscriber.c.id).where(schema.subscriber.c.key_hash.in_(key_hashes))
    change = sa.update(table).where(table.c.subscriber_id.in_(people), table.c.status != SubscriptionStatus.ENDED)
    change = change.where(table.c.list_id == list_id if list_id else schema.on_any_list())
    return conn.execute(change.values(status=SubscriptionStatus.ENDED.value, since=now, reason=reason)).rowcount


def note_hashes(conn: sa.Connection, keys_by_hash: Mapping[str, str]) -> None:
    """Write the hashes of addresses to the subscribers who have them, so that what stands against them is seen."""
    person = schema.subscriber
    change = sa.update(person).where(person.c.key == sa.bindparam("its_key"), person.c.key_hash.is_(None))
    rows = [{"its_key": key, "its_hash": key_hash} for key_hash, key in keys_by_hash.items()]
    if rows:
        conn.execute(change.values(key_hash=sa.bindparam("its_hash")), rows)


def note_all_hashes(conn: sa.Connection, keys: KeyRing) -> None:
    """Write the hashes of all who have none: before hashes come in of which nobody knows the addresses."""
    person = schema.subscriber
    query = sa.select(person.c.id, person.c.key).where(person.c.key_hash.is_(None)).order_by(person.c.id).limit(CHUNK)
    change = sa.update(person).where(person.c.id == sa.bindparam("its_id")).values(key_hash=sa.bindparam("its_hash"))
    after = 0
    while rows := conn.execute(query.where(person.c.id > after)).all():
        hashes = keys.hash_addresses(row.key for row in rows)
        changes = [{"its_id": row.id, "its_hash": key_hash} for row, key_hash in zip(rows, hashes, strict=True)]
        conn.execute(change, changes)
        after = rows[-1].id


def _find(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> Subscriber | None:
    rows = conn.execute(sa.select(schema.subscriber).where(condition)).all()
    return next(iter(_assembled(conn, rows)), None)


def _assembled(conn: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Subscriber]:
    """Join subscribers' rows, given by id, with their tags and subscriptions: two statements for all of them."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    tag, subscription = schema.subscriber_tag, schema.subscription
    tags: dict[int, list[str]] = {subscriber_id: [] for subscriber_id in ids}
    for row in conn.execute(sa.select(tag).where(tag.c.subscriber_id.in_(ids))):
        tags[row.subscriber_id].append(row.tag)
    subscriptions: dict[int, list[Subscription]] = {subscriber_id: [] for subscriber_id in ids}
    mine = schema.on_any_list() & subscription.c.subscriber_id.in_(ids)
    for row in conn.execute(sa.select(subscription).where(mine)):
        subscriptions[row.subscriber_id].append(read_subscription(row))
    return [_subscriber(row, tags[row.id], subscriptions[row.id]) for row in rows]


def _subscriber(row: sa.Row[Any], tags: Iterable[str], subscriptions: Iterable[Subscription]) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=row.address or row.key,
        key=row.key,
        name=row.name,
        tags=tuple(sorted(tags)),
        attributes=row.attributes,
        created_at=row.created_at,
        subscriptions=tuple(sorted(subscriptions, key=lambda subscription: subscription.list_id)),
    )
