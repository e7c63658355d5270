"""The histories of the database: complete, run by several at once, and refused when unknown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import subscribers
from digest import store
from digest.errors import StoreError
from digest.store import ledger_schema, schema


# SQLite cannot tell an index of an expression; PostgreSQL does, and is asked too.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection", "ignore:autogenerate skipping metadata")
def test_the_history_makes_the_tables_the_program_uses(engine: sa.Engine) -> None:
    ours = set(schema.metadata.tables)
    with engine.connect() as conn:
        context = MigrationContext.configure(
            conn,
            opts={
                "version_table": store.VERSION_TABLE,
                "include_object": lambda thing, name, kind, reflected, other: kind != "table" or name in ours,
            },
        )
        differences = compare_metadata(context, schema.metadata)

    assert differences == [], "write the difference into digest/store/migrations"


def test_the_history_makes_final_states_final_as_the_ledger_wants_it(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    plain = subscribers.open_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    with subscribers.writing(plain) as conn:
        ledger_schema.create(conn)

    assert _ledger_of(sqlite_engine) == _ledger_of(plain)
    plain.dispose()


def test_an_upgraded_database_may_be_used_and_upgraded_again(engine: sa.Engine) -> None:
    store.upgrade(engine)

    store.check(engine)
    assert not store.is_empty(engine)


def test_several_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    engines = [subscribers.open_engine(url) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store.upgrade, engines))

    store.check(engines[0])
    for engine in engines:
        engine.dispose()


def test_a_fresh_database_says_what_to_do(tmp_path: Path) -> None:
    engine = subscribers.open_engine(f"sqlite:///{tmp_path / 'digest.db'}")

    assert store.is_empty(engine)
    with pytest.raises(StoreError, match=r"has no tables yet.*digest db upgrade"):
        store.check(engine)
    engine.dispose()


def test_a_database_that_another_process_is_just_making_counts_as_empty(tmp_path: Path) -> None:
    engine = subscribers.open_engine(f"sqlite:///{tmp_path / 'digest.db'}")
    subscribers.upgrade(engine)

    assert store.is_empty(engine)
    engine.dispose()


def test_an_older_database_says_what_to_do(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribers, "state", lambda *_: "older")

    with pytest.raises(StoreError, match=r"older version of this program.*digest db upgrade"):
        store.check(engine)


def test_a_database_of_a_newer_program_is_refused_and_left_alone(engine: sa.Engine) -> None:
    with subscribers.writing(engine) as conn:
        conn.exec_driver_sql(f"UPDATE {store.VERSION_TABLE} SET version_num = 'future'")

    for refused in (store.check, store.upgrade):
        with pytest.raises(StoreError, match=r"newer version of this program; nothing was changed"):
            refused(engine)


def test_subscribers_tables_of_a_newer_program_are_refused_too(engine: sa.Engine) -> None:
    with subscribers.writing(engine) as conn:
        conn.exec_driver_sql("UPDATE subscribers_version SET version_num = 'future'")

    for refused in (store.check, store.upgrade):
        with pytest.raises(StoreError, match="newer version of this program"):
            refused(engine)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "digest.db").write_text("not a database at all, only words" * 40)
    engine = subscribers.open_engine(f"sqlite:///{tmp_path / 'digest.db'}")

    with pytest.raises(StoreError, match="not a SQLite database"):
        store.is_empty(engine)
    engine.dispose()


def test_a_moment_without_a_zone_is_a_mistake(engine: sa.Engine) -> None:
    with subscribers.reading(engine) as conn, pytest.raises(sa.exc.StatementError, match="no time zone"):
        store.printed(conn, "morning", datetime(2026, 1, 5))


def _ledger_of(engine: sa.Engine) -> dict[str, str]:
    """Return what SQLite itself says of the ledger's tables, indexes and triggers, without layout."""
    names = {table.name for table in ledger_schema.TABLES}
    with engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.split()) for name, table, sql in rows if table in names and "TABLE" not in sql[:15]}
