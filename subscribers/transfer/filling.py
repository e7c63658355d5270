"""Note what an import fills in of people who were here before, and take it out again when the import is undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import NamedTuple

import sqlalchemy as sa

from subscribers import schema, store

_NAME, _ATTRIBUTE, _TAG = "name", "attribute", "tag"
_CHUNK = 500
"""How many people are asked for in one statement: SQLite takes some thousand parameters."""


class Filling(NamedTuple):
    """A person who was here, as the database has them, and what a file says of them."""

    subscriber_id: int
    had_name: str
    had: Mapping[str, object]
    name: str
    attributes: Mapping[str, object]
    tags: Sequence[str]


def note_filled(conn: sa.Connection, import_id: int, people: Sequence[Filling]) -> None:
    """Note what is new of what a file says: to be called before it is written."""
    tagged = _tags_of(conn, [each.subscriber_id for each in people if each.tags])
    rows = [
        {"subscriber_id": each.subscriber_id, "import_id": import_id, "field": field, "value": value}
        for each in people
        for field, value in _new(each, tagged)
    ]
    store.insert_all_missing(conn, schema.import_filled, rows)


def empty_filled(conn: sa.Connection, import_id: int) -> None:
    """Take out of people what an import filled in, and forget that it did."""
    filled, person, tag = schema.import_filled, schema.subscriber, schema.subscriber_tag
    of_import = filled.c.import_id == import_id
    named = sa.select(filled.c.subscriber_id).where(of_import, filled.c.field == _NAME)
    conn.execute(sa.update(person).where(person.c.id.in_(named)).values(name=""))
    same = (filled.c.subscriber_id == tag.c.subscriber_id) & (filled.c.value == tag.c.tag)
    conn.execute(sa.delete(tag).where(sa.exists().where(of_import, filled.c.field == _TAG, same)))
    attributes = sa.select(filled.c.subscriber_id, filled.c.value).where(of_import, filled.c.field == _ATTRIBUTE)
    found = conn.execute(attributes.order_by(filled.c.subscriber_id)).all()
    for subscriber_id, names in groupby(found, key=lambda row: row.subscriber_id):
        _drop_attributes(conn, subscriber_id, {row.value for row in names})
    conn.execute(sa.delete(filled).where(of_import))


def _new(person: Filling, tagged: set[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    if person.name and not person.had_name:
        yield _NAME, ""
    yield from ((_ATTRIBUTE, name) for name in person.attributes if name not in person.had)
    yield from ((_TAG, tag) for tag in person.tags if (person.subscriber_id, tag) not in tagged)


def _tags_of(conn: sa.Connection, ids: Iterable[int]) -> set[tuple[int, str]]:
    table, several, found = schema.subscriber_tag, iter(ids), set[tuple[int, str]]()
    while some := list(islice(several, _CHUNK)):
        rows = conn.execute(sa.select(table.c.subscriber_id, table.c.tag).where(table.c.subscriber_id.in_(some)))
        found.update((row.subscriber_id, row.tag) for row in rows)
    return found


def _drop_attributes(conn: sa.Connection, subscriber_id: int, names: set[str]) -> None:
    person = schema.subscriber
    mine = person.c.id == subscriber_id
    had = conn.scalar(sa.select(person.c.attributes).where(mine)) or {}
    conn.execute(
        sa.update(person).where(mine).values(attributes={name: had[name] for name in had if name not in names})
    )
