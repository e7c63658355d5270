"""The loop that sends an edition: claim, encode, ask the gate, hand over, record; until nobody is left.

It is handed everything it works with and knows no database and no provider. What it must never do is lose track of
a message: whatever ends it (an error, a stop, Ctrl-C), every claim is recorded, given back, or held as ambiguous.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from digest.errors import BadRecipient, LedgerError, TransportError
from digest.model import Claim, Counts, Fate, Mark, Outcome, Outgoing, said
from digest.protocols import Clock, Ledger, Transport
from digest.send import doubt, retry, watchdog
from digest.send.garbage import collected_between
from digest.send.gate import EditionGate
from digest.send.interrupt import on_interrupt

BATCH = 1000
"""Deliveries claimed at once: a look around, a claim and a commit cost little for each, and after a failure of the
machine at most so many are in doubt. A stop does not wait for the end of one."""

AHEAD = 50
"""So many messages are encoded at a time: what a processor has just done it does twice as fast again, and between two
messages it copies a hundred kilobytes."""

FLUSH_S = 1.0
"""How long an outcome waits for others before it is recorded: who asks for a report must not be told of an hour ago."""

_HEARTBEAT = timedelta(seconds=30)
_RECOVER_EVERY = timedelta(seconds=5)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NAP_S = 0.5
_RECONNECT_WAITS_S = (5.0, 15.0, 45.0, 120.0, 300.0)
_SETTLED = frozenset({Fate.ACCEPTED, Fate.REJECTED, Fate.FAILED, Fate.SKIPPED, Fate.AMBIGUOUS})

Encode = Callable[[Claim], Outgoing | Outcome]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a send is: ``done`` of ``expected`` need nothing more, ``accepted`` of them by this run.

    ``waiting_until`` is when the next of those put off is tried again, if there is nothing else to do until then.
    """

    expected: int
    done: int
    accepted: int
    elapsed_s: float
    waiting_until: datetime | None = None

    @property
    def per_second(self) -> float:
        """Return the messages accepted a second in this run."""
        return self.accepted / self.elapsed_s if self.elapsed_s > 0 else 0.0


def deliver_edition(
    *,
    ledger: Ledger,
    edition_id: int,
    encode: Encode,
    transport: Transport,
    gate: EditionGate,
    clock: Clock,
    sleep: Callable[[float], None] = time.sleep,
    deadline: datetime | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    batch: int = BATCH,
    jitter: Callable[[], float] = random.random,
    on_stall: Callable[[str], None] | None = None,
    stall_s: float = watchdog.LIMIT_S,
) -> Counts:
    """Send an edition to everybody the ledger still names and return its account.

    Ends when nothing open is left that this process may take, when the editors stop it, or at the deadline: what
    is deferred then fails, what was never tried stays open. Waits while paused. ``encode`` may return an outcome
    instead of a message. ``on_stall`` is told, from another thread, what a silence of ``stall_s`` seconds is about.
    Raises TransportError when mail is refused for our own fault or cannot be handed over,
    LedgerError when the record cannot be kept, KeyboardInterrupt after Ctrl-C; all of them after settling.
    """
    send = _Send(
        ledger=ledger,
        edition_id=edition_id,
        encode=encode,
        transport=transport,
        gate=gate,
        clock=clock,
        sleep=sleep,
        deadline=deadline,
        on_progress=on_progress,
        batch=max(batch, transport.batch),
        jitter=jitter,
        on_stall=on_stall,
        stall_s=stall_s,
    )
    with on_interrupt(gate.interrupt), collected_between() as send.collect:
        return send.run()


@dataclass(slots=True, kw_only=True)
class _Send:
    """One run of the loop. ``held`` are claims without an outcome, ``outcomes`` are not yet recorded.

    ``doubtful`` failed while the edition had not one acceptance: perhaps the fault is ours and not theirs.
    """

    ledger: Ledger
    edition_id: int
    encode: Encode
    transport: Transport
    gate: EditionGate
    clock: Clock
    sleep: Callable[[float], None]
    deadline: datetime | None
    on_progress: Callable[[Progress], None] | None
    batch: int
    jitter: Callable[[], float]
    on_stall: Callable[[str], None] | None = None
    stall_s: float = watchdog.LIMIT_S
    collect: Callable[[], None] = lambda: None
    doing: str = ""
    held: dict[int, Claim] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    doubtful: list[doubt.Doubtful] = field(default_factory=list)
    given_back: list[Claim] = field(default_factory=list)
    refusal: str = ""
    exhausted: bool = False
    expected: int = 0
    done: int = 0
    accepted: int = 0
    is_trusted: bool = False
    lost_contact: int = 0
    started: datetime = _NEVER
    beat_due: datetime = _NEVER
    flush_due_at: float = 0.0
    recovered_at: datetime = _NEVER

    def run(self) -> Counts:
        """Send, and return the account."""
        self.started = self.clock()
        self.gate.bind(self.edition_id, self.clock, self._beat, deadline=self.deadline)
        self._heartbeat()
        self._recover()
        start = self.ledger.counts(self.edition_id)
        self.expected, self.done = start.expected, start.expected - start.open
        self.is_trusted = start.accepted > 0
        self._report()
        while self._round() and self._wait_for_more():
            pass
        if self.gate.interrupted:
            raise KeyboardInterrupt
        if self.refusal:
            raise TransportError(self.refusal)
        if self._is_late():
            self.ledger.give_up(self.edition_id, "the deadline passed")
        return self.ledger.counts(self.edition_id)

    def _round(self) -> bool:
        """Hand over all that is due now; False when the send must end. Settles everything it took."""
        try:
            self._hand_over()
        except TransportError:
            self._settle()
            if not self._may_reconnect():
                raise
            return True
        except BaseException:
            # Also KeyboardInterrupt: nothing may leave here with a claim unaccounted for. A ledger that failed
            # already told so; the next sender then recovers from the journal.
            with suppress(LedgerError):
                self._settle()
            raise
        self._settle()
        self.lost_contact = 0
        return not self.refusal

    def _hand_over(self) -> None:
        told = None if self.on_stall is None else self._stalled
        with (
            watchdog.watching(told, self._progress, limit_s=self.stall_s),
            _closing(self.transport.deliver(self._messages(), self.gate)) as outcomes,
        ):
            for outcome in outcomes:
                self._take(outcome)
        if self.held and self._may_go_on() and self.exhausted:
            raise TransportError(
                f"The {self.transport.kind} transport ended without telling what became of its messages."
            )

    def _progress(self) -> tuple[int, int, int]:
        return self.done, len(self.outcomes), len(self.held)

    def _stalled(self, silent_s: float) -> None:
        if self.on_stall is not None:
            self.on_stall(
                f"Nothing has happened for {silent_s:.0f} s: waiting for {self.doing} with {len(self.held)} unsettled. "
                f"{self.done} of {self.expected} are done."
            )

    def _messages(self) -> Iterator[Outgoing]:
        while self._may_go_on():
            self.doing = "the record in the database"
            self._flush()
            claims = self.ledger.claim(self.edition_id, self.batch)
            self.collect()
            self.doing = f"the {self.transport.kind} transport (an answer, or the moment its pace allows)"
            self.exhausted = not claims
            if not claims:
                return
            # However fast it goes, what an editor stops ends with the batch that was claimed before.
            self.gate.look(anew=True)
            self.held.update((claim.recipient.subscriber_id, claim) for claim in claims)
            for start in range(0, len(claims), AHEAD):
                yield from self._encoded(claims[start : start + AHEAD])
                if not self._may_go_on():
                    return

    def _encoded(self, claims: Sequence[Claim]) -> Iterator[Outgoing]:
        """Encode some messages and yield them for as long as the send may go on."""
        looked_at = self.gate.looked_at
        try:
            made = [self.encode(claim) for claim in claims]
        except BadRecipient:
            made = [self._encoded_or_rejected(claim) for claim in claims]
        for claim, encoded in zip(claims, made, strict=True):
            # Each message is asked for at the gate itself; that the whole send must end is looked for as often as the
            # gate looks around.
            if self.refusal or self.gate.looked_at != looked_at:
                looked_at = self.gate.looked_at
                if not self._may_go_on():
                    return
            if isinstance(encoded, Outcome):
                del self.held[encoded.subscriber_id]
                self._settled(encoded, claim)
            else:
                yield encoded._replace(call=claim.call) if claim.call else encoded

    def _encoded_or_rejected(self, claim: Claim) -> Outgoing | Outcome:
        """Encode one message; a reader whose address no mail can hold must not keep it from the others."""
        try:
            return self.encode(claim)
        except BadRecipient:
            reply = "5.1.3 the address cannot stand in a mail"
            return Outcome(claim.recipient.subscriber_id, Fate.REJECTED, claim.fence, "501", reply)

    def _may_go_on(self) -> bool:
        return not self.refusal and not self._is_late() and self.gate.is_open

    def _is_late(self) -> bool:
        return self.deadline is not None and self.clock() >= self.deadline

    def _take(self, outcome: Outcome) -> None:
        """Accept the fate of one message and decide what the ledger shall say of it."""
        claim = self.held.pop(outcome.subscriber_id, None)
        if claim is None:
            return
        if self.is_trusted and outcome.fate is Fate.ACCEPTED and outcome.fence == claim.fence:
            # Nearly all of them.
            self.outcomes.append(outcome)
            self.accepted += 1
            self.done += 1
        elif outcome.fate is Fate.SKIPPED and not self.gate.has_left(outcome.subscriber_id) and not outcome.reply:
            # Held back by a stop or a pause, not by the reader's wish: it may go when that is over.
            self.given_back.append(claim)
        elif not self.is_trusted and doubt.is_doubtful(outcome):
            self._doubt(claim, outcome)
        else:
            self._settled(outcome, claim)
        if len(self.outcomes) >= self.batch or self.gate.looked_at >= self.flush_due_at:
            self._flush()

    def _settled(self, outcome: Outcome, claim: Claim) -> None:
        if outcome.fence != claim.fence:
            outcome = outcome._replace(fence=claim.fence)
        if outcome.fate is not Fate.ACCEPTED:
            self.outcomes.append(self._judged(outcome, claim))
            return
        self.outcomes.append(outcome)
        self.accepted += 1
        self.done += 1
        if not self.is_trusted:
            # The server takes this edition from us, so those that failed before did so for reasons of their own.
            self.is_trusted = True
            for failed_claim, failed in self.doubtful:
                self._settled(failed, failed_claim)
            self.doubtful = []

    def _doubt(self, claim: Claim, outcome: Outcome) -> None:
        self.doubtful.append((claim, outcome))
        if doubt.are_hopeless(self.doubtful):
            self._blame_us(self.doubtful)
            self.doubtful = []

    def _blame_us(self, failed: Sequence[doubt.Doubtful]) -> None:
        """Give back those that failed without one acceptance: whoever puts the cause right can send to them again."""
        last = failed[-1][1]
        self.refusal = self.refusal or (
            f"Nobody was accepted, and {len(failed)} of the first messages failed, the last with: "
            f"{said(last.code, last.reply)}. The send stopped and they stay on the list; look at the content and the "
            "sender's standing, then send again."
        )
        self.given_back += [claim for claim, _ in failed]

    def _judge_doubtful(self) -> None:
        """At the end without an acceptance: mailboxes that are not there are rejected, for the rest it was us."""
        doubtful, self.doubtful = self.doubtful, []
        unclear = doubt.unclear(doubtful)
        if unclear:
            self._blame_us(unclear)
        for claim, outcome in doubtful:
            if (claim, outcome) not in unclear:
                self._settled(outcome, claim)

    def _judged(self, outcome: Outcome, claim: Claim) -> Outcome:
        if outcome.fate is Fate.REFUSED:
            self.refusal = self.refusal or (
                f"The {self.transport.kind} server refuses our mail: {said(outcome.code, outcome.reply)}. "
                "Nobody was marked as undeliverable; put it right and send again."
            )
        elif outcome.fate is Fate.DEFERRED:
            return self._scheduled(outcome, claim)
        self.done += outcome.fate in _SETTLED
        return outcome

    def _scheduled(self, outcome: Outcome, claim: Claim) -> Outcome:
        wait_s = outcome.retry_after_s
        if wait_s is None:
            wait_s = retry.wait_s(claim.attempts, self.jitter)
        too_late = self.deadline is not None and self.clock() + timedelta(seconds=wait_s) >= self.deadline
        if too_late or claim.attempts >= retry.MAX_ATTEMPTS:
            self.done += 1
            why = "the next try would come after the deadline" if too_late else f"{claim.attempts} tries were in vain"
            return outcome._replace(fate=Fate.FAILED, reply=f"gave up, {why}; last reply: {outcome.reply}")
        return outcome._replace(retry_after_s=wait_s)

    def _flush(self) -> None:
        """Record what is known; only then its places in the journal are free again."""
        self.flush_due_at = self.gate.looked_at + FLUSH_S
        if self.given_back:
            self.ledger.release(self.edition_id, self.given_back)
            self.gate.ring.free([claim.recipient.subscriber_id for claim in self.given_back])
            self.given_back = []
            self.exhausted = False
        if self.outcomes:
            self.ledger.record(self.edition_id, self.outcomes)
            self.gate.ring.free([outcome.subscriber_id for outcome in self.outcomes])
            self.outcomes = []
            self._report()
        self._beat()

    def _settle(self) -> None:
        """Account for every claim still held: by the journal's word, as ambiguous, or given back untouched."""
        for number, claim in list(self.held.items()):
            mark = self.gate.ring.find(number)
            if mark is None:
                self.given_back.append(claim)
                del self.held[number]
            else:
                self._take(_of_mark(mark))
        self._judge_doubtful()
        self._flush()

    def _wait_for_more(self) -> bool:
        """Wait until something is due again; False when nothing will be."""
        while not self.gate.interrupted and not self._is_late():
            state = self.gate.look()
            if state.stopped:
                return False
            if state.paused:
                self._nap(_NAP_S)
                continue
            if not self.exhausted or self._found_more():
                return True
            due = self.ledger.next_due(self.edition_id)
            if due is None:
                return self._recover()
            if due <= self.clock():
                return True
            self._report(waiting_until=due)
            self._nap((due - self.clock()).total_seconds())
        return False

    def _found_more(self) -> bool:
        return self.clock() - self.recovered_at >= _RECOVER_EVERY and self._recover()

    def _recover(self) -> bool:
        self.recovered_at = self.clock()
        return self.ledger.recover() > 0

    def _nap(self, longest_s: float) -> None:
        self.sleep(min(longest_s, _NAP_S))
        self._beat()

    def _may_reconnect(self) -> bool:
        """After a broken contact: wait a while if mail has been accepted before; False when that is in vain."""
        if not self.accepted or self.lost_contact >= len(_RECONNECT_WAITS_S) or self.refusal:
            return False
        until = self.clock() + timedelta(seconds=_RECONNECT_WAITS_S[self.lost_contact])
        self.lost_contact += 1
        while self.clock() < until and self.gate.is_open and not self._is_late():
            self._nap((until - self.clock()).total_seconds())
        return True

    def _beat(self) -> None:
        if self.clock() >= self.beat_due:
            self._heartbeat()

    def _heartbeat(self) -> None:
        self.beat_due = self.clock() + _HEARTBEAT
        self.gate.hold_until(self.ledger.heartbeat())

    def _report(self, waiting_until: datetime | None = None) -> None:
        if self.on_progress is not None:
            elapsed_s = (self.clock() - self.started).total_seconds()
            done = min(self.done, self.expected)
            self.on_progress(Progress(self.expected, done, self.accepted, elapsed_s, waiting_until))


def _of_mark(mark: Mark) -> Outcome:
    if mark.fate is None:
        reply = "the send broke off before the answer was known"
        return Outcome(mark.subscriber_id, Fate.AMBIGUOUS, mark.fence, reply=reply)
    return Outcome(mark.subscriber_id, mark.fate, mark.fence, str(mark.code) if mark.code else "")


@contextmanager
def _closing(outcomes: Iterator[Outcome]) -> Iterator[Iterator[Outcome]]:
    """End a transport's generator in every case, so that it drops what it has under way."""
    try:
        yield outcomes
    finally:
        if isinstance(outcomes, Generator):
            outcomes.close()
