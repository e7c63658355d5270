"""What a ledger promises, over every database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from digest.errors import OwnershipLost
from digest.model import Fate, Outcome
from digest.store import accounts
from digest.store.ledger import SqlLedger
from digest.store.ledger_schema import State
from subscribers import reading, writing
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, accepted, audience, die, numbers, outcome, prepare


class Senders:
    """Makes senders over one database and ends those still alive."""

    def __init__(self, engine: sa.Engine, clock: FrozenClock, folder: Path) -> None:
        self.engine, self.clock, self.folder = engine, clock, folder
        self.made: list[SqlLedger] = []

    def __call__(self, **options: str) -> SqlLedger:
        sender = SqlLedger(self.engine, self.clock, folder=self.folder, **options)
        self.made.append(sender)
        return sender

    def kill(self, sender: SqlLedger) -> None:
        self.made.remove(sender)
        die(sender)


@pytest.fixture
def sender(engine: sa.Engine, clock: FrozenClock, tmp_path: Path) -> Iterator[Senders]:
    senders = Senders(prepare(engine, readers=10), clock, tmp_path / "senders")
    yield senders
    for made in senders.made:
        made.close()


def states(engine: sa.Engine) -> dict[int, State]:
    with reading(engine) as conn:
        return {d.recipient.subscriber_id: d.state for d in accounts.iter_deliveries(conn, EDITION)}


def claimed(engine: sa.Engine, clock: FrozenClock) -> int:
    with reading(engine) as conn:
        return accounts.claimed(conn, EDITION, clock())


def test_everybody_is_claimed_once(sender: Senders) -> None:
    one, two = sender(), sender()

    claimed = numbers(one.claim(EDITION, 4)) + numbers(two.claim(EDITION, 4)) + numbers(one.claim(EDITION, 4))

    assert sorted(claimed) == list(range(1, 11))


def test_a_claim_names_the_reader_as_frozen(sender: Senders) -> None:
    second = sender().claim(EDITION, 2)[1]

    assert (second.recipient.address, second.recipient.name) == ("reader2@example.org", "Reader 2")
    assert (second.recipient.variant, second.fence, second.attempts) == ("text", 1, 1)


def test_an_edition_is_frozen_only_once(engine: sa.Engine, sender: Senders) -> None:
    with pytest.raises(IntegrityError), writing(engine) as conn:
        accounts.freeze(conn, EDITION, audience(3))

    assert sender().counts(EDITION).expected == 10


def test_the_counts_add_up_at_every_moment(sender: Senders) -> None:
    one = sender()
    claims = one.claim(EDITION, 8)
    fates = [Fate.ACCEPTED, Fate.DEFERRED, Fate.REJECTED, Fate.FAILED, Fate.REFUSED, Fate.SKIPPED, Fate.AMBIGUOUS]

    heard = one.record(EDITION, [outcome(c, f) for c, f in zip(claims, fates, strict=False)])

    counts = one.counts(EDITION)
    assert heard == 7
    assert (counts.accepted, counts.deferred, counts.rejected, counts.failed) == (1, 1, 1, 1)
    assert (counts.pending, counts.skipped, counts.ambiguous, counts.expected) == (4, 1, 1, 10)


def test_recording_twice_changes_nothing(sender: Senders) -> None:
    one = sender()
    (claim, *_) = one.claim(EDITION, 1)

    first = one.record(EDITION, [accepted(claim)])
    again = one.record(EDITION, [outcome(claim, Fate.REJECTED)])

    assert (first, again) == (1, 0)
    assert one.counts(EDITION).accepted == 1


def test_only_the_holder_of_a_claim_is_heard(sender: Senders) -> None:
    one, two = sender(), sender()
    (claim, *_) = one.claim(EDITION, 1)
    stale = Outcome(claim.recipient.subscriber_id, Fate.REJECTED, fence=claim.fence - 1)

    assert two.record(EDITION, [accepted(claim)]) == 0
    assert one.record(EDITION, [stale]) == 0


def test_a_deferred_delivery_is_due_again_at_its_time(sender: Senders, clock: FrozenClock) -> None:
    one = sender()
    claims = one.claim(EDITION, 10)
    one.record(EDITION, [outcome(claims[0], Fate.DEFERRED, "451 later", 60), *map(accepted, claims[1:])])

    early = one.claim(EDITION, 10)
    clock.advance(seconds=60)
    (again,) = one.claim(EDITION, 10)

    assert early == []
    assert (again.attempts, again.fence) == (2, 2)


def test_the_next_due_moment_is_that_of_the_first_retry(sender: Senders, clock: FrozenClock) -> None:
    one = sender()
    claims = one.claim(EDITION, 2)
    one.record(EDITION, [outcome(c, Fate.DEFERRED, "451", s) for c, s in zip(claims, (90, 30), strict=True)])

    assert one.next_due(EDITION) == clock() + timedelta(seconds=30)


def test_released_claims_are_due_at_once_and_do_not_count_as_attempts(sender: Senders) -> None:
    one = sender()
    claims = one.claim(EDITION, 3)

    one.release(EDITION, claims)

    again = one.claim(EDITION, 3)
    assert numbers(again) == numbers(claims)
    assert {claim.attempts for claim in again} == {1}


def test_what_is_deferred_past_its_time_is_given_up_with_the_last_reply(engine: sa.Engine, sender: Senders) -> None:
    one = sender()
    (claim, *_) = one.claim(EDITION, 1)
    one.record(EDITION, [outcome(claim, Fate.DEFERRED, "451 come back later")])

    assert one.give_up(EDITION, "the deadline passed") == 1

    with reading(engine) as conn:
        (given_up,) = accounts.iter_deliveries(conn, EDITION, State.FAILED)
    assert given_up.reply == "the deadline passed; last reply: 451 come back later"


@pytest.mark.parametrize("fate", [Fate.ACCEPTED, Fate.REJECTED, Fate.SKIPPED, Fate.FAILED])
def test_the_database_refuses_to_change_how_a_delivery_ended(engine: sa.Engine, sender: Senders, fate: Fate) -> None:
    one = sender()
    one.record(EDITION, [outcome(one.claim(EDITION, 1)[0], fate)])

    with pytest.raises(DBAPIError, match="settled"), writing(engine) as conn:
        conn.exec_driver_sql("UPDATE settled SET state = 10 - state")

    assert states(engine)[1].name == fate.name


def test_the_database_refuses_to_open_a_settled_delivery(engine: sa.Engine, sender: Senders) -> None:
    one = sender()
    one.record(EDITION, [accepted(one.claim(EDITION, 1)[0])])

    for statement in (
        "UPDATE settled SET subscriber_id = 2",
        "DELETE FROM settled",
        "INSERT INTO settled (edition_id, subscriber_id, state, at, attempts) VALUES (7, 1, 3, 0, 1)",
        "INSERT INTO settled (edition_id, subscriber_id, state, at, attempts) VALUES (7, 2, 1, 0, 1)",
        "INSERT INTO unsettled (edition_id, subscriber_id, state, fence, attempts) VALUES (7, 1, 0, 1, 1)",
        "UPDATE audience SET claimed_through = 0",
        "UPDATE batch SET open_count = -1",
    ):
        with pytest.raises(DBAPIError), writing(engine) as conn:
            conn.exec_driver_sql(statement)

    assert one.counts(EDITION).accepted == 1
    assert numbers(one.claim(EDITION, 10)) == list(range(2, 11))


def test_a_living_sender_keeps_its_claims(sender: Senders) -> None:
    one, two = sender(), sender()
    one.claim(EDITION, 5)

    assert two.recover() == 0
    assert len(two.claim(EDITION, 10)) == 5


def test_what_living_senders_hold_is_counted(engine: sa.Engine, sender: Senders, clock: FrozenClock) -> None:
    one, two = sender(), sender()
    (first, *_) = one.claim(EDITION, 4)
    two.claim(EDITION, 3)
    one.record(EDITION, [outcome(first, Fate.DEFERRED, retry_after_s=0)])
    assert numbers(two.claim(EDITION, 1)) == [1]

    held = claimed(engine, clock)
    sender.kill(two)
    sender().recover()

    assert (held, claimed(engine, clock)) == (7, 3)
    clock.advance(hours=1)
    assert claimed(engine, clock) == 0


def test_claims_a_dead_sender_never_began_are_due_again(sender: Senders) -> None:
    dead, heir = sender(), sender()
    dead.claim(EDITION, 10)
    sender.kill(dead)

    assert heir.recover() == 10
    assert len(heir.claim(EDITION, 10)) == 10


def test_a_message_between_step_and_answer_is_held(engine: sa.Engine, sender: Senders) -> None:
    dead, heir = sender(), sender()
    (claim, *_) = dead.claim(EDITION, 3)
    dead.ring.admit(EDITION, claim.recipient.subscriber_id, claim.fence)
    sender.kill(dead)

    heir.recover()

    assert states(engine)[claim.recipient.subscriber_id] is State.AMBIGUOUS
    assert len(heir.claim(EDITION, 10)) == 9


def test_an_answer_that_was_not_yet_recorded_is_not_lost(engine: sa.Engine, sender: Senders) -> None:
    dead, heir = sender(), sender()
    one, two, *_ = dead.claim(EDITION, 3)
    for claim, fate, code in ((one, Fate.ACCEPTED, 250), (two, Fate.REJECTED, 550)):
        dead.ring.admit(EDITION, claim.recipient.subscriber_id, claim.fence)
        dead.ring.answer(claim.recipient.subscriber_id, fate, code)
    sender.kill(dead)

    heir.recover()

    found = states(engine)
    assert (found[1], found[2], found[3]) == (State.ACCEPTED, State.REJECTED, State.PENDING)


def test_after_a_restart_of_the_machine_everything_claimed_is_held(sender: Senders) -> None:
    dead, heir = sender(boot="before"), sender(boot="after")
    dead.claim(EDITION, 4)
    sender.kill(dead)

    heir.recover()

    assert heir.counts(EDITION).ambiguous == 4


def test_a_lost_journal_holds_everything_claimed(sender: Senders) -> None:
    dead, heir = sender(), sender()
    dead.claim(EDITION, 4)
    sender.kill(dead)
    for journal in sender.folder.glob("*.ring"):
        journal.unlink()

    heir.recover()

    assert heir.counts(EDITION).ambiguous == 4


def test_a_sleeper_past_its_lease_loses_its_claims_and_is_told(sender: Senders, clock: FrozenClock) -> None:
    sleeper, heir = sender(), sender()
    sleeper.claim(EDITION, 10)
    clock.advance(minutes=11)

    assert heir.recover() == 10
    with pytest.raises(OwnershipLost):
        sleeper.heartbeat()
    with pytest.raises(OwnershipLost):
        sleeper.claim(EDITION, 1)


def test_a_sleepers_late_answer_closes_what_was_held(sender: Senders, clock: FrozenClock) -> None:
    sleeper, heir = sender(), sender()
    (claim, *_) = sleeper.claim(EDITION, 10)
    sleeper.ring.admit(EDITION, claim.recipient.subscriber_id, claim.fence)
    clock.advance(minutes=11)
    heir.recover()

    heard = sleeper.record(EDITION, [accepted(claim)])

    assert heard == 1
    assert (heir.counts(EDITION).accepted, heir.counts(EDITION).ambiguous) == (1, 0)


def test_a_heartbeat_keeps_the_lease(sender: Senders, clock: FrozenClock) -> None:
    one, two = sender(), sender()
    one.claim(EDITION, 3)
    clock.advance(minutes=9)
    one.heartbeat()
    clock.advance(minutes=9)

    assert two.recover() == 0


def test_the_operator_decides_about_what_is_held(engine: sa.Engine, sender: Senders, clock: FrozenClock) -> None:
    one = sender()
    one.record(EDITION, [outcome(c, Fate.AMBIGUOUS) for c in one.claim(EDITION, 3)])

    with writing(engine) as conn:
        resent = accounts.resolve_ambiguous(conn, EDITION, "resend", now=clock(), subscriber_ids=[1])
        dropped = accounts.resolve_ambiguous(conn, EDITION, "drop", now=clock())

    assert (resent, dropped) == (1, 2)
    assert (one.counts(EDITION).failed, one.counts(EDITION).ambiguous) == (2, 0)
    assert 1 in numbers(one.claim(EDITION, 10))


def test_troubles_are_listed_one_by_one(engine: sa.Engine, sender: Senders) -> None:
    one = sender()
    one.record(EDITION, [outcome(c, Fate.REJECTED, "550 nobody \x00 here") for c in one.claim(EDITION, 2)])

    with reading(engine) as conn:
        rows = conn.exec_driver_sql("SELECT subscriber_id, fate FROM attempt ORDER BY subscriber_id").all()
    assert [tuple(row) for row in rows] == [(1, "rejected"), (2, "rejected")]


def test_an_erased_reader_leaves_no_trace_but_the_count(engine: sa.Engine, sender: Senders, clock: FrozenClock) -> None:
    one = sender()
    with writing(engine) as conn:
        accounts.erase_deliveries(conn, 3, [EDITION], now=clock())

    with reading(engine) as conn:
        (erased,) = accounts.iter_deliveries(conn, EDITION, State.SKIPPED)
    assert (erased.recipient.subscriber_id, erased.recipient.address) == (3, "")
    assert one.counts(EDITION).expected == 10


def test_a_closed_sender_leaves_no_files(sender: Senders) -> None:
    one = sender()
    one.record(EDITION, [accepted(c) for c in one.claim(EDITION, 10)])

    one.close()
    sender.made.clear()

    assert list(sender.folder.iterdir()) == []


def test_an_interrupted_call_is_claimed_whole_and_first(sender: Senders) -> None:
    dead, heir = sender(), sender()
    claims = dead.claim(EDITION, 4)
    dead.call_log(EDITION).asked("key", numbers(claims), 3600)
    sender.kill(dead)

    heir.recover()
    held = heir.counts(EDITION).ambiguous
    again = heir.claim(EDITION, 2)

    assert held == 4
    assert numbers(again) == numbers(claims)
    assert {claim.call for claim in again} == {"key"}


def test_an_interrupted_call_whose_key_protects_no_more_stays_held(sender: Senders, clock: FrozenClock) -> None:
    dead, heir = sender(), sender()
    log = dead.call_log(EDITION)
    log.asked("key", numbers(dead.claim(EDITION, 10)), 3600)
    sender.kill(dead)
    heir.recover()
    clock.advance(hours=2)

    assert heir.claim(EDITION, 10) == []
    assert heir.counts(EDITION).ambiguous == 10


def test_a_call_that_is_no_longer_whole_is_not_repeated(engine: sa.Engine, sender: Senders, clock: FrozenClock) -> None:
    dead, heir = sender(), sender()
    log = dead.call_log(EDITION)
    claims = dead.claim(EDITION, 10)
    log.asked("key", numbers(claims), 3600)
    dead.record(EDITION, [accepted(claims[0])])
    sender.kill(dead)
    heir.recover()

    assert heir.claim(EDITION, 10) == []
    assert heir.counts(EDITION).ambiguous == 9


def test_an_interrupted_call_waits_for_its_time(sender: Senders, clock: FrozenClock) -> None:
    one = sender()
    log = one.call_log(EDITION)
    claims = one.claim(EDITION, 10)
    log.asked("key", numbers(claims), 3600)
    one.record(EDITION, [outcome(c, Fate.AMBIGUOUS) for c in claims])
    log.interrupted("key", 30)

    early = one.claim(EDITION, 10)
    due = one.next_due(EDITION)
    clock.advance(seconds=31)

    assert early == []
    assert due == clock() - timedelta(seconds=1)
    assert len(one.claim(EDITION, 10)) == 10


def test_a_released_interrupted_call_can_be_claimed_again(sender: Senders) -> None:
    one = sender()
    log = one.call_log(EDITION)
    claims = one.claim(EDITION, 10)
    log.asked("key", numbers(claims), 3600)
    one.record(EDITION, [outcome(c, Fate.AMBIGUOUS) for c in claims])
    log.interrupted("key", 0)

    one.release(EDITION, one.claim(EDITION, 10))

    assert one.counts(EDITION).ambiguous == 10
    assert len(one.claim(EDITION, 10)) == 10
