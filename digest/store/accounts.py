"""What the ledger says of an edition: its account, each delivery, and the operator's and the law's changes to them.

Functions take a connection and never commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    select,
    text,
    union_all,
    update,
)

from digest.model import Counts, Recipient
from digest.store import calls, deliveries
from digest.store.ledger_schema import FINAL, State, attempt, audience, batch, delivery, send_owner, settled, unsettled

_PAGE = 1000

_HELD_IN_SETTLED = ("edition_id", "subscriber_id", "state", "at", "attempts", "code", "reply", "provider_id")

_d, _s, _u = delivery.c, settled.c, unsettled.c
_ENDED = and_(_s.edition_id == _d.edition_id, _s.subscriber_id == _d.subscriber_id)
_STRAYED = and_(_u.edition_id == _d.edition_id, _u.subscriber_id == _d.subscriber_id)


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
    conn.execute(insert(audience).values(edition_id=edition_id, claimed_through=-1))
    statement = insert(delivery).from_select(names, select(literal(edition_id), *columns))
    return conn.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def counts(conn: Connection, edition_id: int) -> Counts:
    """Return the account of an edition, as of one moment; what is claimed at this moment counts as pending."""
    everybody = select(literal(-1), func.count()).where(_d.edition_id == edition_id)
    parts = [
        select(table.c.state, func.count()).where(table.c.edition_id == edition_id).group_by(table.c.state)
        for table in (settled, unsettled)
    ]
    found = {row[0]: row[1] for row in conn.execute(union_all(everybody, *parts))}
    account = {
        name: found.get(int(state), 0)
        for name, state in (
            ("accepted", State.ACCEPTED),
            ("deferred", State.DEFERRED),
            ("rejected", State.REJECTED),
            ("skipped", State.SKIPPED),
            ("failed", State.FAILED),
            ("ambiguous", State.AMBIGUOUS),
        )
    }
    return Counts(expected=found[-1], pending=found[-1] - sum(account.values()), **account)


def claimed(conn: Connection, edition_id: int, now: datetime) -> int:
    """Count what senders hold of an edition at this moment: those that have not ended and whose lease is not over.

    Who asks after its own send has ended gets what others are sending. A sender that died since the last recovery
    counts until the next one, or until its lease is over.
    """
    sender = send_owner.c
    living = select(sender.id).where(sender.ended_at.is_(None), sender.lease_until >= now)
    # The condition of the index, to the letter: SQLite uses it for no other.
    first = select(func.coalesce(func.sum(batch.c.open_count), 0)).where(
        text("open_count > 0"), batch.c.owner.in_(living), batch.c.edition_id == edition_id
    )
    again = select(func.count()).where(text("state = 1"), _u.owner.in_(living), _u.edition_id == edition_id)
    return sum(int(conn.execute(each).scalar_one()) for each in (first, again))


def accepted_of(edition_id: Any) -> Select[tuple[int]]:
    """Select the subscribers whose message of an edition was accepted."""
    return select(_s.subscriber_id).where(_s.edition_id == edition_id, _s.state == int(State.ACCEPTED))


def last_movement(conn: Connection, edition_id: int) -> datetime | None:
    """Return when anything was last written down of an edition's deliveries, or None."""
    moments = [
        conn.execute(select(func.max(table.c.at)).where(table.c.edition_id == edition_id)).scalar()
        for table in (settled, unsettled)
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def iter_deliveries(conn: Connection, edition_id: int, state: State | None = None) -> Iterator[Delivery]:
    """Yield an edition's deliveries in order of subscriber, all or those in one state."""
    # The condition of the index, to the letter: SQLite uses it for no other.
    is_open = and_(text("open_count > 0"), batch.c.edition_id == edition_id)
    taken = select(batch.c.first_id, batch.c.last_id).where(is_open)
    statement, number = _lines(edition_id, state)
    last = -1
    while True:
        ranges = [range(row.first_id, row.last_id + 1) for row in conn.execute(taken)]
        page = conn.execute(statement.where(number > last).order_by(number).limit(_PAGE)).all()
        lines = (_delivery(row, ranges) for row in page)
        yield from (line for line in lines if state in (None, line.state))
        if len(page) < _PAGE:
            return
        last = page[-1].subscriber_id


def _lines(edition_id: int, state: State | None) -> tuple[Select[Any], Any]:
    """Select deliveries with all that is written of them, and name the column to go by.

    Those in one state are looked for where they stand, which may be a far smaller table than that of the audience.
    """
    if state in FINAL:
        source, at = settled.join(delivery, _ENDED).outerjoin(unsettled, _STRAYED), _s
        where = and_(_s.edition_id == edition_id, _s.state == int(state or 0))
    elif state in (State.DEFERRED, State.AMBIGUOUS):
        source, at = unsettled.join(delivery, _STRAYED).outerjoin(settled, _ENDED), _u
        where = and_(_u.edition_id == edition_id, _u.state == int(state or 0))
    else:
        source, at = delivery.outerjoin(settled, _ENDED).outerjoin(unsettled, _STRAYED), _d
        where = _d.edition_id == edition_id
    return select(*_line()).select_from(source).where(where), at.subscriber_id


def _line() -> Iterator[Any]:
    """Yield the columns that `_delivery` reads: the reader as frozen, and how far their delivery came."""
    yield from (_d.subscriber_id, _d.address, _d.name, _d.text_only, _d.sections, _u.next_at)
    for name in ("state", "attempts", "at", "code", "reply", "provider_id"):
        yield func.coalesce(_s[name], _u[name]).label(name)


def deliveries_to(conn: Connection, subscriber_id: int, editions: Sequence[int]) -> Iterator[tuple[int, Delivery]]:
    """Yield what the ledger says of one reader, each line with its edition; what is being sent counts as pending."""
    lines = delivery.outerjoin(settled, _ENDED).outerjoin(unsettled, _STRAYED)
    theirs = and_(_d.edition_id.in_(editions), _d.subscriber_id == subscriber_id)
    found = select(_d.edition_id, *_line()).select_from(lines).where(theirs)
    for row in conn.execute(found.order_by(_d.edition_id)):
        yield row.edition_id, _delivery(row, ())


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
    deliveries.take_turn(conn, [edition_id])
    calls.close_all(conn, edition_id)
    which = [_u.edition_id == edition_id, _u.state == int(State.AMBIGUOUS)]
    if subscriber_ids is not None:
        which.append(_u.subscriber_id.in_(subscriber_ids))
    if choice == "resend":
        again = update(unsettled).where(*which).values(state=int(State.PENDING), owner=None, at=now)
        return conn.execute(again).rowcount
    reply = "dropped by the operator; whether it arrived is not known"
    return _settle(conn, and_(*which), State.FAILED, now, reply=literal(reply))


def erase_deliveries(conn: Connection, subscriber_id: int, editions: Sequence[int], *, now: datetime) -> int:
    """Remove a person's address, name and the replies about it from these editions; counts stay true.

    What was still to be sent is skipped. Returns how many deliveries were cleaned.
    """
    theirs = and_(_d.edition_id.in_(editions), _d.subscriber_id == subscriber_id)
    is_settled = exists().where(_s.edition_id == _d.edition_id, _s.subscriber_id == subscriber_id)
    still_open = conn.execute(select(_d.edition_id).where(theirs, not_(is_settled))).scalars().all()
    deliveries.take_turn(conn, still_open)
    waiting = _u.state.in_([int(State.PENDING), int(State.DEFERRED)])
    mine = and_(_u.edition_id.in_(still_open), _u.subscriber_id == subscriber_id)
    _settle(conn, and_(mine, waiting), State.SKIPPED, now, reply=literal(""))
    unclaimed = (
        select(_d.edition_id, _d.subscriber_id, literal(int(State.SKIPPED)), literal(now, _s.at.type), literal(0))
        .join(audience, audience.c.edition_id == _d.edition_id)
        .where(_d.edition_id.in_(still_open), _d.subscriber_id == subscriber_id)
        .where(audience.c.claimed_through < _d.subscriber_id, not_(is_settled))
    )
    conn.execute(insert(settled).from_select(_HELD_IN_SETTLED[:5], unclaimed))
    for table in (attempt, unsettled, settled):
        about = (table.c.edition_id.in_(editions), table.c.subscriber_id == subscriber_id, table.c.reply != "")
        conn.execute(update(table).where(*about).values(reply=""))
    return conn.execute(update(delivery).where(theirs).values(address="", name="")).rowcount


def _settle(conn: Connection, which: Any, state: State, now: datetime, *, reply: Any) -> int:
    """Move unsettled deliveries into a final state; return how many."""
    kept = (_u.attempts, _u.code, reply, _u.provider_id)
    columns = (_u.edition_id, _u.subscriber_id, literal(int(state)), literal(now, _s.at.type), *kept)
    conn.execute(insert(settled).from_select(_HELD_IN_SETTLED, select(*columns).where(which)))
    return conn.execute(delete(unsettled).where(which)).rowcount


def _delivery(row: Any, taken: Sequence[range]) -> Delivery:
    """Read one line; of what is written nowhere the open batches tell whether it is claimed."""
    variant = deliveries.variant_name(bool(row.text_only), row.sections)
    recipient = Recipient(row.subscriber_id, row.address, row.name, variant)
    if row.state is None:
        claimed = any(row.subscriber_id in numbers for numbers in taken)
        state = State.CLAIMED if claimed else State.PENDING
        return Delivery(recipient, state, int(claimed), None, None, "", "", "")
    words = (row.code, row.reply, row.provider_id)
    return Delivery(recipient, State(row.state), row.attempts, row.at, row.next_at, *words)
