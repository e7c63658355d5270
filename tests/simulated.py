"""A send as a world of its own: several senders, one server, a clock, and a plan of what happens in which order.

The ledger is the real one, or a mutant of it that must be caught: what other programs do (a cursor moved when a batch
is fetched, or when it is sent), a claim that claims nothing, and a sender that does not look at its lease.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest.errors import LedgerError, OwnershipLost
from digest.model import Claim, Fate, Outcome, Outgoing, Recipient
from digest.send import EditionGate, GateState
from digest.store.ledger import SqlLedger
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, die
from tests.sends import NoJournal, encode

READERS = 12
BATCH = 3
SENDERS = 3
LEASE = timedelta(minutes=10)

ACTIONS = (
    "claim",
    "send",
    "send",
    "send",
    "record",
    "die",
    "die in doubt",
    "die answered",
    "recover",
    "sleep",
    "leave",
)


@dataclass
class Sender:
    """One process: its ledger, its gate, what it holds and what it knows and has not written down."""

    ledger: Any
    gate: EditionGate
    held: list[Claim] = field(default_factory=list)
    known: list[Outcome] = field(default_factory=list)


class World:
    """Runs plans. ``make`` opens a sender's ledger; ``watches_lease`` is what the mutant leaves out."""

    def __init__(self, make: Callable[[], Any], clock: FrozenClock, *, watches_lease: bool = True) -> None:
        self.make, self.clock, self.watches_lease = make, clock, watches_lease
        self.senders: list[Sender | None] = [None] * SENDERS
        self.taken: list[int] = []
        self.gone: set[int] = set()
        self.doubts = 0

    def run(self, plan: list[tuple[str, int]]) -> None:
        """Act a plan out, and let one last sender end the edition."""
        for action, place in plan:
            self.act(action, place % SENDERS)
        self.finish()

    def act(self, action: str, place: int) -> None:
        if action == "sleep":
            self.clock.advance(minutes=4)
            return
        sender = self.senders[place] or self.start(place)
        try:
            self.step(action, sender, place)
        except LedgerError:
            # Declared dead, so it stops at once and writes nothing more.
            self.bury(place)

    def start(self, place: int) -> Sender:
        ledger = self.make()
        gate = EditionGate(lambda: GateState(withdrawn=frozenset(self.gone)), ring=ledger.ring, monotonic=self.seconds)
        gate.bind(EDITION, self.clock)
        if self.watches_lease:
            gate.hold_until(self.clock() + LEASE)
        sender = self.senders[place] = Sender(ledger, gate)
        return sender

    def seconds(self) -> float:
        """Let each look at the state be a fresh one."""
        self.clock.advance(milliseconds=1)
        return self.clock().timestamp() * 1000

    def step(self, action: str, sender: Sender, place: int) -> None:
        if action == "claim" and not sender.held:
            sender.held += sender.ledger.claim(EDITION, BATCH)
            if self.watches_lease:
                sender.gate.hold_until(sender.ledger.heartbeat())
        elif action == "send" and sender.held:
            self.send(sender, encode(sender.held.pop(0)))
        elif action == "record":
            self.record(sender)
        elif action == "recover":
            sender.ledger.recover()
        elif action == "leave":
            self.gone.add(1 + len(self.gone) * 5 % READERS)
        elif action.startswith("die"):
            self.die(action, sender, place)

    def send(self, sender: Sender, message: Outgoing, *, answered: bool = True) -> None:
        if not sender.gate.admit([message]):
            sender.known.append(Outcome(message.subscriber_id, Fate.SKIPPED, message.fence))
            return
        self.taken.append(message.subscriber_id)
        outcome = Outcome(message.subscriber_id, Fate.ACCEPTED, message.fence, "250")
        if answered:
            sender.gate.answered([outcome])
            sender.known.append(outcome)

    def record(self, sender: Sender) -> None:
        sender.ledger.record(EDITION, sender.known)
        sender.gate.ring.free([outcome.subscriber_id for outcome in sender.known])
        sender.known = []

    def die(self, action: str, sender: Sender, place: int) -> None:
        if sender.held and action != "die":
            self.doubts += action == "die in doubt"
            self.send(sender, encode(sender.held.pop(0)), answered=action == "die answered")
        self.bury(place)

    def bury(self, place: int) -> None:
        sender = self.senders[place]
        self.senders[place] = None
        if sender is not None and isinstance(sender.ledger, SqlLedger):
            die(sender.ledger)

    def finish(self) -> None:
        for place, sender in enumerate(self.senders):
            if sender is not None:
                self.act("record", place)
                self.bury(place)
        last = self.start(0)
        last.ledger.recover()
        for _ in range(READERS + 2):
            self.step("claim", last, 0)
            if not last.held:
                break
            while last.held:
                self.step("send", last, 0)
            self.record(last)
        last.ledger.close()

    @property
    def twice(self) -> list[int]:
        """Return who got it more than once."""
        return [who for who, times in Counter(self.taken).items() if times > 1]

    @property
    def missed(self) -> set[int]:
        """Return who never got it and had not left."""
        return set(range(1, READERS + 1)) - set(self.taken) - self.gone


def real(engine: sa.Engine, clock: FrozenClock, folder: Path) -> Callable[[], SqlLedger]:
    """Return what opens a sender's ledger over a database."""
    return lambda: SqlLedger(engine, clock, folder=folder, lease=LEASE)


@dataclass
class Cursor:
    """A mutant that keeps one number for all: ``at_fetch`` moves it when a batch is fetched, else when it is sent."""

    at_fetch: bool
    shared: list[int]
    ring: Any = field(default_factory=NoJournal)

    def claim(self, edition_id: int, limit: int) -> list[Claim]:
        del edition_id
        first = self.shared[0] + 1
        batch = [claim_of(number) for number in range(first, min(first + limit, READERS + 1))]
        if self.at_fetch and batch:
            self.shared[0] = batch[-1].recipient.subscriber_id
        return batch

    def record(self, edition_id: int, outcomes: list[Outcome]) -> int:
        del edition_id
        if not self.at_fetch and outcomes:
            self.shared[0] = max(self.shared[0], *(outcome.subscriber_id for outcome in outcomes))
        return len(outcomes)

    def recover(self) -> int:
        return 0

    def heartbeat(self) -> Any:
        raise OwnershipLost("a cursor has no lease")

    def close(self) -> None: ...


@dataclass
class Unclaimed(Cursor):
    """A mutant without a claim: it reads who has not got it yet, and so does everybody else (no unique key)."""

    done: set[int] = field(default_factory=set)

    def claim(self, edition_id: int, limit: int) -> list[Claim]:
        del edition_id
        return [claim_of(number) for number in range(1, READERS + 1) if number not in self.done][:limit]

    def record(self, edition_id: int, outcomes: list[Outcome]) -> int:
        del edition_id
        self.done.update(outcome.subscriber_id for outcome in outcomes)
        return len(outcomes)


def claim_of(number: int) -> Claim:
    return Claim(Recipient(number, f"reader{number}@example.org"), 1, 1)
