"""What every room's tests share: databases, keys, a clock that stands still, and no way out to the network."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings

import subscribers
from subscribers import KeyRing, open_engine

# A loaded machine must not fail a property: nothing here is a claim about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

POSTGRES_URL = os.environ.get("DIGEST_TEST_POSTGRES", "")
LOCAL_NAMES = {"localhost", "", None}


@dataclass
class FrozenClock:
    """A clock that moves only when it is told to."""

    now: datetime = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def set(self, moment: datetime) -> None:
        self.now = moment

    def advance(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


class NetworkUsed(AssertionError):
    """A test tried to reach something other than this machine."""


@pytest.fixture(autouse=True)
def _closed_databases() -> Iterator[None]:
    """Close every database a test has opened: from Python 3.13 on, one left open fails whatever test runs next."""
    opened: dict[int, sa.Engine] = {}

    def note(connection: sa.Connection) -> None:
        engine = connection.engine
        opened[id(engine)] = engine

    sa.event.listen(sa.Engine, "engine_connect", note)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "engine_connect", note)
        for engine in opened.values():
            engine.dispose()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    return KeyRing(b"s" * 32, {1: b"1" * 32, 2: b"2" * 32}, 2)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """A database of the test's own with all tables, on SQLite and, where a server is named, on PostgreSQL."""
    engine = request.getfixturevalue(f"{request.param}_engine")
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path, _sqlite_template: Path) -> Iterator[sa.Engine]:
    shutil.copyfile(_sqlite_template, tmp_path / "test.db")
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine() -> Iterator[sa.Engine]:
    if not POSTGRES_URL:
        pytest.skip("DIGEST_TEST_POSTGRES does not name a PostgreSQL server")
    schema = f"test_{uuid.uuid4().hex}"
    admin = open_engine(POSTGRES_URL)
    with admin.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    url = sa.make_url(POSTGRES_URL).update_query_dict({"options": f"-csearch_path={schema}"})
    engine = open_engine(url.render_as_string(hide_password=False))
    try:
        _upgrade_all(engine)
        yield engine
    finally:
        engine.dispose()
        with admin.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
        admin.dispose()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, made once: a copy of it is much quicker than the histories."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    _upgrade_all(engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


def _upgrade_all(engine: sa.Engine) -> None:
    subscribers.upgrade(engine)
    try:
        store = importlib.import_module("digest.store")
    except ImportError:
        return
    upgrade: Callable[[sa.Engine], None] | None = getattr(store, "upgrade", None)
    if upgrade is not None:
        upgrade(engine)


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    """Refuse every connection and every name but this machine's own."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        return connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if not _is_local(host):
            raise NetworkUsed(f"a test asked for the address of {host!r}")
        return getaddrinfo(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _check(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
        raise NetworkUsed(f"a test tried to connect to {address!r}")


def _is_local(host: Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in LOCAL_NAMES:
        return True
    try:
        return ip_address(host).is_loopback or host in ("0.0.0.0", "::")
    except ValueError:
        return False
