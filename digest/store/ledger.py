"""The ledger as the send loop is handed it: who gets an edition, who got it, and who must be asked about.

``SqlLedger`` owns the locks of one sending process and makes a short durable transaction of every call. What others
ask of the ledger stands in ``accounts``.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, exc

import subscribers
from digest.errors import LedgerError
from digest.model import Claim, Counts, Outcome
from digest.protocols import Clock
from digest.store import accounts, calls, deliveries, ledger_sql, owners, records, recovery
from digest.store.ring import Ring

LEASE = timedelta(minutes=10)
"""How long a silent sender on another machine keeps its claims. Every claim and every heartbeat prolongs it."""

SENDERS = ".senders"
"""The folder of a workspace where senders keep their locks and journals."""


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
        # Whom this process has claimed and not accounted for: certainly in the audience, so recording need not look.
        self._known: defaultdict[int, set[int]] = defaultdict(set)
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
            deliveries.take_turn(conn, [edition_id])
            broken_off = calls.claim_interrupted(conn, edition_id, self._owner.id, now)
            claims = broken_off or deliveries.claim(conn, edition_id, self._owner.id, limit, now)
        self._known[edition_id].update([held.recipient.subscriber_id for held in claims])
        return claims

    def record(self, edition_id: int, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes down; return how many were heard."""
        known = self._known[edition_id]
        with self._taking_turns(edition_id) as conn:
            heard = records.record(conn, edition_id, outcomes, self._owner.id, self._clock(), known)
        known.difference_update([outcome.subscriber_id for outcome in outcomes])
        return heard

    def release(self, edition_id: int, claims: Sequence[Claim]) -> None:
        """Give back claims nothing was done with."""
        with self._taking_turns(edition_id) as conn:
            records.release(conn, edition_id, claims, self._owner.id)
            calls.reopen(conn, sorted({held.call for held in claims if held.call}))
        self._known[edition_id].difference_update([held.recipient.subscriber_id for held in claims])

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
        with self._taking_turns(edition_id) as conn:
            return deliveries.give_up(conn, edition_id, reason, self._clock())

    def counts(self, edition_id: int) -> Counts:
        """Return the account of the edition."""
        with _kept(), subscribers.reading(self._engine) as conn:
            return accounts.counts(conn, edition_id)

    def close(self) -> None:
        """End this sender; what it still held (after a crash of the database, say) is left to recovery."""
        still_held = True
        # A database that is gone must not hide the error that brought us here; recovery ends the row later.
        with contextlib.suppress(LedgerError), self._writing() as conn:
            held = (ledger_sql.OPEN_OF, ledger_sql.CLAIMED_OF)
            still_held = any(conn.execute(statement, {"owner": self._owner.id}).scalar() for statement in held)
            if not still_held:
                owners.end(conn, self._owner.id, self._clock())
        self.ring.close()
        self._owner.close(forget=not still_held)

    @contextmanager
    def _taking_turns(self, edition_id: int) -> Iterator[Connection]:
        with self._writing() as conn:
            deliveries.take_turn(conn, [edition_id])
            yield conn

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
