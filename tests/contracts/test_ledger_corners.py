"""What a ledger promises in its corners: late answers, people erased meanwhile, ranges, several editions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from digest.errors import LedgerError
from digest.model import Claim, Fate, Outcome
from digest.store import accounts
from digest.store.ledger import SqlLedger
from digest.store.ledger_schema import State
from subscribers import reading, writing
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, accepted, audience, die, numbers, outcome, prepare

OTHER = 3


class Room:
    """One database with ten readers of an edition, and whoever sends it."""

    def __init__(self, engine: sa.Engine, clock: FrozenClock, folder: Path) -> None:
        self.engine, self.clock, self.folder = prepare(engine, readers=10), clock, folder
        self.senders: list[SqlLedger] = []

    def sender(self) -> SqlLedger:
        self.senders.append(SqlLedger(self.engine, self.clock, folder=self.folder))
        return self.senders[-1]

    def kill(self, sender: SqlLedger) -> None:
        self.senders.remove(sender)
        die(sender)

    def erase(self, *people: int, editions: Sequence[int] = (EDITION,)) -> int:
        with writing(self.engine) as conn:
            return sum(accounts.erase_deliveries(conn, who, editions, now=self.clock()) for who in people)

    def state(self, who: int) -> State:
        with reading(self.engine) as conn:
            return next(d.state for d in accounts.iter_deliveries(conn, EDITION) if d.recipient.subscriber_id == who)

    def open_batches(self) -> int:
        with reading(self.engine) as conn:
            return int(conn.exec_driver_sql("SELECT count(*) FROM batch WHERE open_count > 0").scalar_one())


@pytest.fixture
def room(engine: sa.Engine, clock: FrozenClock, tmp_path: Path) -> Iterator[Room]:
    room = Room(engine, clock, tmp_path / "senders")
    yield room
    for sender in room.senders:
        sender.close()


def test_a_batch_is_through_with_its_last_outcome(room: Room) -> None:
    one = room.sender()
    first, *rest = one.claim(EDITION, 10)

    one.record(EDITION, [*map(accepted, rest[:3]), outcome(rest[3], Fate.DEFERRED), outcome(rest[4], Fate.REJECTED)])
    one.release(EDITION, rest[5:])
    before = room.open_batches()
    one.record(EDITION, [accepted(first)])

    assert (before, room.open_batches()) == (1, 0)


def test_outcomes_of_several_batches_come_in_any_order(room: Room) -> None:
    one = room.sender()
    claims = one.claim(EDITION, 4) + one.claim(EDITION, 4)

    heard = one.record(EDITION, [accepted(claim) for claim in reversed(claims)])

    assert (heard, room.open_batches(), one.counts(EDITION).accepted) == (8, 0, 8)


def test_a_large_batch_is_recorded_whole_and_once(room: Room) -> None:
    with writing(room.engine) as conn:
        accounts.freeze(conn, OTHER, audience(137))
    one = room.sender()
    claims = one.claim(OTHER, 500)

    heard = [one.record(OTHER, [accepted(claim) for claim in claims[at:]]) for at in (60, 0, 0)]

    assert (heard, one.counts(OTHER).accepted, room.open_batches()) == ([77, 60, 0], 137, 0)


def test_an_outcome_that_breaks_a_rule_is_told_and_not_passed_over(room: Room) -> None:
    one = room.sender()
    (claim,) = one.claim(EDITION, 1)

    with pytest.raises(LedgerError):
        one.record(EDITION, [accepted(claim)._replace(provider_id=None)])  # type: ignore[arg-type]

    assert one.record(EDITION, [accepted(claim)]) == 1


def test_what_a_hostile_server_says_is_kept_as_far_as_it_can_be(room: Room) -> None:
    one = room.sender()
    words = ['250 ok \x00 \\u0000 "quoted", {braces}', "250 " + "x" * 900, "250 прийнято 📬"]
    claims = one.claim(EDITION, 3)

    heard = one.record(EDITION, [accepted(claim, reply) for claim, reply in zip(claims, words, strict=True)])

    with reading(room.engine) as conn:
        replies = [line.reply for line in accounts.iter_deliveries(conn, EDITION, State.ACCEPTED)]
    assert heard == 3
    assert replies[0].replace("\x00", "\ufffd") == words[0].replace("\x00", "\ufffd")
    assert replies[1:] == [words[1][:300], words[2]]


def test_an_outcome_of_nobody_in_the_audience_is_not_heard(room: Room) -> None:
    with writing(room.engine) as conn:
        accounts.freeze(conn, OTHER, audience(9).where(sa.column("subscriber_id") != 4))
    one = room.sender()
    claims = one.claim(OTHER, 9)

    heard = one.record(OTHER, [Outcome(4, Fate.ACCEPTED, 1), *map(accepted, claims)])

    assert (heard, one.counts(OTHER).accepted, room.open_batches()) == (8, 8, 0)


def test_the_late_answer_of_a_buried_sender_to_what_is_due_again_is_not_heard(room: Room) -> None:
    sleeper, heir = room.sender(), room.sender()
    claims = sleeper.claim(EDITION, 10)
    room.clock.advance(minutes=11)
    heir.recover()

    heard = sleeper.record(EDITION, [accepted(claim) for claim in claims])

    assert (heard, heir.counts(EDITION).pending) == (0, 10)


def test_the_late_answer_of_a_buried_sender_does_not_touch_its_heirs_claim(room: Room) -> None:
    sleeper, heir = room.sender(), room.sender()
    claims = sleeper.claim(EDITION, 10)
    room.clock.advance(minutes=11)
    heir.recover()
    again = heir.claim(EDITION, 10)

    late = sleeper.record(EDITION, [outcome(claim, Fate.REJECTED) for claim in claims])
    sleeper.release(EDITION, claims)

    assert (late, {claim.fence for claim in again}) == (0, {2})
    assert heir.record(EDITION, [accepted(claim) for claim in again]) == 10


def test_a_late_answer_after_the_operator_decided_is_not_heard(room: Room) -> None:
    sleeper, heir = room.sender(), room.sender()
    one, two, *_ = sleeper.claim(EDITION, 10)
    for claim in (one, two):
        sleeper.ring.admit(EDITION, claim.recipient.subscriber_id, claim.fence)
    room.clock.advance(minutes=11)
    heir.recover()
    with writing(room.engine) as conn:
        accounts.resolve_ambiguous(conn, EDITION, "resend", now=room.clock(), subscriber_ids=[1])
        accounts.resolve_ambiguous(conn, EDITION, "drop", now=room.clock(), subscriber_ids=[2])

    heard = sleeper.record(EDITION, [accepted(one), accepted(two)])

    assert (heard, room.state(1), room.state(2)) == (0, State.PENDING, State.FAILED)


def test_what_was_in_doubt_is_closed_by_the_answer_of_the_same_claim(room: Room) -> None:
    one = room.sender()
    (claim,) = one.claim(EDITION, 1)

    first = one.record(EDITION, [outcome(claim, Fate.AMBIGUOUS)])
    then = one.record(EDITION, [outcome(claim, Fate.REJECTED, "550 no")])

    assert (first, then, room.state(1)) == (1, 1, State.REJECTED)


def test_a_second_retry_counts_on(room: Room) -> None:
    one = room.sender()
    for _ in range(2):
        (claim,) = one.claim(EDITION, 1)
        one.record(EDITION, [outcome(claim, Fate.DEFERRED, "451 later", 60)])
        room.clock.advance(seconds=61)

    (third,) = one.claim(EDITION, 1)

    assert (third.recipient.subscriber_id, third.attempts, third.fence) == (1, 3, 3)


def test_retries_go_before_what_was_given_back_and_that_before_the_rest(room: Room) -> None:
    one = room.sender()
    claims = one.claim(EDITION, 4)
    one.release(EDITION, claims[:2])
    one.record(EDITION, [outcome(claim, Fate.DEFERRED, "451", 60) for claim in claims[2:]])
    room.clock.advance(seconds=61)

    assert numbers(one.claim(EDITION, 6)) == [3, 4, 1, 2, 5, 6]


def test_who_is_erased_before_the_claim_is_not_claimed(room: Room) -> None:
    one = room.sender()
    one.claim(EDITION, 2)

    erased = room.erase(1, 3, 10)

    assert (erased, numbers(one.claim(EDITION, 10))) == (3, [4, 5, 6, 7, 8, 9])
    assert (room.state(1), room.state(3), room.state(10)) == (State.CLAIMED, State.SKIPPED, State.SKIPPED)


def test_who_is_erased_while_a_retry_waits_is_skipped(room: Room) -> None:
    one = room.sender()
    claims = one.claim(EDITION, 10)
    one.record(EDITION, [outcome(claims[0], Fate.DEFERRED, "451 reader1 is slow", 60), *map(accepted, claims[1:])])

    room.erase(1, 2)
    room.clock.advance(seconds=61)

    with reading(room.engine) as conn:
        lines = list(accounts.iter_deliveries(conn, EDITION))[:2]
    assert one.claim(EDITION, 10) == []
    assert [(line.state, line.reply) for line in lines] == [(State.SKIPPED, ""), (State.ACCEPTED, "")]


def test_who_is_erased_under_way_is_heard_and_else_skipped(room: Room) -> None:
    dead, heir = room.sender(), room.sender()
    claims = dead.claim(EDITION, 3)
    room.erase(1, 2)
    dead.record(EDITION, [accepted(claims[0])])
    room.kill(dead)

    heir.recover()
    again = heir.claim(EDITION, 10)

    assert numbers(again) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert (room.state(1), room.state(2)) == (State.ACCEPTED, State.SKIPPED)


def test_who_is_erased_in_doubt_is_never_sent_again(room: Room) -> None:
    one = room.sender()
    one.record(EDITION, [outcome(claim, Fate.AMBIGUOUS) for claim in one.claim(EDITION, 2)])
    room.erase(1)

    with writing(room.engine) as conn:
        accounts.resolve_ambiguous(conn, EDITION, "resend", now=room.clock())

    assert numbers(one.claim(EDITION, 3)) == [2, 3, 4]
    assert room.state(1) is State.SKIPPED


def test_a_call_with_somebody_erased_is_not_repeated(room: Room) -> None:
    dead, heir = room.sender(), room.sender()
    claims = dead.claim(EDITION, 10)
    dead.call_log(EDITION).asked("key", numbers(claims), 3600)
    room.kill(dead)
    room.erase(4)

    heir.recover()

    assert heir.claim(EDITION, 10) == []
    assert heir.counts(EDITION).ambiguous == 10


def test_a_dead_sender_of_two_editions_leaves_nobody_behind(room: Room) -> None:
    with writing(room.engine) as conn:
        accounts.freeze(conn, OTHER, audience(5))
    dead, heir = room.sender(), room.sender()
    dead.claim(EDITION, 4)
    dead.claim(OTHER, 5)
    room.kill(dead)

    recovered = heir.recover()

    assert (recovered, room.open_batches()) == (9, 0)
    assert (len(heir.claim(EDITION, 20)), len(heir.claim(OTHER, 20))) == (10, 5)


def test_the_last_movement_is_that_of_any_delivery(room: Room) -> None:
    one = room.sender()
    claims = one.claim(EDITION, 2)
    with reading(room.engine) as conn:
        before = accounts.last_movement(conn, EDITION)
    one.record(EDITION, [accepted(claims[0])])
    moment = room.clock.advance(seconds=5)
    one.record(EDITION, [outcome(claims[1], Fate.DEFERRED)])

    with reading(room.engine) as conn:
        assert (before, accounts.last_movement(conn, EDITION)) == (None, moment)


def test_senders_that_claim_at_once_share_the_audience(room: Room) -> None:
    senders = [room.sender() for _ in range(4)]
    start = Barrier(len(senders))

    def work(sender: SqlLedger) -> list[Claim]:
        start.wait()
        mine = []
        while claims := sender.claim(EDITION, 2):
            assert sender.record(EDITION, [accepted(claim) for claim in claims]) == len(claims)
            mine += claims
        return mine

    with ThreadPoolExecutor(len(senders)) as pool:
        shares = list(pool.map(work, senders))

    assert sorted(who for share in shares for who in numbers(share)) == list(range(1, 11))
    assert (senders[0].counts(EDITION).accepted, room.open_batches()) == (10, 0)
