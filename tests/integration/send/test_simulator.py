"""Senders, kills, stalls and departures in every order: the real ledger holds, and every mutant of it is caught."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from digest.store import accounts
from digest.store.ledger_schema import State
from subscribers import open_engine, reading
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, prepare
from tests.simulated import ACTIONS, READERS, Cursor, Unclaimed, World, real

PLANS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2)), max_size=40)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("simulated") / "frozen.db"
    engine = open_engine(f"sqlite:///{path}")
    prepare(engine, READERS)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


class Play:
    """One run of the real ledger in a folder of its own."""

    def __init__(self, frozen: Path, folder: Path, clock: FrozenClock) -> None:
        shutil.copy(frozen, folder / "ledger.db")
        self.engine = open_engine(f"sqlite:///{folder}/ledger.db")
        sa.event.listen(self.engine, "connect", lambda raw, record: raw.execute("PRAGMA synchronous = OFF"))
        self.folder, self.clock = folder, clock

    def world(self, *, watches_lease: bool = True) -> World:
        return World(real(self.engine, self.clock, self.folder / "senders"), self.clock, watches_lease=watches_lease)


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(plan=PLANS)
def test_nobody_is_lost_or_doubled_whatever_happens(frozen: Path, plan: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play = Play(frozen, Path(folder), FrozenClock())
        world = play.world()

        world.run(plan)

        with reading(play.engine) as conn:
            states = {d.recipient.subscriber_id: d.state for d in accounts.iter_deliveries(conn, EDITION)}
        play.engine.dispose()
    held = {who for who, state in states.items() if state is State.AMBIGUOUS}
    assert world.twice == []
    assert world.missed <= held
    assert set(states.values()) <= {State.ACCEPTED, State.SKIPPED, State.AMBIGUOUS}
    assert all(who in world.taken for who, state in states.items() if state is State.ACCEPTED)
    assert all(who not in world.taken for who, state in states.items() if state is State.SKIPPED)


def broken(plan: list[tuple[str, int]], make: Callable[[], Any]) -> bool:
    world = World(make, FrozenClock(), watches_lease=False)
    world.run(plan)
    return bool(world.twice or world.missed)


SEARCH = settings(max_examples=3000, deadline=None, phases=[Phase.generate], database=None)


@pytest.mark.parametrize("at_fetch", [True, False], ids=["moved when fetched", "moved when sent"])
def test_a_cursor_is_caught(at_fetch: bool) -> None:
    def is_wrong(plan: list[tuple[str, int]]) -> bool:
        shared = [0]
        return broken(plan, lambda: Cursor(at_fetch, shared))

    assert find(PLANS, is_wrong, settings=SEARCH)


def test_a_ledger_without_claims_is_caught() -> None:
    def is_wrong(plan: list[tuple[str, int]]) -> bool:
        done: set[int] = set()
        return broken(plan, lambda: Unclaimed(False, [0], done=done))

    assert find(PLANS, is_wrong, settings=SEARCH)


def test_a_sender_that_outsleeps_its_lease_unheeded_is_caught(frozen: Path, tmp_path: Path) -> None:
    plan = [("claim", 0), *[("sleep", 0)] * 3, ("recover", 1), ("claim", 1), ("send", 1), ("send", 0)]
    clock = FrozenClock()

    heedless = Play(frozen, tmp_path, clock).world(watches_lease=False)
    heedless.run(plan)
    heeding = Play(frozen, tmp_path, FrozenClock()).world()
    heeding.run(plan)

    assert heedless.twice and not heeding.twice
