"""Takes back what dead senders held, by the rules of what their journal can still tell.

With the journal of the same boot at hand: a message it does not name was never begun and is due again; one with an
answer is settled by it; one between step and answer is ambiguous. Without it everything claimed is ambiguous.
Nothing here resends an ambiguous delivery.
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
from digest.store import calls, deliveries, ledger_sql, owners
from digest.store.owners import Verdict
from digest.store.ring import read_marks

_UNKNOWN = "the sending process died before the answer was known"


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many deliveries were taken back, and whose files are needed no more (folder and token)."""

    count: int
    buried: tuple[tuple[Path, str], ...] = ()


def recover(conn: Connection, me: int, boot: str, now: datetime, locks: ExitStack) -> Recovered:
    """Take back what every dead or stalled sender held, of whatever edition.

    ``locks`` keeps the proofs of death until the caller has committed, so that two reapers do not meet.
    """
    count = 0
    buried: list[tuple[Path, str]] = []
    for other in owners.others(conn, me):
        verdict = locks.enter_context(owners.judged(conn, other, boot=boot, now=now))
        if verdict is Verdict.ALIVE:
            continue
        count += _take_back(conn, other, _marks(other, boot), now)
        owners.end(conn, other.id, now)
        if verdict is Verdict.DEAD:
            buried.append((Path(other.folder), other.token))
    return Recovered(count, tuple(buried))


def _marks(other: Row[Any], boot: str) -> Sequence[Mark] | None:
    if other.boot_id != boot:
        # Memory that was not written back is gone with the boot: a journal without a mark proves nothing.
        return None
    return read_marks(owners.ring_path(Path(other.folder), other.token), other.token)


def _take_back(conn: Connection, other: Row[Any], marks: Sequence[Mark] | None, now: datetime) -> int:
    if marks is None:
        held = calls.hold_interrupted(conn, other.id)
        given = {"owner": other.id, "why": _UNKNOWN, "now": deliveries.stamp(now)}
        return held + conn.execute(ledger_sql.HELD, given).rowcount
    count = 0
    for edition_id, group in groupby(sorted(marks, key=_edition), key=_edition):
        outcomes = [_outcome(mark) for mark in group]
        count += deliveries.record(conn, edition_id, outcomes, other.id, now)
    count += calls.hold_interrupted(conn, other.id)
    return count + conn.execute(ledger_sql.UNTOUCHED, {"owner": other.id}).rowcount


def _edition(mark: Mark) -> int:
    return mark.edition_id


def _outcome(mark: Mark) -> Outcome:
    if mark.fate is None:
        return Outcome(mark.subscriber_id, Fate.AMBIGUOUS, mark.fence, reply=_UNKNOWN)
    code = str(mark.code) if mark.code else ""
    reply = "the sending process died after the answer; its words are lost"
    return Outcome(mark.subscriber_id, mark.fate, mark.fence, code, reply)
