"""The database's side of an import: rows lie in a temporary table and are judged and written for all together."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from subscribers import schema, store
from subscribers.model import Consent, SubscriptionStatus

_CHUNK = 10_000


class Staged(NamedTuple):
    """One row as it lies in the temporary table, moments as the database keeps them, flags as 0 or 1.

    ``may_be_new`` is 0 for who is not taken in unless they are here already; ``is_evidence`` is 1 where the
    subscription itself says all that is known of the consent.
    """

    place: int
    line: int
    key: str
    address: str
    wire_address: str
    name: str
    attributes: str
    created_at: str
    status: str
    since: str
    reason: str
    may_be_new: int
    is_evidence: int


_stage = sa.Table(
    "import_stage",
    sa.MetaData(),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Integer),
    *(sa.Column(name, sa.Text) for name in ("key", "address", "wire_address", "name")),
    sa.Column("attributes", schema.Json),
    sa.Column("created_at", schema.UtcDateTime),
    sa.Column("status", sa.Text),
    sa.Column("since", schema.UtcDateTime),
    sa.Column("reason", sa.Text),
    sa.Column("may_be_new", sa.Integer),
    sa.Column("is_evidence", sa.Integer),
    prefixes=["TEMPORARY"],
)
_MOMENTS = [place for place, name in enumerate(Staged._fields) if name in ("created_at", "since")]


_PLAIN = """
    INSERT INTO import_stage (place, line, key, address, name, attributes, created_at, wire_address, status, since,
        reason, may_be_new, is_evidence)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', 'active', ?7, '', 1, 1)
"""


class Stage:
    """The temporary table of one batch, inside the caller's transaction; ``close`` takes it away."""

    def __init__(self, conn: sa.Connection, list_id: str, import_id: int | None) -> None:
        self._conn, self._list_id, self._import_id = conn, list_id, import_id
        _stage.create(conn)

    def close(self) -> None:
        """Drop the table."""
        _stage.drop(self._conn)

    def fill(self, rows: Sequence[Staged]) -> None:
        """Put the rows down, by COPY where there is one."""
        if not rows:
            return
        names = ", ".join(Staged._fields)
        if self._conn.dialect.name == "postgresql":
            _copy(self._conn, f"COPY import_stage ({names}) FROM STDIN (FORMAT csv)", rows)
            self._conn.exec_driver_sql("ANALYZE import_stage")
        else:
            marks = ", ".join("?" * len(Staged._fields))
            # Straight to the driver, without a step for each value. The names are ours.
            statement = f"INSERT INTO import_stage ({names}) VALUES ({marks})"  # noqa: S608
            self._conn.exec_driver_sql(statement, list[Any](rows))

    def fill_plain(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put down rows of somebody active: place, line, key, address, name, attributes, joining."""
        if not rows:
            return
        if self._conn.dialect.name == "postgresql":
            self.fill([_in_full(row) for row in rows])
        else:
            self._conn.exec_driver_sql(_PLAIN, list(rows))

    def drop(self, places: Collection[int]) -> None:
        """Take rows out: nothing more is written for them."""
        for some in _chunks(places):
            self._conn.execute(sa.delete(_stage).where(_stage.c.place.in_(some)))

    def keep_unknown(self, places: Collection[int]) -> None:
        """Do not take in whoever of these is not here already."""
        for some in _chunks(places):
            self._conn.execute(sa.update(_stage).where(_stage.c.place.in_(some)).values(may_be_new=0))

    def add_people(self) -> int:
        """Insert who is new, in the order of the file, and return the highest id given before."""
        person = schema.subscriber
        top = self._conn.scalar(sa.select(sa.func.max(person.c.id))) or 0
        names = ["key", "address", "wire_address", "name", "attributes", "created_at"]
        rows = sa.select(*(_stage.c[name] for name in names), sa.literal(self._import_id)).where(
            _stage.c.may_be_new == 1
        )
        self._insert(person, [*names, "import_id"], rows.order_by(_stage.c.place))
        return top

    def known(self, top: int | None) -> Sequence[sa.Row[Any]]:
        """Return place, id, name, attributes and standing of who was here before, that is with an id up to ``top``."""
        person, standing = schema.subscriber, schema.subscription
        here = (standing.c.subscriber_id == person.c.id) & (standing.c.list_id == self._list_id)
        query = (
            sa.select(
                _stage.c.place,
                person.c.id,
                person.c.name,
                person.c.attributes,
                standing.c.status,
                standing.c.import_id,
            )
            .select_from(_stage)
            .join(person, person.c.key == _stage.c.key)
            .join(standing, here, isouter=True)
        )
        return self._conn.execute(query if top is None else query.where(person.c.id <= top)).all()

    def add_subscriptions(self) -> None:
        """Insert the subscriptions nobody had yet."""
        person = schema.subscriber
        is_evidence = _stage.c.is_evidence == 1
        values = {
            "list_id": sa.literal(self._list_id),
            "subscriber_id": person.c.id,
            "status": _stage.c.status,
            "since": _stage.c.since,
            "reason": _stage.c.reason,
            "text_only": sa.false(),
            "sections": sa.literal(""),
            "import_id": sa.literal(self._import_id),
            "import_line": sa.case((is_evidence, _stage.c.line)),
            "imported_at": sa.case((is_evidence, _stage.c.created_at)),
        }
        rows = sa.select(*values.values()).select_from(_stage).join(person, person.c.key == _stage.c.key)
        self._insert(schema.subscription, list(values), rows.where(sa.true()).order_by(_stage.c.place))

    def add_tags(self, tags: Sequence[tuple[int, str]]) -> None:
        """Tag who is here, given as pairs of place and tag."""
        ids = self._ids({place for place, _tag in tags})
        store.add_tags(self._conn, [(ids[place], tag) for place, tag in tags if place in ids])

    def add_consents(self, consents: Mapping[int, Consent]) -> None:
        """Keep the evidence that says more than a subscription can."""
        ids = self._ids(consents.keys())
        rows = [
            store.consent_row(ids[place], self._list_id, consent, self._import_id)
            for place, consent in consents.items()
        ]
        store.insert_all_missing(self._conn, schema.consent, rows)

    def _ids(self, places: Collection[int]) -> dict[int, int]:
        person, ids = schema.subscriber, dict[int, int]()
        for some in _chunks(places):
            query = sa.select(_stage.c.place, person.c.id).join(person, person.c.key == _stage.c.key)
            ids.update((row.place, row.id) for row in self._conn.execute(query.where(_stage.c.place.in_(some))))
        return ids

    def _insert(self, table: sa.Table, names: list[str], rows: sa.Select[Any]) -> None:
        insert = postgresql.insert(table) if self._conn.dialect.name == "postgresql" else sqlite.insert(table)
        self._conn.execute(insert.from_select(names, rows, include_defaults=False).on_conflict_do_nothing())


def _in_full(row: tuple[Any, ...]) -> Staged:
    place, line, key, address, name, attributes, joined = row
    active = SubscriptionStatus.ACTIVE.value
    return Staged(place, line, key, address, "", name, attributes, joined, active, joined, "", 1, 1)


def _copy(conn: sa.Connection, statement: str, rows: Sequence[Staged]) -> None:
    text = io.StringIO()
    # Every cell in quotes: an empty one without is NULL to PostgreSQL.
    out = csv.writer(text, quoting=csv.QUOTE_ALL)
    for row in rows:
        cells: list[Any] = list(row)
        for place in _MOMENTS:
            cells[place] += "+00"
        out.writerow(cells)
    connection: Any = conn.connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getvalue())


def _chunks(places: Collection[int]) -> Iterator[list[int]]:
    several = iter(sorted(places))
    while some := list(islice(several, _CHUNK)):
        yield some
