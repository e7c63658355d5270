"""Random histories of several senders: what the ledger says is what one row a delivery would say.

The model keeps a row for each delivery and changes it in place; the ledger adds rows and keeps ranges. After every
step both name the same state and number of attempts for everybody, and nobody falls between two batches. A ledger
with one mistake in one statement is caught.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import LedgerError, OwnershipLost
from digest.model import Claim, Fate, Outcome
from digest.store import accounts, ledger_sql
from digest.store.ledger import SqlLedger
from digest.store.ledger_schema import FINAL, State
from subscribers import open_engine, reading, writing
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, die, prepare

READERS = 14
SENDERS = 3
LEASE = timedelta(minutes=10)
RETRY = timedelta(seconds=60)

HELD = (State.DEFERRED, State.AMBIGUOUS)

BECOMES = {
    Fate.ACCEPTED: State.ACCEPTED,
    Fate.DEFERRED: State.DEFERRED,
    Fate.REJECTED: State.REJECTED,
    Fate.FAILED: State.FAILED,
    Fate.REFUSED: State.PENDING,
    Fate.SKIPPED: State.SKIPPED,
    Fate.AMBIGUOUS: State.AMBIGUOUS,
}

ACTIONS = (
    *("claim", "claim", "claim", "accept", "accept", "record", "record", "repeat", "release"),
    *("admit", "answer", "die", "recover", "recover", "sleep", "erase", "give up", "resend", "drop"),
)

PLANS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2), st.integers(0, 97)), max_size=45)


@dataclass
class Row:
    """A delivery as one row that changes."""

    state: State = State.PENDING
    owner: int | None = None
    fence: int = 0
    attempts: int = 0
    next_at: datetime | None = None
    is_erased: bool = False

    def is_due(self, now: datetime) -> bool:
        retry = self.state is State.DEFERRED and self.next_at is not None and self.next_at <= now
        return not self.is_erased and (self.state is State.PENDING or retry)

    def hear(self, outcome: Outcome, owner: int, now: datetime) -> bool:
        if self.state not in (State.CLAIMED, State.AMBIGUOUS) or (self.owner, self.fence) != (owner, outcome.fence):
            return False
        self.state = BECOMES[outcome.fate]
        self.next_at = now + RETRY
        return True

    def give_back(self) -> None:
        self.state, self.owner, self.attempts = State.PENDING, None, self.attempts - 1


@dataclass
class Sender:
    """One process, and what its journal says."""

    ledger: SqlLedger
    lease_until: datetime
    is_dead: bool = False
    claims: list[Claim] = field(default_factory=list)
    marks: dict[int, tuple[int, Fate | None]] = field(default_factory=dict)


class History:
    """Acts a plan out on the ledger and on the model, and compares them."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self.engine, self.folder, self.clock = engine, folder, FrozenClock()
        self.rows = {number: Row() for number in range(1, READERS + 1)}
        self.senders: list[Sender | None] = [None] * SENDERS
        self.unburied: list[Sender] = []

    def act(self, action: str, place: int, number: int) -> None:
        sender = self.senders[place]
        if sender is None:
            ledger = SqlLedger(self.engine, self.clock, folder=self.folder, lease=LEASE)
            sender = self.senders[place] = Sender(ledger, self.clock() + LEASE)
            self.unburied.append(sender)
        if action == "sleep":
            self.clock.advance(minutes=4)
        elif action in ("erase", "give up", "resend", "drop"):
            self.order(action, 1 + number % READERS)
        elif action == "die":
            die(sender.ledger)
            sender.is_dead, self.senders[place] = True, None
        else:
            getattr(self, action)(sender, number)
        self.compare()

    def claim(self, sender: Sender, number: int) -> None:
        limit = 1 + number % 6
        if sender not in self.unburied:
            with pytest.raises(OwnershipLost):
                sender.ledger.claim(EDITION, limit)
            return
        due = {who for who, row in self.rows.items() if row.is_due(self.clock())}
        claims = sender.ledger.claim(EDITION, limit)
        assert len(claims) == min(limit, len(due))
        assert {claim.recipient.subscriber_id for claim in claims} <= due
        sender.lease_until = self.clock() + LEASE
        for claim in claims:
            row = self.rows[claim.recipient.subscriber_id]
            row.state, row.owner = State.CLAIMED, sender.ledger.owner_id
            row.fence, row.attempts = row.fence + 1, row.attempts + 1
            assert (claim.fence, claim.attempts) == (row.fence, row.attempts)
        sender.claims += claims

    def record(self, sender: Sender, number: int, fates: tuple[Fate, ...] = tuple(Fate)) -> None:
        """Tell an outcome of some claims, whether they are still held or not."""
        chosen = sender.claims[number % 3 :: 1 + number % 2]
        self.tell(sender, [self.outcome(claim, fates[(number + at) % len(fates)]) for at, claim in enumerate(chosen)])
        sender.claims = [claim for claim in sender.claims if claim not in chosen or number % 5 == 0]

    def accept(self, sender: Sender, number: int) -> None:
        self.record(sender, number, (Fate.ACCEPTED,))

    def repeat(self, sender: Sender, number: int) -> None:
        """Tell two things of one claim in one call, and of somebody nobody knows."""
        claims = sender.claims[number % 4 :][:1]
        fates = [tuple(Fate)[number % 7], tuple(Fate)[number % 5]]
        stray = Outcome(READERS + 5, Fate.ACCEPTED, 1)
        told = [self.outcome(claim, fate) for claim in claims for fate in fates]
        if {Fate.ACCEPTED} & set(fates):
            # An acceptance goes first: whatever else is said of it, the mail is out.
            told.sort(key=lambda outcome: outcome.fate is not Fate.ACCEPTED)
        self.tell(sender, [*told, stray])

    def tell(self, sender: Sender, outcomes: list[Outcome]) -> None:
        owner, now = sender.ledger.owner_id, self.clock()
        heard = sum(self.rows[o.subscriber_id].hear(o, owner, now) for o in outcomes if o.subscriber_id in self.rows)
        assert sender.ledger.record(EDITION, outcomes) == heard
        sender.ledger.ring.free([outcome.subscriber_id for outcome in outcomes])
        for outcome in outcomes:
            sender.marks.pop(outcome.subscriber_id, None)

    def release(self, sender: Sender, number: int) -> None:
        back = [claim for claim in sender.claims[: number % 4] if claim.recipient.subscriber_id not in sender.marks]
        sender.ledger.release(EDITION, back)
        for claim in back:
            row = self.rows[claim.recipient.subscriber_id]
            held = (row.state, row.owner, row.fence)
            if held == (State.CLAIMED, sender.ledger.owner_id, claim.fence):
                row.give_back()
        sender.claims = [claim for claim in sender.claims if claim not in back]

    def admit(self, sender: Sender, number: int) -> None:
        for claim in sender.claims[number % 4 :][:1]:
            who = claim.recipient.subscriber_id
            sender.ledger.ring.admit(EDITION, who, claim.fence)
            sender.marks[who] = (claim.fence, None)

    def answer(self, sender: Sender, number: int) -> None:
        for who, (fence, _) in sender.marks.items():
            fate = (Fate.ACCEPTED, Fate.REJECTED)[number % 2]
            sender.ledger.ring.answer(who, fate, 250)
            sender.marks[who] = (fence, fate)

    def recover(self, sender: Sender, number: int) -> None:
        del number
        sender.ledger.recover()
        for other in list(self.unburied):
            if other is not sender and (other.is_dead or other.lease_until < self.clock()):
                self.unburied.remove(other)
                self.bury(other)

    def bury(self, other: Sender) -> None:
        owner = other.ledger.owner_id
        for who, (fence, fate) in other.marks.items():
            self.rows[who].hear(Outcome(who, fate or Fate.AMBIGUOUS, fence), owner, self.clock())
        for row in self.rows.values():
            if (row.state, row.owner) == (State.CLAIMED, owner):
                row.give_back()

    def order(self, action: str, who: int) -> None:
        row, now = self.rows[who], self.clock()
        with writing(self.engine) as conn:
            if action == "erase":
                assert accounts.erase_deliveries(conn, who, [EDITION], now=now) == 1
                row.is_erased = True
            elif action in ("resend", "drop"):
                choice: Literal["resend", "drop"] = "resend" if action == "resend" else "drop"
                accounts.resolve_ambiguous(conn, EDITION, choice, now=now, subscriber_ids=[who])
        if row.state is State.AMBIGUOUS and action == "drop":
            row.state = State.FAILED
        elif row.state is State.AMBIGUOUS and action == "resend":
            row.state, row.owner = State.PENDING, None
        elif action == "give up":
            sender = next(found for found in self.senders if found is not None)
            sender.ledger.give_up(EDITION, "over")
            for each in self.rows.values():
                each.state = State.FAILED if each.state is State.DEFERRED else each.state
        elif action == "erase" and row.state in (State.PENDING, State.DEFERRED):
            row.state = State.SKIPPED

    def outcome(self, claim: Claim, fate: Fate) -> Outcome:
        return Outcome(claim.recipient.subscriber_id, fate, claim.fence, "250", "said", RETRY.total_seconds())

    def compare(self) -> None:
        with reading(self.engine) as conn:
            lines = list(accounts.iter_deliveries(conn, EDITION))
            counts = accounts.counts(conn, EDITION)
            self.nobody_falls_between(conn)
        for line in lines:
            row = self.rows[line.recipient.subscriber_id]
            if not (row.is_erased and line.state is State.SKIPPED):
                assert (line.state, line.attempts) == (row.state, row.attempts)
            assert bool(line.recipient.address) is not row.is_erased
        assert len(lines) == counts.expected == READERS
        found = Counter(line.state for line in lines)
        assert counts.pending == found[State.PENDING] + found[State.CLAIMED]
        assert all(getattr(counts, state.name.lower()) == found[state] for state in [*FINAL, *HELD])

    def nobody_falls_between(self, conn: sa.Connection) -> None:
        """Check that everybody stands in one place, and that each batch is open for as many as it has to tell of."""
        settled = set(conn.exec_driver_sql("SELECT subscriber_id FROM settled").scalars())
        unsettled = set(conn.exec_driver_sql("SELECT subscriber_id FROM unsettled").scalars())
        through = conn.exec_driver_sql("SELECT claimed_through FROM audience").scalar_one()
        open_ = []
        for first, last, count in conn.exec_driver_sql("SELECT first_id, last_id, open_count FROM batch"):
            plain = set(range(first, last + 1)) - settled - unsettled
            assert len(plain) == count
            open_ += sorted(plain)
        rest = set(range(max(through, 0) + 1, READERS + 1)) - settled
        assert sorted([*settled, *unsettled, *open_, *rest]) == list(range(1, READERS + 1))

    def close(self) -> None:
        """End what still lives, after a plan that went wrong, too."""
        for sender in self.senders:
            if sender is not None:
                die(sender.ledger)
        self.engine.dispose()

    def finish(self) -> None:
        """Let everybody die and one last sender end the edition."""
        for place, sender in enumerate(self.senders):
            if sender is not None:
                self.act("die", place, 0)
        self.act("recover", 0, 0)
        last = self.senders[0]
        assert last is not None
        self.compare_each_state()
        for _ in range(READERS):
            self.claim(last, 5)
            self.accept(last, 6)
            self.clock.advance(minutes=1)
        self.compare()
        assert last.ledger.counts(EDITION).open == 0
        assert {row.state for row in self.rows.values() if not row.is_erased} <= {*FINAL, State.AMBIGUOUS}

    def compare_each_state(self) -> None:
        """Check that a list of one state is that part of the list of all."""
        with reading(self.engine) as conn:
            lines = list(accounts.iter_deliveries(conn, EDITION))
            for state in State:
                assert list(accounts.iter_deliveries(conn, EDITION, state)) == [d for d in lines if d.state is state]


def run(template: Path, plan: list[tuple[str, int, int]]) -> None:
    """Act a plan out on a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "ledger.db")
        engine = open_engine(f"sqlite:///{folder}/ledger.db")
        sa.event.listen(engine, "connect", lambda raw, record: raw.execute("PRAGMA synchronous = OFF"))
        run_on(engine, Path(folder), plan)


def run_on(engine: sa.Engine, folder: Path, plan: list[tuple[str, int, int]]) -> None:
    history = History(engine, folder)
    try:
        for action, place, number in plan:
            history.act(action, place, number)
        history.finish()
    finally:
        history.close()


def random_plan(seed: int) -> list[tuple[str, int, int]]:
    chance = random.Random(seed)
    return [(chance.choice(ACTIONS), chance.randrange(3), chance.randrange(98)) for _ in range(60)]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("histories") / "ledger.db"
    engine = open_engine(f"sqlite:///{path}")
    prepare(engine, READERS)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(plan=PLANS)
def test_the_ledger_says_what_one_row_a_delivery_would_say(template: Path, plan: list[tuple[str, int, int]]) -> None:
    run(template, plan)


@pytest.mark.parametrize("seed", range(4))
def test_both_databases_keep_the_same_account(engine: sa.Engine, tmp_path: Path, seed: int) -> None:
    prepare(engine, READERS)

    run_on(engine, tmp_path / "senders", random_plan(seed))


@pytest.mark.parametrize(
    ("statement", "right", "wrong"),
    [
        pytest.param("REST_UNTOUCHED", "b.open_count > 0", "1 = 0", id="a cursor: what the dead left is passed over"),
        pytest.param("CLAIMED_THROUGH", ":last", ":last + 1", id="a claim that ends a reader too far"),
        pytest.param("CLOSE_BATCHES", "= 0", "= open_count", id="batches of the dead stay open"),
        pytest.param("ACCOUNT", "- :count", "- 0", id="batches are never through"),
        pytest.param("OPEN_BATCHES", "owner = :owner", "owner > 0", id="everybody's batches are mine"),
        pytest.param("CLAIM_AGAIN", "fence + 1", "fence", id="no fence"),
        pytest.param("CLAIM_AGAIN", "owner = :owner", "owner = 1", id="no owner"),
        pytest.param("STRAYED", "b.open_count > 0", "1 = 0", id="a deferred delivery passes for a fresh one"),
        pytest.param("FORGET", "subscriber_id = :who", "1 = 0", id="a settled delivery stays unsettled"),
        pytest.param("FRESH", "address <> ''", "1 = 1", id="the erased are claimed"),
        pytest.param("SETTLE_SQLITE", "NOTHING", "UPDATE SET reply = 'again'", id="no unique key"),
    ],
)
def test_a_ledger_with_one_mistake_is_caught(
    template: Path, monkeypatch: pytest.MonkeyPatch, statement: str, right: str, wrong: str
) -> None:
    monkeypatch.setattr(ledger_sql, statement, mutated(getattr(ledger_sql, statement), right, wrong))

    assert any(is_caught(template, seed) for seed in range(60))


def mutated(statement: Any, right: str, wrong: str) -> Any:
    if isinstance(statement, dict):
        return {key: mutated(one, right, wrong) for key, one in statement.items()}
    text = statement if isinstance(statement, str) else statement.text
    assert right in text
    changed = text.replace(right, wrong)
    return changed if isinstance(statement, str) else sa.text(changed)


def is_caught(template: Path, seed: int) -> bool:
    try:
        run(template, random_plan(seed))
    except (AssertionError, LedgerError, sa.exc.DBAPIError):
        return True
    return False
