"""Change many subscribers at once, in a few statements that the database works through by itself.

Who pauses is on the list like everybody else, and is tagged and moved with them.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from subscribers import rules, schema
from subscribers.errors import SubscribersError
from subscribers.lists import get_list
from subscribers.model import ConsentHow, SubscriptionStatus
from subscribers.segments import give_room, segment_members

MAX_TAG = 100

_MOVED = "moved to "
"""How the reason of a subscription begins that a move ended."""

_CHOSEN = ["status", "since", "reason", "text_only", "sections", "paused_until"]
_Insert = postgresql.Insert | sqlite.Insert


def add_tag(conn: sa.Connection, tag: str, list_id: str, rule: rules.Rule | None, *, now: datetime) -> int:
    """Tag everybody of a list whom the rule picks; returns how many had not been tagged so. Raises UnknownList."""
    tag = _checked(tag)
    get_list(conn, list_id)
    members = _members(conn, list_id, rule, now)
    rows = sa.select(members.c.subscriber_id, sa.literal(tag))
    return _insert_missing(conn, schema.subscriber_tag, ["subscriber_id", "tag"], rows)


def remove_tag(conn: sa.Connection, tag: str, list_id: str, rule: rules.Rule | None, *, now: datetime) -> int:
    """Take a tag from everybody of a list whom the rule picks; returns how many had it. Raises UnknownList."""
    get_list(conn, list_id)
    members = _members(conn, list_id, rule, now)
    table = schema.subscriber_tag
    mine = table.c.subscriber_id.in_(sa.select(members.c.subscriber_id))
    return conn.execute(sa.delete(table).where(table.c.tag == tag, mine)).rowcount


def move_members(
    conn: sa.Connection, list_id: str, to: str, rule: rules.Rule | None, *, now: datetime
) -> tuple[int, int]:
    """Move whom the rule picks to another list; returns how many left the first and how many joined the second.

    What they chose goes with them, a pause too. Fewer join than leave: some are there already, and who left the second
    list, or must not be mailed on it, is not brought back. Their leaving is no suppression, and a move back takes it
    back; who waits there for a confirmation has joined.

    Raises UnknownList, and SubscribersError when both are one list.
    """
    for each in (list_id, to):
        get_list(conn, each)
    if list_id == to:
        raise SubscribersError(f"People cannot be moved from the list {to!r} to itself.")
    members = _members(conn, list_id, rule, now)
    movers = _Movers(conn, members)
    joined = movers.join(list_id, to, now)
    return movers.leave(list_id, to, now), joined


class _Movers:
    """The people of one move, noted before anything changes: the rule may speak of what the move changes."""

    def __init__(self, conn: sa.Connection, members: sa.Subquery) -> None:
        self._conn = conn
        self._ids = sa.table("movers", sa.column("subscriber_id"))
        conn.exec_driver_sql("CREATE TEMPORARY TABLE movers (subscriber_id BIGINT PRIMARY KEY)")
        chosen = sa.select(members.c.subscriber_id)
        conn.execute(sa.insert(self._ids).from_select(["subscriber_id"], chosen))

    def join(self, list_id: str, to: str, now: datetime) -> int:
        """Put the movers on a list unless they are on it or left it, or something stands against them there."""
        standing, person, against = schema.subscription, schema.subscriber, schema.suppression
        stands = sa.select(sa.literal(1)).where(
            against.c.key_hash == person.c.key_hash, against.c.list_id.in_(["", to])
        )
        moved_away = (standing.c.status == SubscriptionStatus.ENDED) & standing.c.reason.startswith(_MOVED)
        waits = standing.c.status == SubscriptionStatus.PENDING
        there = sa.select(standing.c.subscriber_id).where(standing.c.list_id == to, ~moved_away, ~waits)
        free = (
            sa.select(person.c.id)
            .join(self._ids, self._ids.c.subscriber_id == person.c.id)
            .where(~stands.exists(), person.c.id.not_in(there))
        )
        moment = sa.literal(now, schema.UtcDateTime)
        evidence = sa.select(
            person.c.id,
            sa.literal(to),
            moment,
            sa.literal(ConsentHow.OPERATOR.value),
            *(sa.literal("") for _ in range(5)),
            sa.literal(f"moved from the list {list_id}"),
        ).where(person.c.id.in_(free))
        kept = ["wording", "wording_version", "form", "ip", "confirmed_ip", "provenance"]
        columns = ["subscriber_id", "list_id", "at", "how", *kept]
        self._conn.execute(sa.insert(schema.consent).from_select(columns, evidence))
        moved = sa.select(
            sa.literal(to),
            standing.c.subscriber_id,
            sa.literal(SubscriptionStatus.ACTIVE.value),
            moment,
            sa.literal(""),
            standing.c.text_only,
            standing.c.sections,
            standing.c.paused_until,
        ).where(standing.c.list_id == list_id, standing.c.subscriber_id.in_(free))
        return _put(self._conn, standing, ["list_id", "subscriber_id"], _CHOSEN, moved)

    def leave(self, list_id: str, to: str, now: datetime) -> int:
        """End the movers' subscriptions to a list, and forget the movers."""
        standing = schema.subscription
        movers = sa.select(self._ids.c.subscriber_id)
        ended = self._conn.execute(
            sa.update(standing)
            .where(standing.c.list_id == list_id, standing.c.subscriber_id.in_(movers))
            .values(status=SubscriptionStatus.ENDED.value, since=now, reason=f"{_MOVED}{to}")
        ).rowcount
        self._conn.exec_driver_sql("DROP TABLE movers")
        return ended


def _members(conn: sa.Connection, list_id: str, rule: rules.Rule | None, now: datetime) -> sa.Subquery:
    give_room(conn)
    return segment_members(list_id, rule, now=now, paused=True).subquery()


def _insert_missing(conn: sa.Connection, table: sa.Table, columns: list[str], rows: sa.Select[tuple[object]]) -> int:
    statement = _insert(conn, table, columns, rows).on_conflict_do_nothing()
    return conn.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def _put(
    conn: sa.Connection, table: sa.Table, key: list[str], others: list[str], rows: sa.Select[tuple[object]]
) -> int:
    """Insert rows, writing over those of the same key; returns how many there were."""
    statement = _insert(conn, table, key + others, rows)
    statement = statement.on_conflict_do_update(
        index_elements=key, set_={name: statement.excluded[name] for name in others}
    )
    return conn.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def _insert(conn: sa.Connection, table: sa.Table, columns: list[str], rows: sa.Select[tuple[object]]) -> _Insert:
    insert = postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)
    # SQLite cannot tell ON CONFLICT from a join's ON after a SELECT without WHERE.
    return insert.from_select(columns, rows.where(sa.true()))


def _checked(tag: str) -> str:
    tag = tag.strip()
    if not tag or len(tag) > MAX_TAG or not tag.isprintable():
        raise SubscribersError(f"{tag!r} is no tag: write 1 to {MAX_TAG} letters, without line ends.")
    return tag
