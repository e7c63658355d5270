"""The database is opened safely, written in whole transactions, and brought up to date by one process at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from subscribers import DatabaseError, open_engine, reading, schema, state, upgrade, writing
from subscribers.database import VERSION_TABLE, migrations_dir


def _standing(engine: sa.Engine) -> str:
    return state(engine, migrations_dir(), VERSION_TABLE)


def _count_lists(engine: sa.Engine) -> int:
    with reading(engine) as conn:
        return conn.scalar(sa.select(sa.func.count()).select_from(schema.list_)) or 0


ROW = {"id": "morning", "number": 1, "name": "Morning", "description": "", "double_opt_in": True}


def test_a_new_file_is_empty_and_after_the_upgrade_current(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new.db")
    before = _standing(engine)

    upgrade(engine)

    assert (before, _standing(engine)) == ("empty", "current")


# SQLite cannot tell an index of an expression; PostgreSQL does, and is asked too.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection", "ignore:autogenerate skipping metadata")
def test_the_history_makes_exactly_the_tables_of_the_schema(engine: sa.Engine) -> None:
    def is_ours(_item: object, name: str, kind: str, *_more: object) -> bool:
        return kind != "table" or name in schema.metadata.tables

    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"include_object": is_ours})
        differences = compare_metadata(context, schema.metadata)

    assert differences == []


def test_upgrading_twice_changes_nothing(engine: sa.Engine) -> None:
    upgrade(engine)

    assert _standing(engine) == "current"


def test_processes_that_upgrade_at_once_wait_for_each_other(tmp_path: Path) -> None:
    engines = [open_engine(f"sqlite:///{tmp_path}/new.db") for _ in range(4)]
    threads = [threading.Thread(target=upgrade, args=(engine,)) for engine in engines]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [_standing(engine) for engine in engines] == ["current"] * 4


def test_a_revision_of_a_newer_program_is_refused(engine: sa.Engine) -> None:
    with writing(engine) as conn:
        conn.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")

    with pytest.raises(DatabaseError, match="newer version"):
        upgrade(engine)

    assert _standing(engine) == "unknown"


def test_a_transaction_that_fails_leaves_nothing(engine: sa.Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as conn:
        conn.execute(sa.insert(schema.list_), ROW)
        raise ZeroDivisionError

    assert _count_lists(engine) == 0


def test_what_a_reader_writes_is_not_kept(engine: sa.Engine) -> None:
    with reading(engine) as conn:
        conn.execute(sa.insert(schema.list_), ROW)

    assert _count_lists(engine) == 0


def test_a_conflict_is_no_database_error(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as conn:
        conn.execute(sa.insert(schema.list_), [ROW, ROW])


def test_sqlite_keeps_a_commit_through_a_power_cut_and_checks_foreign_keys(sqlite_engine: sa.Engine) -> None:
    with reading(sqlite_engine) as conn:
        pragmas = [
            conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert pragmas == ["wal", 2, 1]


def test_a_full_disk_is_explained(sqlite_engine: sa.Engine) -> None:
    with pytest.raises(DatabaseError, match="disk is full"), writing(sqlite_engine) as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1")
        conn.execute(sa.insert(schema.list_), {**ROW, "name": "x" * 100_000})


def test_a_lock_that_stays_taken_is_explained(sqlite_engine: sa.Engine) -> None:
    with writing(sqlite_engine), pytest.raises(DatabaseError, match="kept it locked"):
        with sqlite_engine.connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout = 1")
        with writing(sqlite_engine):
            pass


def test_missing_tables_are_explained(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new.db")

    with pytest.raises(DatabaseError, match="upgrade the database first"):
        _count_lists(engine)


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database at all, but long enough to be read as one" * 40)

    with pytest.raises(DatabaseError, match="not a SQLite database"):
        _count_lists(open_engine(f"sqlite:///{tmp_path}/notes.db"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://host/name", "not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:////no/such/folder/x.db", "make its folder"),
    ],
)
def test_a_wrong_url_is_refused_with_advice(url: str, words: str) -> None:
    with pytest.raises(DatabaseError, match=words):
        open_engine(url)


def test_a_server_that_does_not_answer_is_explained_without_the_password() -> None:
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed")
    engine = open_engine("postgresql://reader:hunter2@127.0.0.1:1/none")

    with pytest.raises(DatabaseError, match="does not answer") as refused, reading(engine) as conn:
        conn.exec_driver_sql("SELECT 1")

    assert "hunter2" not in str(refused.value)
