"""The loop that sends an edition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from digest.errors import BadRecipient, LedgerError, TransportError
from digest.model import Claim, Counts, Fate, Outcome, Outgoing
from digest.send.deliver import Encode, Progress, deliver_edition
from digest.send.doubt import DEAD_AHEAD, HOPELESS
from digest.send.gate import EditionGate, GateState
from digest.store.ledger import SqlLedger
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, prepare
from tests.sends import Scripted, encode

READERS = 25


class Desk:
    """What a send is handed, with the answers a test may change on the way."""

    def __init__(self, ledger: SqlLedger, clock: FrozenClock) -> None:
        self.ledger, self.clock = ledger, clock
        self.state = GateState()
        self.started = clock()
        self.gate = EditionGate(lambda: self.state, ring=ledger.ring, monotonic=lambda: self._seconds())
        self.progress: list[Progress] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def _seconds(self) -> float:
        self.clock.advance(milliseconds=1)
        return (self.clock() - self.started).total_seconds() * 1000

    def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds=max(seconds, 0.5) * 20)
        self.on_sleep()

    def send(self, transport: Scripted, encode: Encode = encode, **more: object) -> Counts:
        return deliver_edition(
            ledger=self.ledger,
            edition_id=EDITION,
            encode=encode,
            transport=transport,
            gate=self.gate,
            clock=self.clock,
            sleep=self.sleep,
            on_progress=self.progress.append,
            jitter=lambda: 0.5,
            **{"deadline": self.started + timedelta(hours=2), "batch": 10, **more},
        )


@pytest.fixture
def desk(sqlite_engine: sa.Engine, clock: FrozenClock, tmp_path: Path) -> Iterator[Desk]:
    ledger = SqlLedger(prepare(sqlite_engine, READERS), clock, folder=tmp_path / "senders")
    yield Desk(ledger, clock)
    ledger.close()


def test_everybody_gets_it_once(desk: Desk) -> None:
    transport = Scripted()

    counts = desk.send(transport)

    assert sorted(transport.taken) == list(range(1, READERS + 1))
    assert (counts.accepted, counts.open) == (READERS, 0)


def test_a_second_run_sends_nothing(desk: Desk) -> None:
    desk.send(Scripted())
    again = Scripted()

    counts = desk.send(again)

    assert again.taken == []
    assert counts.accepted == READERS


def test_a_refused_reader_does_not_hold_up_the_others(desk: Desk) -> None:
    counts = desk.send(Scripted(lambda m: Fate.REJECTED if m.subscriber_id % 5 == 0 else Fate.ACCEPTED))

    assert (counts.rejected, counts.accepted) == (5, 20)


def test_what_is_deferred_is_tried_again_until_it_is_taken(desk: Desk) -> None:
    tries: dict[int, int] = {}

    def third_time(sent: Outgoing) -> Fate:
        tries[sent.subscriber_id] = tries.get(sent.subscriber_id, 0) + 1
        return Fate.ACCEPTED if sent.subscriber_id > 2 or tries[sent.subscriber_id] == 3 else Fate.DEFERRED

    counts = desk.send(Scripted(third_time))

    assert counts.accepted == READERS
    assert (tries[1], tries[2], tries[3]) == (3, 3, 1)


def test_a_server_that_names_a_time_is_obeyed(desk: Desk) -> None:
    moments: list[float] = []

    def busy(sent: Outgoing) -> Outcome | Fate:
        if sent.subscriber_id != 1:
            return Fate.ACCEPTED
        moments.append((desk.clock() - desk.started).total_seconds())
        return Outcome(1, Fate.DEFERRED, retry_after_s=1800) if len(moments) == 1 else Fate.ACCEPTED

    desk.send(Scripted(busy))

    assert moments[1] - moments[0] >= 1800


def test_a_retry_that_would_come_after_the_deadline_is_given_up_at_once(desk: Desk) -> None:
    counts = desk.send(Scripted(lambda m: Outcome(m.subscriber_id, Fate.DEFERRED, reply="451 busy", retry_after_s=9e3)))

    assert (counts.failed, counts.open) == (READERS, 0)


def test_nothing_is_sent_after_the_deadline(desk: Desk) -> None:
    transport = Scripted()

    counts = desk.send(transport, deadline=desk.started)

    assert transport.taken == []
    assert counts.pending == READERS


def test_our_own_fault_stops_the_send_and_blames_nobody(desk: Desk) -> None:
    transport = Scripted(lambda m: Outcome(m.subscriber_id, Fate.REFUSED, code="535", reply="no such sender"))

    with pytest.raises(TransportError, match="no such sender"):
        desk.send(transport)

    assert len(transport.taken) == 1
    assert desk.ledger.counts(EDITION).pending == READERS


def test_content_that_everybody_refuses_stops_the_send(desk: Desk) -> None:
    transport = Scripted(lambda _: Fate.FAILED)

    with pytest.raises(TransportError, match="Nobody was accepted"):
        desk.send(transport)

    assert len(transport.taken) == HOPELESS
    assert desk.ledger.counts(EDITION).pending == READERS


def test_a_short_list_that_is_refused_whole_is_not_burnt(desk: Desk) -> None:
    with pytest.raises(TransportError, match="they stay on the list"):
        desk.send(Scripted(lambda m: Fate.FAILED if m.subscriber_id < 3 else Fate.REJECTED))

    assert desk.ledger.counts(EDITION).pending == 2


def test_one_acceptance_clears_us_of_the_failures_before_it(desk: Desk) -> None:
    counts = desk.send(Scripted(lambda m: Fate.FAILED if m.subscriber_id < 3 else Fate.ACCEPTED))

    assert (counts.failed, counts.accepted) == (2, READERS - 2)


def test_a_wait_for_those_put_off_is_told(desk: Desk) -> None:
    tried: set[int] = set()

    def once_later(sent: Outgoing) -> Fate:
        first = sent.subscriber_id not in tried
        tried.add(sent.subscriber_id)
        return Fate.DEFERRED if first and sent.subscriber_id == 4 else Fate.ACCEPTED

    desk.send(Scripted(once_later))

    assert {progress.waiting_until is not None for progress in desk.progress} == {True, False}


def test_a_stop_leaves_the_rest_open(desk: Desk) -> None:
    def stopping(sent: Outgoing) -> Fate:
        if sent.subscriber_id == 12:
            desk.state = GateState(stopped=True)
        return Fate.ACCEPTED

    counts = desk.send(Scripted(stopping))

    assert (counts.accepted, counts.pending, counts.skipped) == (12, 13, 0)


def test_however_fast_it_goes_a_stop_lets_no_further_batch_begin(desk: Desk) -> None:
    desk.gate = EditionGate(lambda: desk.state, ring=desk.ledger.ring, monotonic=lambda: 0.0)

    def stopping(sent: Outgoing) -> Fate:
        if sent.subscriber_id == 12:
            desk.state = GateState(stopped=True)
        return Fate.ACCEPTED

    counts = desk.send(Scripted(stopping))

    assert (counts.accepted, counts.pending) == (20, 5)


def test_a_pause_is_waited_for(desk: Desk) -> None:
    desk.state = GateState(paused=True)
    desk.on_sleep = lambda: setattr(desk, "state", GateState())

    counts = desk.send(Scripted())

    assert counts.accepted == READERS


def test_who_left_meanwhile_is_skipped_for_good(desk: Desk) -> None:
    desk.state = GateState(withdrawn=frozenset({3, 4}))
    transport = Scripted()

    counts = desk.send(transport)

    assert not {3, 4} & set(transport.taken)
    assert (counts.skipped, counts.accepted) == (2, READERS - 2)


def test_a_message_that_cannot_be_encoded_is_recorded_with_its_reason(desk: Desk) -> None:
    def picky(claim: Claim) -> Outgoing | Outcome:
        if claim.recipient.subscriber_id == 7:
            return Outcome(7, Fate.REJECTED, claim.fence, reply="no mail address")
        return encode(claim)

    assert desk.send(Scripted(), picky).rejected == 1


def test_an_error_gives_back_what_was_not_begun(desk: Desk) -> None:
    def failing(sent: Outgoing) -> Fate:
        if sent.subscriber_id == 5:
            raise RuntimeError("a bug")
        return Fate.ACCEPTED

    with pytest.raises(RuntimeError, match="a bug"):
        desk.send(Scripted(failing))

    counts = desk.ledger.counts(EDITION)
    assert (counts.accepted, counts.ambiguous, counts.pending) == (4, 1, 20)


def test_ctrl_c_settles_the_batch(desk: Desk) -> None:
    def interrupted(sent: Outgoing) -> Fate:
        if sent.subscriber_id == 5:
            desk.gate.interrupt()
        return Fate.ACCEPTED

    with pytest.raises(KeyboardInterrupt):
        desk.send(Scripted(interrupted))

    counts = desk.ledger.counts(EDITION)
    assert (counts.accepted, counts.pending, counts.ambiguous) == (5, 20, 0)


def test_a_server_that_cannot_be_reached_ends_the_send_and_claims_nothing(desk: Desk) -> None:
    def unreachable(sent: Outgoing) -> Fate:
        raise TransportError("cannot reach mail.example.com:587")

    transport = Scripted(unreachable)
    transport.deliver = lambda messages, gate: iter(unreachable(m) for m in messages)  # type: ignore[method-assign,misc]

    with pytest.raises(TransportError, match=r"mail\.example\.com:587"):
        desk.send(transport)

    assert desk.ledger.counts(EDITION).pending == READERS


def test_a_server_that_goes_away_for_a_while_is_waited_for(desk: Desk) -> None:
    failures = iter([True])

    class Flaky(Scripted):
        def deliver(self, messages, gate):  # type: ignore[no-untyped-def]
            for sent in messages:
                if sent.subscriber_id == 15 and next(failures, False):
                    raise TransportError("connection reset")
                yield from Scripted.deliver(self, [sent], gate)

    counts = desk.send(Flaky())

    assert counts.accepted == READERS


def test_a_transport_that_forgets_messages_is_told_off(desk: Desk) -> None:
    class Forgetful(Scripted):
        def deliver(self, messages, gate):  # type: ignore[no-untyped-def]
            for _ in messages:
                pass
            return iter(())

    with pytest.raises(TransportError, match="without telling"):
        desk.send(Forgetful())

    assert desk.ledger.counts(EDITION).pending == READERS


def test_a_ledger_that_cannot_record_ends_the_send(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(edition_id: int, outcomes: object) -> int:
        raise LedgerError("the disk is full")

    monkeypatch.setattr(desk.ledger, "record", full)

    with pytest.raises(LedgerError, match="disk is full"):
        desk.send(Scripted())


def test_progress_ends_with_everybody(desk: Desk) -> None:
    desk.send(Scripted())

    first, last = desk.progress[0], desk.progress[-1]
    assert (first.done, first.expected) == (0, READERS)
    assert (last.done, last.accepted) == (READERS, READERS)
    assert last.per_second > 0


def test_the_lease_is_prolonged_while_a_send_waits(desk: Desk) -> None:
    tries: list[int] = []

    def once_deferred(sent: Outgoing) -> Outcome | Fate:
        tries.append(sent.subscriber_id)
        first = tries.count(sent.subscriber_id) == 1
        return Outcome(sent.subscriber_id, Fate.DEFERRED, retry_after_s=3600) if first else Fate.ACCEPTED

    assert desk.send(Scripted(once_deferred)).accepted == READERS


def test_a_reader_whose_address_no_mail_can_hold_does_not_keep_it_from_the_others(desk: Desk) -> None:
    def odd(claim: Claim) -> Outgoing:
        if claim.recipient.subscriber_id in (1, 13):
            raise BadRecipient("no mail address")
        return encode(claim)

    counts = desk.send(Scripted(), odd)

    assert (counts.rejected, counts.accepted, counts.open) == (2, READERS - 2, 0)


def refusing(reply: str) -> Scripted:
    return Scripted(lambda m: Outcome(m.subscriber_id, Fate.REJECTED, code=reply[:3], reply=reply))


def test_a_server_that_refuses_every_reader_without_naming_a_mailbox_refuses_us(desk: Desk) -> None:
    transport = refusing("550 relaying denied")

    with pytest.raises(TransportError, match="Nobody was accepted"):
        desk.send(transport)

    assert len(transport.taken) == HOPELESS
    assert desk.ledger.counts(EDITION).pending == READERS


def test_mailboxes_that_are_not_there_are_rejected_even_if_nobody_else_is(desk: Desk) -> None:
    counts = desk.send(refusing("550 5.1.1 no such user"))

    assert (counts.rejected, counts.open) == (READERS, 0)


def test_a_long_list_on_which_nobody_is_there_is_not_burnt(
    sqlite_engine: sa.Engine, clock: FrozenClock, tmp_path: Path
) -> None:
    ledger = SqlLedger(prepare(sqlite_engine, DEAD_AHEAD + 50), clock, folder=tmp_path / "senders")
    transport = refusing("550 5.1.1 no such user")

    with pytest.raises(TransportError, match="Nobody was accepted"):
        Desk(ledger, clock).send(transport)

    assert len(transport.taken) == DEAD_AHEAD
    assert ledger.counts(EDITION).pending == DEAD_AHEAD + 50
    ledger.close()


def test_what_a_slow_send_has_done_is_in_the_record_a_second_later(desk: Desk) -> None:
    seen: list[int] = []

    def slowly(sent: Outgoing) -> Fate:
        seen.append(desk.ledger.counts(EDITION).accepted)
        desk.gate.look(anew=True)
        return Fate.ACCEPTED

    desk.send(Scripted(slowly), batch=READERS)

    assert seen == list(range(READERS))


def test_a_sender_that_only_waits_keeps_its_lease(desk: Desk) -> None:
    def after_minutes(_: Outgoing) -> Fate:
        for _minute in range(15):
            desk.clock.advance(minutes=1)
            desk.gate.look(anew=True)
        desk.gate.admit([])
        return Fate.ACCEPTED

    counts = desk.send(Scripted(after_minutes), deadline=None)

    assert counts.accepted == READERS
