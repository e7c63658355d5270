"""The short way into the database for people nobody knew: a few statements for some thousand of them.

SQLite takes hundreds of rows a statement, straight from the driver, and the subscriptions are written out of the
people's own rows; PostgreSQL takes a COPY and two statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.transfer.plain import Plain

_ROWS = 500
"""How many rows one statement takes on SQLite, whose drivers allow it 32,766 values."""

_PERSON = "INSERT INTO subscriber (id, key, name, attributes, created_at, address, wire_address, import_id) VALUES "
_KNOWN = " ON CONFLICT DO NOTHING"
_TAG = "INSERT INTO subscriber_tag (subscriber_id, tag) VALUES "

_SUBSCRIPTIONS = """
    INSERT INTO subscription (list_id, subscriber_id, status, since, reason, text_only, sections, import_id,
        import_line)
    SELECT ?, id, 'active', created_at, '', 0, '', import_id, id - ? FROM subscriber WHERE id > ?
"""
_STAGE = """
    CREATE TEMPORARY TABLE import_fresh (
        id BIGINT DEFAULT nextval('{sequence}'), line INTEGER, key TEXT, address TEXT,
        name TEXT, attributes JSONB, created_at TIMESTAMPTZ) ON COMMIT DROP
"""
_COPY = "COPY import_fresh (line, key, address, name, attributes, created_at) FROM STDIN"
_PEOPLE_COPIED = """
    WITH added AS (
        INSERT INTO subscriber (id, key, address, name, attributes, created_at, wire_address, import_id)
        SELECT id, key, address, name, attributes, created_at, '', %s FROM import_fresh
        ON CONFLICT (key) DO NOTHING RETURNING id)
    DELETE FROM import_fresh WHERE id NOT IN (SELECT id FROM added) RETURNING line
"""
_SUBSCRIPTIONS_COPIED = """
    INSERT INTO subscription (list_id, subscriber_id, status, since, reason, text_only, sections, import_id,
        import_line)
    SELECT %s, id, 'active', created_at, '', FALSE, '', %s, line FROM import_fresh
"""


def add_fresh(conn: sa.Connection, plain: Plain, list_id: str, import_id: int) -> list[int]:
    """Add whoever of these is new, with their subscriptions and tags; returns the places of who was known.

    They are not written. Nothing may stand against any of these people. Inside the caller's transaction.
    """
    if not plain.lines:
        return []
    if conn.dialect.name == "postgresql":
        return _copy(conn, plain, list_id, import_id)
    return _insert(conn, plain, list_id, import_id)


def _insert(conn: sa.Connection, plain: Plain, list_id: str, import_id: int) -> list[int]:
    """Give ids by line, so that a subscription's line can be told by its id."""
    top = _highest_id(conn)
    offset = top + 1 - plain.lines[0]
    ids = [offset + line for line in plain.lines]
    columns: list[Sequence[Any]] = [ids, plain.keys, plain.names, plain.attributes, plain.joined]
    address = "''"
    if any(plain.addresses):
        columns.append(plain.addresses)
        address = "?"
    _insert_rows(conn, _PERSON, f"(?, ?, ?, ?, ?, {address}, '', {import_id:d})", _KNOWN, columns)
    added = conn.exec_driver_sql("SELECT count(*) FROM subscriber WHERE id > ?", (top,)).scalar()
    known: list[int] = []
    if added != len(ids):
        found = conn.exec_driver_sql("SELECT group_concat(id) FROM subscriber WHERE id > ?", (top,)).scalar()
        there = set(map(int, str(found).split(","))) if found else set()
        known = [place for place, each in enumerate(ids) if each not in there]
    conn.exec_driver_sql(_SUBSCRIPTIONS, (list_id, offset, top))
    _insert_rows(conn, _TAG, "(?, ?)", _KNOWN, _tags_of(plain, ids, known))
    return known


def _highest_id(conn: sa.Connection) -> int:
    """Return the highest id ever given: none is given twice, because links in old mails carry them."""
    given = "SELECT max(coalesce((SELECT max(id) FROM subscriber), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE "
    return int(conn.exec_driver_sql(given + "name = 'subscriber'), 0))").scalar() or 0)


def _insert_rows(conn: sa.Connection, start: str, marks: str, end: str, columns: Sequence[Sequence[Any]]) -> None:
    """Insert rows given by columns, hundreds a statement: half of what they cost one by one is the way in."""
    width, count = len(columns), len(columns[0])
    if not count:
        return
    values: list[Any] = [None] * (width * count)
    for place, column in enumerate(columns):
        values[place::width] = column
    whole = count - count % _ROWS
    statement = start + ", ".join([marks] * _ROWS) + end
    for place in range(0, whole * width, _ROWS * width):
        conn.exec_driver_sql(statement, tuple(values[place : place + _ROWS * width]))
    if whole < count:
        rest = start + ", ".join([marks] * (count - whole)) + end
        conn.exec_driver_sql(rest, tuple(values[whole * width :]))


def _tags_of(plain: Plain, ids: Sequence[int], known: Sequence[int]) -> tuple[list[int], list[str]]:
    left_out = set(known)
    tagged = [
        (ids[place], tag) for place, tags in enumerate(plain.tags) if tags and place not in left_out for tag in tags
    ]
    return [each[0] for each in tagged], [each[1] for each in tagged]


def _copy(conn: sa.Connection, plain: Plain, list_id: str, import_id: int) -> list[int]:
    # Looked up once, not for each row.
    sequence = conn.exec_driver_sql("SELECT pg_get_serial_sequence('subscriber', 'id')").scalar()
    conn.exec_driver_sql(_STAGE.format(sequence=sequence))
    _copy_rows(conn, _COPY, (list(map(str, plain.lines)), *plain[1:6]))
    lines = set(conn.exec_driver_sql(_PEOPLE_COPIED, (import_id,)).scalars())
    known = [place for place, line in enumerate(plain.lines) if line in lines] if lines else []
    conn.exec_driver_sql(_SUBSCRIPTIONS_COPIED, (list_id, import_id))
    if any(plain.tags):
        ids = dict(conn.exec_driver_sql("SELECT line, id FROM import_fresh").tuples().all())
        people, tags = _tags_of(plain, [ids.get(line, 0) for line in plain.lines], known)
        _copy_rows(conn, "COPY subscriber_tag (subscriber_id, tag) FROM STDIN", (list(map(str, people)), tags))
    conn.exec_driver_sql("DROP TABLE import_fresh")
    return known


def _copy_rows(conn: sa.Connection, statement: str, columns: Sequence[Sequence[str]]) -> None:
    """Hand rows given by columns to COPY as one text; what its format has signs for is escaped."""
    if not columns[0]:
        return
    text = "\n".join(map("\t".join, zip(*columns, strict=True)))
    rows, width = len(columns[0]), len(columns)
    if text.count("\t") == rows * (width - 1) and text.count("\n") == rows - 1 and "\r" not in text:
        text = text.replace("\\", "\\\\")
    else:
        text = "\n".join("\t".join(map(_escaped, row)) for row in zip(*columns, strict=True))
    connection: Any = conn.connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(f"{text}\n")


def _escaped(cell: str) -> str:
    for sign, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        cell = cell.replace(sign, written)
    return cell
