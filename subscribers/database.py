"""Open the database, begin and end transactions, and bring a schema up to date.

Knows SQLite and PostgreSQL and no table of any package: ``migrate`` serves every Alembic history that lives in the
database, each with a version table of its own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from subscribers.errors import DatabaseError

BUSY_TIMEOUT_S = 30
"""How long a writer waits for another process before it gives up."""

VERSION_TABLE = "subscribers_version"
"""Where this package's history notes its revision."""

_MIGRATION_LOCK = 0x6469_6765_7374
"""The key of PostgreSQL's advisory lock under which schemas change: the bytes of "digest"."""

_CACHE_KIB, _PAGES = 2000, 1000
"""What SQLite does by itself."""

_BULK_CACHE_KIB = 16_384
_BULK_PAGES = 16_000
"""How many pages are written between two tidyings of the write-ahead log: 64 MB."""

State = Literal["empty", "current", "older", "unknown"]


def open_engine(url: str) -> Engine:
    """Make the engine for a database URL; a SQLite file is created on first use, its folder never.

    SQLite runs in WAL mode with full durability and foreign keys. Raises DatabaseError when the URL, the folder or
    the driver is wrong. PostgreSQL is not contacted before the first transaction.
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise DatabaseError(
            "The database URL cannot be read: write sqlite:///FILE or postgresql+psycopg://…"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return _open_postgres(parsed)
    raise DatabaseError(f"{parsed.get_backend_name()!r} is not supported: use sqlite:///FILE or postgresql+psycopg://…")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection inside one writing transaction: committed at the end, rolled back on any error.

    On SQLite the transaction takes the write lock at once (BEGIN IMMEDIATE), so that it never fails half way
    because another process wrote first. Raises DatabaseError when the disk is full or the lock stays taken.
    """
    with _explained(engine), engine.connect() as connection:
        connection = connection.execution_options(begin_immediate=True)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one state of the database; what it writes is rolled back."""
    with _explained(engine), engine.connect() as connection:
        yield connection


@contextmanager
def rehearsing(engine: Engine) -> Iterator[Connection]:
    """Give a connection as ``writing`` does and take everything back at the end: to see what would happen."""
    with _explained(engine), engine.connect().execution_options(begin_immediate=True) as connection:
        connection.begin()
        yield connection


@contextmanager
def bulk(engine: Engine) -> Iterator[Connection]:
    """Give a connection for writing very many rows in transactions of its own, each begun with ``begin``.

    SQLite has more pages in memory and tidies its log less often. On PostgreSQL each transaction calls
    ``prepare_batch``.
    """
    with _explained(engine), engine.connect() as connection:
        connection = connection.execution_options(begin_immediate=True)
        _set_bulk(connection, _BULK_CACHE_KIB, _BULK_PAGES)
        try:
            yield connection
        finally:
            connection.rollback()
            _set_bulk(connection, _CACHE_KIB, _PAGES)


def prepare_batch(conn: Connection) -> None:
    """Let PostgreSQL, until the transaction ends, find rows by index and not wait for the disk at its end.

    A batch is small beside the table: the planner, which cannot know what the batches to come will hold, would read
    the whole table for each. A power cut takes whole batches back, with the note of how far the work was; the caller's
    last transaction is one that waits.
    """
    if conn.dialect.name == "postgresql":
        for name in ("enable_hashjoin", "enable_mergejoin", "synchronous_commit"):
            conn.exec_driver_sql(f"SET LOCAL {name} = off")


def refresh_statistics(engine: Engine, tables: Iterable[str]) -> None:
    """Let PostgreSQL look anew at tables that grew much: until it does so by itself, it plans as for a few rows."""
    if engine.dialect.name == "postgresql":
        with writing(engine) as conn:
            conn.exec_driver_sql(f"ANALYZE {', '.join(tables)}")


def migrate(engine: Engine, script_location: Path, version_table: str) -> None:
    """Bring one Alembic history to its newest revision, in one transaction, one process at a time.

    The history's ``env.py`` finds the connection and the version table in ``context.config.attributes`` under
    ``connection`` and ``version_table``. Raises DatabaseError on a revision this program does not know.
    """
    with _explained(engine), engine.connect() as connection:
        _foreign_keys(connection, enforced=False)
        try:
            with connection.execution_options(begin_immediate=True).begin():
                _migrate_locked(connection, script_location, version_table)
        finally:
            _foreign_keys(connection, enforced=True)


def state(engine: Engine, script_location: Path, version_table: str) -> State:
    """Tell how the database stands to one history; ``unknown`` means a newer program wrote it."""
    with reading(engine) as connection:
        return _state(connection, ScriptDirectory(str(script_location)), version_table)


def upgrade(engine: Engine) -> None:
    """Bring this package's own tables up to date; see ``migrate``."""
    migrate(engine, migrations_dir(), VERSION_TABLE)


def migrations_dir() -> Path:
    """Return the folder of this package's Alembic history."""
    return Path(__file__).parent / "migrations"


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseError("The database URL names no file: several processes share it, so write sqlite:///FILE.")
    folder = Path(url.database).absolute().parent
    if not folder.is_dir():
        raise DatabaseError(f"The database {url.database} cannot be opened: make its folder {folder} first.")
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_postgres(url: URL) -> Engine:
    if find_spec("psycopg") is None:
        raise DatabaseError("PostgreSQL needs its driver: install the package with its extra 'postgres'.")
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late and only before some statements; ours is sent by the "begin" event.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    _keep_wal(cursor)
    # Full: a claimed delivery must survive a power cut, which WAL's usual "normal" does not promise.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _keep_wal(cursor: Any) -> None:
    """Choose write-ahead logging; a file that several processes make at once is asked again while it is locked.

    For this change SQLite may say at once that the file is locked, without the wait it has for other statements.
    """
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("begin_immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _foreign_keys(connection: Connection, *, enforced: bool) -> None:
    """Switch SQLite's foreign keys off while tables are rebuilt (dropping the old one would cascade)."""
    if connection.dialect.name == "sqlite":
        dbapi_connection = connection.connection.dbapi_connection
        assert dbapi_connection is not None
        # Straight to the driver: inside a transaction the pragma does nothing.
        dbapi_connection.cursor().execute(f"PRAGMA foreign_keys = {'ON' if enforced else 'OFF'}")


def _set_bulk(connection: Connection, cache_kib: int, pages: int) -> None:
    if connection.dialect.name == "sqlite":
        dbapi_connection = connection.connection.dbapi_connection
        assert dbapi_connection is not None
        dbapi_connection.cursor().execute(f"PRAGMA cache_size = -{cache_kib}")
        dbapi_connection.cursor().execute(f"PRAGMA wal_autocheckpoint = {pages}")


def _migrate_locked(connection: Connection, script_location: Path, version_table: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
    config = Config()
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=version_table)
    found = _state(connection, ScriptDirectory.from_config(config), version_table)
    if found == "unknown":
        raise DatabaseError(
            f"The database's tables ({version_table}) were made by a newer version of this program: nothing was "
            "changed. Update the program, or restore the backup made before that update."
        )
    if found != "current":
        command.upgrade(config, "head")


def _state(connection: Connection, script: ScriptDirectory, version_table: str) -> State:
    context = MigrationContext.configure(connection, opts={"version_table": version_table})
    heads = set(context.get_current_heads())
    if not heads:
        return "empty"
    if heads == set(script.get_heads()):
        return "current"
    return "older" if heads <= {revision.revision for revision in script.walk_revisions()} else "unknown"


_ADVICE = (
    ("disk is full", "the disk is full: make room and run it again; nothing of this step was kept"),
    ("no space left", "the disk is full: make room and run it again; nothing of this step was kept"),
    ("locked", f"another process kept it locked for {BUSY_TIMEOUT_S} s: see which one writes, then run it again"),
    ("readonly database", "it may not be written: check the owner and mode of the file and of its folder"),
    ("unable to open", "the file cannot be opened: check that it is a file and that its folder may be written"),
    ("not a database", "the file is not a SQLite database: check the URL"),
    ("malformed", "the file is damaged: restore a backup"),
    ("no such table", "its tables are missing: upgrade the database first"),
    ("no such column", "its tables are older than this program: upgrade the database first"),
    ("does not exist", "something is missing there (the database, a table or a column): create it, then upgrade it"),
    ("refused", "the server does not answer: check that it runs, and host and port in the URL"),
    ("authentication", "the server refused the login: check user and password"),
)


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    """Turn what an operator can act on into a DatabaseError; programming mistakes and conflicts pass through."""
    try:
        yield
    except exc.IntegrityError:
        raise
    except exc.DatabaseError as error:
        cause = str(error.orig)
        advice = next((advice for part, advice in _ADVICE if part in cause.lower()), None)
        if advice is None and not isinstance(error, exc.OperationalError):
            raise
        where = engine.url.render_as_string(hide_password=True)
        raise DatabaseError(f"The database {where} refused: {advice or cause.strip()}.", cause) from error
