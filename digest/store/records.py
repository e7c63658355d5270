"""The hot path of the ledger after the wire: outcomes are written down, claims given back or held.

Only who holds a delivery is heard: by an open batch of its own, with the first fence, as long as nothing else is known
of the delivery; or by an unsettled row with its number and fence. Every function takes a connection inside a writing
transaction, after ``deliveries.take_turn`` for its edition, and never commits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.model import Claim, Fate, Outcome
from digest.store import deliveries, ledger_sql
from digest.store.deliveries import REPLY_LIMIT, stamp, storable
from digest.store.ledger_schema import FINAL, State

DEFAULT_RETRY_S = 300.0
"""When a deferred delivery is due again if nobody said: the lower end of usual greylisting."""

_STATE_OF: Mapping[Fate, State] = {
    Fate.ACCEPTED: State.ACCEPTED,
    Fate.DEFERRED: State.DEFERRED,
    Fate.REJECTED: State.REJECTED,
    Fate.FAILED: State.FAILED,
    Fate.REFUSED: State.PENDING,
    Fate.SKIPPED: State.SKIPPED,
    Fate.AMBIGUOUS: State.AMBIGUOUS,
}

Row = tuple[Any, ...]
"""One row of ``settled``, in the order of its columns."""

_UNTROUBLED = (Fate.ACCEPTED, Fate.SKIPPED)
"""Fates that need no line among the attempts."""


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that an owner holds. ``batch`` is its fresh claim; None when the delivery stands in ``unsettled``."""

    state: State
    fence: int
    attempts: int
    batch: int | None


@dataclass(slots=True)
class _Writing:
    """What one call has to write: rows for each table, and what it accounts for of each batch."""

    settled: list[Row] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    accounted: Counter[int] = field(default_factory=Counter)


def record(
    conn: Connection,
    edition_id: int,
    outcomes: Sequence[Outcome],
    owner: int,
    now: datetime,
    known: Set[int] = frozenset(),
) -> int:
    """Write outcomes down and return how many were heard: those whose claim this owner still holds.

    ``known`` are subscribers of whom the caller knows that they are in the audience: they take the shortest way.
    Troubles are also added to ``attempt``. May be called again with the same.
    """
    plain: list[list[Row]] = []
    heard = 0
    mine = {"edition": edition_id, "owner": owner}
    batches = _batches(conn, edition_id, owner) if known and outcomes else []
    if batches and (strayed := deliveries.fetch(conn, ledger_sql.STRAYED, mine)):
        known = known - {who for (who,) in strayed}
    for batch, first, last in batches:
        rows = _accepted(outcomes, edition_id, known, range(first, last + 1), stamp(now))
        if rows:
            new = deliveries.settle(conn, rows)
            _account(conn, {batch: new})
            heard += new
            plain.append(rows)
    if sum(map(len, plain)) == len(outcomes):
        return heard
    done = {row[1] for rows in plain for row in rows}
    rest = [outcome for outcome in outcomes if outcome.subscriber_id not in done]
    return heard + _record_closely(conn, edition_id, rest, owner, now)


def _accepted(outcomes: Sequence[Outcome], edition_id: int, known: Set[int], numbers: range, at: int) -> list[Row]:
    """Return the rows of those of a batch that were accepted at the first try: by far the most."""
    accepted, state = Fate.ACCEPTED, int(State.ACCEPTED)
    first, last = numbers[0], numbers[-1]
    return [
        (edition_id, who, state, at, 1, code[:16], reply[:REPLY_LIMIT], provider)
        for who, fate, fence, code, reply, _, provider in outcomes
        if fate is accepted and fence == 1 and first <= who <= last and who in known
    ]


def _record_closely(conn: Connection, edition_id: int, outcomes: Sequence[Outcome], owner: int, now: datetime) -> int:
    """Write down outcomes of every kind, one by one; those that are settled by now are not heard."""
    held = holdings(conn, edition_id, owner, [outcome.subscriber_id for outcome in outcomes])
    writing = _Writing()
    heard = 0
    for outcome in outcomes:
        who = outcome.subscriber_id
        place = held.get(who)
        if place is None or place.fence != outcome.fence:
            continue
        heard += 1
        state = _STATE_OF[outcome.fate]
        _write_down(writing, edition_id, outcome, place, owner, now)
        if state is State.AMBIGUOUS:
            held[who] = replace(place, state=state, batch=None)
        else:
            del held[who]
    _write(conn, edition_id, writing)
    return heard


def _write_down(writing: _Writing, edition_id: int, outcome: Outcome, place: Held, owner: int, now: datetime) -> None:
    """Note what one heard outcome changes."""
    who, at = outcome.subscriber_id, stamp(now)
    state = _STATE_OF[outcome.fate]
    code, reply = storable(outcome.code[:16]), storable(outcome.reply[:REPLY_LIMIT])
    provider = storable(outcome.provider_id)
    if place.batch is not None:
        writing.accounted[place.batch] += 1
    if outcome.fate not in _UNTROUBLED:
        fate = outcome.fate.value
        writing.attempts.append(_named(edition_id, who, at=at, owner=owner, fate=fate, code=code, reply=reply))
    if state in FINAL:
        writing.settled.append((edition_id, who, int(state), at, place.attempts, code, reply, provider))
        if place.batch is None:
            writing.gone.append(who)
        return
    values = {"state": int(state), "owner": owner, "fence": place.fence, "attempts": place.attempts}
    words = {"at": at, "code": code, "reply": reply, "provider": provider}
    writing.left.append(_named(edition_id, who, **values, **words, next_at=_next_at(outcome, now)))


def _write(conn: Connection, edition_id: int, writing: _Writing) -> None:
    if writing.attempts:
        conn.execute(ledger_sql.ATTEMPT, writing.attempts)
    if writing.left:
        conn.execute(ledger_sql.LEAVE, writing.left)
    deliveries.settle(conn, writing.settled)
    deliveries.forget(conn, edition_id, writing.gone)
    _account(conn, writing.accounted)


def release(conn: Connection, edition_id: int, claims: Sequence[Claim], owner: int) -> int:
    """Give claims back untouched; those of an interrupted call are held as ambiguous again. Returns how many."""
    held = holdings(conn, edition_id, owner, [claim.recipient.subscriber_id for claim in claims])
    back: list[tuple[int, Held, dict[str, Any]]] = []
    for claim in claims:
        place = held.pop(claim.recipient.subscriber_id, None)
        if place is not None and place.state is State.CLAIMED and place.fence == claim.fence:
            state = State.AMBIGUOUS if claim.call else State.PENDING
            values = {"state": int(state), "owner": None, "attempts": place.attempts - 1}
            back.append((claim.recipient.subscriber_id, place, values))
    return _put_back(conn, edition_id, back)


def hold(conn: Connection, edition_id: int, subscriber_ids: Sequence[int], owner: int) -> int:
    """Hold what an owner has claimed of these deliveries as ambiguous, in its name; return how many."""
    held = holdings(conn, edition_id, owner, subscriber_ids)
    claimed = [(who, place) for who, place in held.items() if place.state is State.CLAIMED]
    state = int(State.AMBIGUOUS)
    back = [(who, place, {"state": state, "owner": owner, "attempts": place.attempts}) for who, place in claimed]
    return _put_back(conn, edition_id, back)


def holdings(conn: Connection, edition_id: int, owner: int, subscriber_ids: Sequence[int]) -> dict[int, Held]:
    """Return which of these deliveries an owner holds: claimed by it, or ambiguous since its claim."""
    if not subscriber_ids:
        return {}
    batches = _batches(conn, edition_id, owner)
    held: dict[int, Held] = {}
    given = {"edition": edition_id, "who": list(subscriber_ids)}
    for who, ended, state, holder, fence, attempts in conn.execute(ledger_sql.STANDING, given):
        if ended is not None:
            continue
        if state is None:
            batch = next((batch for batch, first, last in batches if first <= who <= last), None)
            if batch is not None:
                held[who] = Held(State.CLAIMED, 1, 1, batch)
        elif holder == owner and state in (State.CLAIMED, State.AMBIGUOUS):
            held[who] = Held(State(state), fence, attempts, None)
    return held


def _batches(conn: Connection, edition_id: int, owner: int) -> list[tuple[int, int, int]]:
    """Return what an owner has to account for of an edition: a batch's number, first and last subscriber."""
    return deliveries.fetch(conn, ledger_sql.OPEN_BATCHES, {"edition": edition_id, "owner": owner})


def _put_back(conn: Connection, edition_id: int, back: Sequence[tuple[int, Held, dict[str, Any]]]) -> int:
    if back:
        rows = [_named(edition_id, who, fence=place.fence, **values) for who, place, values in back]
        conn.execute(ledger_sql.PUT_BACK, rows)
        _account(conn, Counter(place.batch for _, place, _ in back if place.batch is not None))
    return len(back)


def _account(conn: Connection, accounted: Mapping[int, int]) -> None:
    for batch, count in accounted.items():
        deliveries.run(conn, ledger_sql.ACCOUNT, {"batch": batch, "count": count})


def _named(edition_id: int, who: int, **values: Any) -> dict[str, Any]:
    return {"edition": edition_id, "who": who, **values}


def _next_at(outcome: Outcome, now: datetime) -> int | None:
    if outcome.fate is not Fate.DEFERRED:
        return None
    wait_s = DEFAULT_RETRY_S if outcome.retry_after_s is None else outcome.retry_after_s
    return stamp(now) + round(wait_s * 1_000_000)
