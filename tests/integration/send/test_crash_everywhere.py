"""A sender that dies before or after each of its calls: to the ledger, to the journal, to the mail server."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa

from digest.model import Counts, Fate, Outcome, Outgoing
from digest.protocols import Gate
from digest.send import EditionGate, GateState, deliver_edition
from digest.store import accounts, ledger_schema
from digest.store.ledger import SqlLedger
from subscribers import open_engine, writing
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, audience, die, prepare
from tests.sends import encode

READERS = 20

FIRST_STATEMENT = 3
"""Those before it announce the sender: who dies there has no row and no claim, so there is nothing to take back."""


class Death(BaseException):
    """The process is gone: no handler of it runs any more."""


class Fuse:
    """Counts the calls and dies at one of them, and at every one after it."""

    def __init__(self, at: int) -> None:
        self.at, self.passed = at, 0

    def step(self) -> None:
        self.passed += 1
        if self.passed >= self.at:
            raise Death


class Fused:
    """Another object, whose every call passes the fuse before and after."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)

        def fused(*given: Any) -> Any:
            self._fuse.step()
            result = call(*given)
            self._fuse.step()
            return result

        return fused


class Wire:
    """A transport to a server that remembers what it took."""

    kind = "wire"
    codec: Literal["wire", "json"] = "wire"
    batch = 1

    def __init__(self, fuse: Fuse, taken: list[int]) -> None:
        self.fuse, self.taken = fuse, taken

    def probe(self) -> None: ...

    def close(self) -> None: ...

    def deliver(self, messages: Iterable[Outgoing], gate: Gate) -> Iterator[Outcome]:
        for sent in messages:
            if gate.admit([sent]):
                self.fuse.step()
                self.taken.append(sent.subscriber_id)
                self.fuse.step()
                outcome = Outcome(sent.subscriber_id, Fate.ACCEPTED, sent.fence, "250")
                gate.answered([outcome])
                yield outcome


def send(engine: sa.Engine, folder: Path, clock: FrozenClock, fuse: Fuse, taken: list[int]) -> Counts | None:
    """Run one sender; None when it died on the way."""
    ledger = SqlLedger(engine, clock, folder=folder)
    try:
        counts = deliver_edition(
            ledger=Fused(ledger, fuse),
            edition_id=EDITION,
            encode=encode,
            transport=Wire(fuse, taken),
            gate=EditionGate(GateState, ring=Fused(ledger.ring, fuse)),
            clock=clock,
            batch=6,
        )
        ledger.close()
    except Death:
        die(ledger)
        return None
    return counts


@pytest.fixture
def frozen(sqlite_engine: sa.Engine, tmp_path: Path) -> Path:
    """Return a database file with the edition frozen, to be copied."""
    prepare(sqlite_engine, READERS)
    with sqlite_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return tmp_path / "test.db"


def unsynced(path: Path) -> sa.Engine:
    """Open a database that does not wait for the disk: nobody pulls the plug here."""
    engine = open_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", lambda raw, record: raw.execute("PRAGMA synchronous = OFF"))
    return engine


def watched(path: Path, fuse: Fuse) -> sa.Engine:
    """Open a database whose every statement passes the fuse first."""
    engine = unsynced(path)
    sa.event.listen(engine, "before_cursor_execute", lambda *_: fuse.step())
    return engine


def judge(engine: sa.Engine, folder: Path, clock: FrozenClock, at: int) -> None:
    """Let one sender die at a call and another end the edition."""
    taken: list[int] = []
    assert send(engine, folder, clock, Fuse(at), taken) is None

    assert_kept(send(engine, folder, clock, Fuse(10**9), taken), taken, at)


def assert_kept(counts: Counts | None, taken: list[int], at: int) -> None:
    """Nobody is lost, nobody got it twice, and at most one is in doubt."""
    assert counts is not None and counts.open == 0, at
    assert counts.accepted + counts.ambiguous == READERS and counts.ambiguous <= 1, at
    assert max(Counter(taken).values()) == 1, at
    assert len(taken) >= counts.accepted, at


def test_a_crash_at_any_call_loses_and_doubles_nobody(frozen: Path, clock: FrozenClock, tmp_path: Path) -> None:
    whole = Fuse(10**9)
    shutil.copy(frozen, tmp_path / "whole.db")
    assert send(unsynced(tmp_path / "whole.db"), tmp_path / "whole", clock, whole, []) is not None

    for at in range(1, whole.passed + 1):
        shutil.copy(frozen, tmp_path / f"{at}.db")
        engine = unsynced(tmp_path / f"{at}.db")
        judge(engine, tmp_path / f"s{at}", clock, at)
        engine.dispose()
    assert whole.passed > 150


def test_a_crash_at_any_statement_loses_and_doubles_nobody(frozen: Path, clock: FrozenClock, tmp_path: Path) -> None:
    whole = Fuse(10**9)
    shutil.copy(frozen, tmp_path / "whole.db")
    assert send(watched(tmp_path / "whole.db", whole), tmp_path / "whole", clock, Fuse(10**9), []) is not None

    for at in range(FIRST_STATEMENT, whole.passed + 1):
        taken: list[int] = []
        shutil.copy(frozen, tmp_path / f"{at}.db")
        engine = watched(tmp_path / f"{at}.db", Fuse(at))
        assert send(engine, tmp_path / f"s{at}", clock, Fuse(10**9), taken) is None
        engine.dispose()
        engine = unsynced(tmp_path / f"{at}.db")
        counts = send(engine, tmp_path / f"s{at}", clock, Fuse(10**9), taken)
        engine.dispose()

        assert_kept(counts, taken, at)
    assert whole.passed > 60


@pytest.mark.postgres
def test_a_crash_at_any_call_is_as_harmless_on_postgres(
    postgres_engine: sa.Engine, clock: FrozenClock, tmp_path: Path
) -> None:
    prepare(postgres_engine)
    for at in range(1, 160, 7):
        with writing(postgres_engine) as conn:
            conn.exec_driver_sql("TRUNCATE " + ", ".join(table.name for table in ledger_schema.TABLES))
            accounts.freeze(conn, EDITION, audience(READERS))

        judge(postgres_engine, tmp_path / f"s{at}", clock, at)
