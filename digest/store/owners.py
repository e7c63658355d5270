"""Who is sending, and whether it still lives: a lease, a lock on a file and, on PostgreSQL, an advisory lock.

On one machine the kernel's lock on a file is the proof: it is free only when the process is gone, so no statement
and no socket of it is under way. Across machines PostgreSQL's advisory lock ends with the session that took it.
The lease covers what neither can see. Nothing here decides what happens to a dead process's deliveries.
"""

from __future__ import annotations

import fcntl
import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, Row, exc, insert, select, text, update

from digest.errors import OwnershipLost
from digest.store import deliveries, ledger_sql
from digest.store.ledger_schema import send_owner

ADVISORY_CLASS = 77
"""PostgreSQL's first advisory lock key of this program's senders; the second is the owner's number."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(slots=True)
class Owner:
    """One sending process: its number in the database and the locks that prove it alive."""

    id: int
    token: str
    folder: Path
    _lock: IO[bytes] = field(repr=False)
    _session: Connection | None = field(repr=False)

    @property
    def ring_path(self) -> Path:
        """Return where this process keeps its journal of unsettled messages."""
        return ring_path(self.folder, self.token)

    def check(self) -> None:
        """Raise OwnershipLost when the session that proves us alive to other machines is gone."""
        if self._session is None:
            return
        try:
            self._session.exec_driver_sql("SELECT 1")
            self._session.rollback()
        except exc.DBAPIError as error:
            raise OwnershipLost(
                "The database connection that proves this sender alive was lost, so others may take its work over. "
                "It stops here; run the send again."
            ) from error

    def close(self, *, forget: bool) -> None:
        """Give the locks back; ``forget`` also removes the files, once nothing in them is needed."""
        if forget:
            remove_files(self.folder, self.token)
        self._lock.close()
        if self._session is not None:
            self._session.invalidate()
            self._session.close()
            self._session = None


class Verdict(Enum):
    """What can be said of another sender: it lives, it is dead, or its lease is over and nobody knows."""

    ALIVE = auto()
    DEAD = auto()
    STALLED = auto()


def boot_id() -> str:
    """Return what names this start of this machine, or a value nobody shares where the system has no such name."""
    try:
        start = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        start = str(uuid.uuid4())
    return f"{platform.node()[:24]}/{start}"


def register(engine: Engine, *, folder: Path, boot: str, now: datetime, lease_until: datetime) -> Owner:
    """Announce a new sender. Its locks are taken before anybody can see its row; raises OSError without a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    token = uuid.uuid4().hex
    lock = lock_path(folder, token).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    values = {
        "boot_id": boot,
        "pid": os.getpid(),
        "token": token,
        "folder": str(folder.absolute()),
        "started_at": now,
        "lease_until": lease_until,
    }
    session = engine.connect()
    if engine.dialect.name == "sqlite":
        session = session.execution_options(begin_immediate=True)
    with session.begin():
        number = session.execute(insert(send_owner).values(values).returning(send_owner.c.id)).scalar_one()
        if engine.dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_lock(:kind, :owner)"), {"kind": ADVISORY_CLASS, "owner": number})
    if engine.dialect.name == "postgresql":
        return Owner(number, token, folder, lock, session)
    session.close()
    return Owner(number, token, folder, lock, None)


def prolong(conn: Connection, owner_id: int, lease_until: datetime) -> None:
    """Move the lease; raises OwnershipLost when somebody has buried this sender meanwhile."""
    if deliveries.run(conn, ledger_sql.PROLONG, {"owner": owner_id, "until": deliveries.stamp(lease_until)}) != 1:
        raise OwnershipLost(
            "This sender did not answer in time and another took its work over (was the machine asleep?). "
            "Nothing more is sent from here; the other one goes on."
        )


def end(conn: Connection, owner_id: int, now: datetime) -> None:
    """Write down that a sender is no more."""
    statement = update(send_owner).where(send_owner.c.id == owner_id, send_owner.c.ended_at.is_(None))
    conn.execute(statement.values(ended_at=now))


def others(conn: Connection, owner_id: int) -> list[Row[tuple[object, ...]]]:
    """Return the rows of every other sender that has not ended; on PostgreSQL those nobody else looks at."""
    statement = select(send_owner).where(send_owner.c.ended_at.is_(None), send_owner.c.id != owner_id)
    return list(conn.execute(statement.order_by(send_owner.c.id).with_for_update(skip_locked=True)))


@contextmanager
def judged(conn: Connection, other: Row[tuple[object, ...]], *, boot: str, now: datetime) -> Iterator[Verdict]:
    """Tell whether another sender lives; while the block runs nobody else can reach the verdict *dead* of it."""
    stalled = Verdict.STALLED if other.lease_until < now else Verdict.ALIVE
    path = lock_path(Path(other.folder), other.token)
    if other.boot_id == boot and path.exists():
        with path.open("rb") as lock:
            yield Verdict.DEAD if _locks(lock) else stalled
    elif conn.dialect.name == "postgresql":
        yield Verdict.DEAD if _session_ended(conn, other.id) else stalled
    else:
        # A SQLite file is used from one machine: another boot of it means that the process is gone.
        yield Verdict.DEAD if other.boot_id != boot else stalled


def lock_path(folder: Path, token: str) -> Path:
    """Return the file a sender keeps locked for as long as it lives."""
    return folder / f"{token}.lock"


def ring_path(folder: Path, token: str) -> Path:
    """Return the file of a sender's journal."""
    return folder / f"{token}.ring"


def remove_files(folder: Path, token: str) -> None:
    """Remove the files of a sender whose deliveries are all accounted for."""
    ring_path(folder, token).unlink(missing_ok=True)
    lock_path(folder, token).unlink(missing_ok=True)


def _locks(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _session_ended(conn: Connection, owner_id: int) -> bool:
    statement = text("SELECT pg_try_advisory_xact_lock(:kind, :owner)")
    return bool(conn.execute(statement, {"kind": ADVISORY_CLASS, "owner": owner_id}).scalar())
