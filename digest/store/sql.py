"""Small help for statements that SQLite and PostgreSQL both know and SQLAlchemy Core spells per dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(conn: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key exists; return whether it was inserted."""
    statement = _insert(conn, table).values(**values).on_conflict_do_nothing()
    # Unasked, SQLAlchemy forgets the count of an insert on PostgreSQL.
    return bool(conn.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1)


def put(conn: sa.Connection, table: sa.Table, key: Sequence[str], values: Mapping[str, Any]) -> None:
    """Insert a row, or overwrite the one with the same ``key`` columns."""
    rest = {name: value for name, value in values.items() if name not in key}
    conn.execute(_insert(conn, table).values(**values).on_conflict_do_update(index_elements=list(key), set_=rest))


def _insert(conn: sa.Connection, table: sa.Table) -> Any:
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)
