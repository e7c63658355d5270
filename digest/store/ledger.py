"""The ledger: who gets an edition, who got it, and who must be asked about.

Functions take a connection and never commit; ``SqlLedger`` is what the send loop is handed: it owns the locks of
one sending process and makes a short durable transaction of every call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, exc, func, insert, literal, select, update

import subscribers
from digest.errors import LedgerError
from digest.model import Claim, Counts, Outcome, Recipient
from digest.protocols import Clock
from digest.store import calls, deliveries, owners, recovery
from digest.store.ledger_schema import State, attempt, delivery
from digest.store.ring import Ring

LEASE = timedelta(minutes=10)
"""How long a silent sender on another machine keeps its claims. Every claim and every heartbeat prolongs it."""

SENDERS = ".senders"
"""The folder of a workspace where senders keep their locks and journals."""

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the ledger: ``attempts`` counts the tries, ``at`` is when its state last changed."""

    recipient: Recipient
    state: State
    attempts: int
    at: datetime | None
    next_at: datetime | None
    code: str
    reply: str
    provider_id: str


def freeze(conn: Connection, edition_id: int, recipients: Select[Any]) -> int:
    """Write down who gets an edition, in one statement, and return how many there are.

    ``recipients`` yields ``subscriber_id, address, name, text_only, sections``. Freezing an edition again raises
    IntegrityError. Message-IDs are not kept: they follow from edition and reader.
    """
    chosen = recipients.subquery()
    columns = (chosen.c.subscriber_id, chosen.c.address, chosen.c.name, chosen.c.text_only, chosen.c.sections)
    names = ["edition_id", *(column.name for column in columns)]
    statement = insert(delivery).from_select(names, select(literal(edition_id), *columns))
    return conn.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def counts(conn: Connection, edition_id: int) -> Counts:
    """Return the account of an edition; what is claimed at this moment counts as pending."""
    statement = select(delivery.c.state, func.count()).where(delivery.c.edition_id == edition_id)
    by_state = {State(state): number for state, number in conn.execute(statement.group_by(delivery.c.state))}
    return Counts(
        expected=sum(by_state.values()),
        accepted=by_state.get(State.ACCEPTED, 0),
        pending=by_state.get(State.PENDING, 0) + by_state.get(State.CLAIMED, 0),
        deferred=by_state.get(State.DEFERRED, 0),
        rejected=by_state.get(State.REJECTED, 0),
        skipped=by_state.get(State.SKIPPED, 0),
        failed=by_state.get(State.FAILED, 0),
        ambiguous=by_state.get(State.AMBIGUOUS, 0),
    )


def iter_deliveries(conn: Connection, edition_id: int, state: State | None = None) -> Iterator[Delivery]:
    """Yield an edition's deliveries in order of subscriber, all or those in one state."""
    last = -1
    while True:
        statement = select(delivery).where(delivery.c.edition_id == edition_id, delivery.c.subscriber_id > last)
        if state is not None:
            statement = statement.where(delivery.c.state == int(state))
        page = conn.execute(statement.order_by(delivery.c.subscriber_id).limit(_PAGE)).all()
        yield from map(_delivery, page)
        if len(page) < _PAGE:
            return
        last = page[-1].subscriber_id


def resolve_ambiguous(
    conn: Connection,
    edition_id: int,
    choice: Literal["resend", "drop"],
    *,
    now: datetime,
    subscriber_ids: Sequence[int] | None = None,
) -> int:
    """Close ambiguous deliveries as the operator says, all or some; return how many.

    *resend* makes them due again: a reader may get the mail twice. *drop* fails them: a reader may get none.
    """
    statement = update(delivery).where(delivery.c.edition_id == edition_id, delivery.c.state == int(State.AMBIGUOUS))
    if subscriber_ids is not None:
        statement = statement.where(delivery.c.subscriber_id.in_(subscriber_ids))
    calls.close_all(conn, edition_id)
    if choice == "resend":
        return conn.execute(statement.values(state=int(State.PENDING), owner=None, at=now)).rowcount
    reply = "dropped by the operator; whether it arrived is not known"
    return conn.execute(statement.values(state=int(State.FAILED), at=now, reply=reply)).rowcount


def erase_deliveries(conn: Connection, subscriber_id: int, editions: Sequence[int], *, now: datetime) -> int:
    """Remove a person's address, name and the replies about it from these editions; counts stay true.

    What was still to be sent is skipped. Returns how many deliveries were cleaned.
    """
    theirs = (delivery.c.edition_id.in_(editions), delivery.c.subscriber_id == subscriber_id)
    waiting = delivery.c.state.in_([int(State.PENDING), int(State.DEFERRED)])
    conn.execute(update(delivery).where(*theirs, waiting).values(state=int(State.SKIPPED), at=now, next_at=None))
    tried = (attempt.c.edition_id.in_(editions), attempt.c.subscriber_id == subscriber_id)
    conn.execute(update(attempt).where(*tried).values(reply=""))
    return conn.execute(update(delivery).where(*theirs).values(address="", name="", reply="")).rowcount


@contextmanager
def open_ledger(engine: Engine, clock: Clock, *, folder: Path) -> Iterator[SqlLedger]:
    """Announce this process as a sender for as long as the block runs; ``folder`` is the workspace's."""
    ledger = SqlLedger(engine, clock, folder=folder / SENDERS)
    try:
        yield ledger
    finally:
        ledger.close()


class SqlLedger:
    """The ledger of one sending process, over SQLite or PostgreSQL; implements ``protocols.Ledger``.

    Making one announces the process and takes the locks that prove it alive, so make it only to send, and close it.
    ``folder`` holds locks and journals of this machine's senders; every sender of a database finds the others' there.
    Raises LedgerError whenever the database or the disk refuses.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        folder: Path,
        lease: timedelta = LEASE,
        boot: str | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._lease = lease
        self._boot = boot or owners.boot_id()
        now = clock()
        with _kept():
            self._owner = owners.register(engine, folder=folder, boot=self._boot, now=now, lease_until=now + lease)
            self.ring = Ring(self._owner.ring_path, self._owner.token)

    @property
    def owner_id(self) -> int:
        """Return the number of this process in the database."""
        return self._owner.id

    def call_log(self, edition_id: int) -> calls.SqlCallLog:
        """Return the log for an API transport that sends this edition."""
        return calls.SqlCallLog(self._engine, self._clock, edition_id, self._owner.id)

    def claim(self, edition_id: int, limit: int) -> list[Claim]:
        """Take due deliveries; one whole interrupted call before anything else."""
        now = self._clock()
        with self._writing() as conn:
            owners.prolong(conn, self._owner.id, now + self._lease)
            broken_off = calls.claim_interrupted(conn, edition_id, self._owner.id, now)
            return broken_off or deliveries.claim(conn, edition_id, self._owner.id, limit, now)

    def record(self, edition_id: int, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes down; return how many were heard."""
        with self._writing() as conn:
            return deliveries.record(conn, edition_id, outcomes, self._owner.id, self._clock())

    def release(self, edition_id: int, claims: Sequence[Claim]) -> None:
        """Give back claims nothing was done with."""
        with self._writing() as conn:
            deliveries.release(conn, edition_id, claims, self._owner.id)
            calls.reopen(conn, sorted({held.call for held in claims if held.call}))

    def recover(self) -> int:
        """Take back what dead senders held, of every edition."""
        with ExitStack() as locks:
            with self._writing() as conn:
                done = recovery.recover(conn, self._owner.id, self._boot, self._clock(), locks)
            for folder, token in done.buried:
                owners.remove_files(folder, token)
        return done.count

    def heartbeat(self) -> datetime:
        """Prolong the lease, if nobody has buried us, and return its end."""
        until = self._clock() + self._lease
        self._owner.check()
        with self._writing() as conn:
            owners.prolong(conn, self._owner.id, until)
        return until

    def next_due(self, edition_id: int) -> datetime | None:
        """Return when the next deferred delivery or interrupted call is due."""
        with _kept(), subscribers.reading(self._engine) as conn:
            moments = (deliveries.next_due(conn, edition_id), calls.next_due(conn, edition_id, self._clock()))
        return min((moment for moment in moments if moment is not None), default=None)

    def give_up(self, edition_id: int, reason: str) -> int:
        """Fail what is deferred."""
        with self._writing() as conn:
            return deliveries.give_up(conn, edition_id, reason, self._clock())

    def counts(self, edition_id: int) -> Counts:
        """Return the account of the edition."""
        with _kept(), subscribers.reading(self._engine) as conn:
            return counts(conn, edition_id)

    def close(self) -> None:
        """End this sender; what it still held (after a crash of the database, say) is left to recovery."""
        still_held = True
        # A database that is gone must not hide the error that brought us here; recovery ends the row later.
        with contextlib.suppress(LedgerError), self._writing() as conn:
            held = select(func.count()).where(
                delivery.c.state == int(State.CLAIMED), delivery.c.owner == self._owner.id
            )
            still_held = bool(conn.execute(held).scalar())
            if not still_held:
                owners.end(conn, self._owner.id, self._clock())
        self.ring.close()
        self._owner.close(forget=not still_held)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _kept(), subscribers.writing(self._engine) as conn:
            yield conn


@contextmanager
def _kept() -> Iterator[None]:
    """Turn a refusal of the database or the disk into LedgerError: without a record nothing may be sent."""
    try:
        yield
    except (subscribers.DatabaseError, exc.DBAPIError, OSError) as error:
        raise LedgerError(
            f"The record of deliveries could not be kept, so nothing more is sent: {error} "
            "What was sent is not lost; put that right and run the send again."
        ) from error


def _delivery(row: Any) -> Delivery:
    variant = deliveries.variant_name(row.text_only, row.sections)
    return Delivery(
        Recipient(row.subscriber_id, row.address, row.name, variant),
        State(row.state),
        row.attempts,
        row.at,
        row.next_at,
        row.code,
        row.reply,
        row.provider_id,
    )
