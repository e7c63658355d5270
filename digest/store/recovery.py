"""Takes back what dead senders held, by the rules of what their journal can still tell.

With the journal of the same boot at hand: a message it does not name was never begun and is due again; one with an
answer is settled by it; one between step and answer is ambiguous. Without it everything claimed is ambiguous.
Nothing here resends an ambiguous delivery. At the end every batch of the dead sender is closed, and each delivery of
it stands in ``settled`` or in ``unsettled``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from digest.model import Fate, Mark, Outcome
from digest.store import calls, deliveries, ledger_sql, owners, records
from digest.store.owners import Verdict
from digest.store.ring import read_marks

_UNKNOWN = "the sending process died before the answer was known"

_UNTOUCHED = (ledger_sql.AGAIN_UNTOUCHED, ledger_sql.REST_UNTOUCHED)
_HELD = (ledger_sql.AGAIN_HELD, ledger_sql.REST_HELD)


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many deliveries were taken back, and whose files are needed no more (folder and token)."""

    count: int
    buried: tuple[tuple[Path, str], ...] = ()


def recover(conn: Connection, me: int, boot: str, now: datetime, locks: ExitStack) -> Recovered:
    """Take back what every dead or stalled sender held, of whatever edition.

    ``locks`` keeps the proofs of death until the caller has committed, so that two reapers do not meet.
    """
    buried: list[tuple[Path, str]] = []
    found: list[tuple[int, Sequence[Mark] | None]] = []
    for other in owners.others(conn, me):
        verdict = locks.enter_context(owners.judged(conn, other, boot=boot, now=now))
        if verdict is Verdict.ALIVE:
            continue
        found.append((other.id, _marks(other, boot)))
        if verdict is Verdict.DEAD:
            buried.append((Path(other.folder), other.token))
    deliveries.take_turn(conn, {edition for owner, marks in found for edition in _editions(conn, owner, marks)})
    count = 0
    for owner, marks in found:
        count += _take_back(conn, owner, marks, now)
        owners.end(conn, owner, now)
    return Recovered(count, tuple(buried))


def _marks(other: Row[Any], boot: str) -> Sequence[Mark] | None:
    if other.boot_id != boot:
        # Memory that was not written back is gone with the boot: a journal without a mark proves nothing.
        return None
    return read_marks(owners.ring_path(Path(other.folder), other.token), other.token)


def _editions(conn: Connection, owner: int, marks: Sequence[Mark] | None) -> set[int]:
    """Return the editions of which a sender holds something."""
    found = set(conn.execute(ledger_sql.EDITIONS_OF, {"owner": owner}).scalars())
    return found | {mark.edition_id for mark in marks or ()}


def _take_back(conn: Connection, owner: int, marks: Sequence[Mark] | None, now: datetime) -> int:
    count = 0
    for edition_id, group in groupby(sorted(marks or (), key=_edition), key=_edition):
        count += records.record(conn, edition_id, [_outcome(mark) for mark in group], owner, now)
    count += calls.hold_interrupted(conn, owner)
    given = {"owner": owner, "why": _UNKNOWN, "now": deliveries.stamp(now)}
    rest = _HELD if marks is None else _UNTOUCHED
    for statement in rest:
        count += conn.execute(statement, given).rowcount
    conn.execute(ledger_sql.CLOSE_BATCHES, given)
    return count


def _edition(mark: Mark) -> int:
    return mark.edition_id


def _outcome(mark: Mark) -> Outcome:
    if mark.fate is None:
        return Outcome(mark.subscriber_id, Fate.AMBIGUOUS, mark.fence, reply=_UNKNOWN)
    code = str(mark.code) if mark.code else ""
    reply = "the sending process died after the answer; its words are lost"
    return Outcome(mark.subscriber_id, mark.fate, mark.fence, code, reply)
