"""Keeps what editors ordered beside their edits: approvals, special days of the calendar, corrections, alarms told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from digest.errors import UsageError
from digest.model import EditionKey
from digest.store import accounts, editions, schema
from digest.store.sql import insert_new, put

_a, _d, _t, _c = schema.approval, schema.special_day, schema.alarm, schema.correction


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day an editor took out of a calendar (``due`` is None) or an extra edition added to it."""

    key: EditionKey
    due: datetime | None
    author: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What an edition printed wrongly, in an editor's or the source's words."""

    edition: EditionKey
    story_id: str
    headline: str
    text: str
    author: str
    at: datetime


def add_approval(
    conn: sa.Connection, key: EditionKey, content_hash: str, *, author: str, now: datetime, needed: int = 1
) -> int:
    """Note that an editor approved exactly this content; return how many more must. Lifts a hold with the last.

    The same author twice is one. Raises UsageError when the content changed since it was read or is on its way.
    """
    stored = editions.get_edition(conn, key)
    if stored.frozen_at is not None:
        raise UsageError(f"{key} is {stored.state}: there is nothing to approve.")
    if stored.content_hash != content_hash:
        raise UsageError(
            f"Edition {key} has changed since you read it: look at it again, then approve {stored.content_hash[:12]}."
        )
    values = {"edition_id": stored.id, "content_hash": content_hash, "author": author, "at": now}
    insert_new(conn, _a, values)
    missing = needed - len(approvers(conn, stored.id, content_hash))
    if missing <= 0:
        editions.approve(conn, key, content_hash)
    return max(0, missing)


def approvers(conn: sa.Connection, edition_id: int, content_hash: str) -> tuple[str, ...]:
    """Return who approved this content, the first one first."""
    query = sa.select(_a.c.author).where(_a.c.edition_id == edition_id, _a.c.content_hash == content_hash)
    return tuple(conn.execute(query.order_by(_a.c.at, _a.c.author)).scalars())


def add_special_day(conn: sa.Connection, key: EditionKey, *, due: datetime | None, author: str, now: datetime) -> None:
    """Take an edition out of the calendar (``due`` None) or add one; said again, the later word stands."""
    names = {"newsletter": key.newsletter, "day": key.day.isoformat(), "slot": key.slot}
    put(conn, _d, tuple(names), {**names, "due": due, "author": author, "at": now})


def remove_special_day(conn: sa.Connection, key: EditionKey) -> bool:
    """Take such a word back; return whether there was one."""
    mine = sa.and_(_d.c.newsletter == key.newsletter, _d.c.day == key.day.isoformat(), _d.c.slot == key.slot)
    return conn.execute(sa.delete(_d).where(mine)).rowcount == 1


def special_days(conn: sa.Connection, newsletter: str, *, since: date) -> list[SpecialDay]:
    """Return a newsletter's special days from a day on, in order."""
    query = sa.select(_d).where(_d.c.newsletter == newsletter, _d.c.day >= since.isoformat())
    return [
        SpecialDay(EditionKey(row.newsletter, date.fromisoformat(row.day), row.slot), row.due, row.author)
        for row in conn.execute(query.order_by(_d.c.day, _d.c.slot))
    ]


def raise_alarm(conn: sa.Connection, name: str, problem: str, *, now: datetime, every: timedelta) -> bool:
    """Note an alarm; True when it must be told now: it is new, it had ended, or was last told ``every`` ago.

    Of several processes that see the same trouble one is told True.
    """
    if insert_new(conn, _t, {"name": name, "at": now, "problem": problem}):
        return True
    due = sa.or_(_t.c.at <= now - every, _t.c.at > now + every, _t.c.ended_at.is_not(None))
    again = sa.update(_t).where(_t.c.name == name, due).values(at=now, problem=problem, ended_at=None)
    return conn.execute(again).rowcount == 1


def quieten(conn: sa.Connection, name: str, *, now: datetime) -> bool:
    """Note that a trouble is over; True when it had been told and not ended before."""
    over = sa.update(_t).where(_t.c.name == name, _t.c.ended_at.is_(None)).values(ended_at=now)
    return conn.execute(over).rowcount == 1


def ringing(conn: sa.Connection) -> dict[str, str]:
    """Return the alarms that stand, by name: what is wrong. What was only noted as told is none."""
    standing = sa.and_(_t.c.ended_at.is_(None), _t.c.problem != "")
    query = sa.select(_t.c.name, _t.c.problem).where(standing).order_by(_t.c.name)
    return {row.name: row.problem for row in conn.execute(query)}


def add_correction(conn: sa.Connection, correction: Correction) -> bool:
    """Keep a correction of an edition; return whether it is new.

    The same words about the same story are kept once, and a person's words take the place of those without author.
    """
    known = corrections(conn, correction.edition, correction.story_id)
    if any(each.text == correction.text for each in known):
        return False
    if correction.author and any(not each.author for each in known):
        nameless = sa.and_(_of(correction.edition), _c.c.story_id == correction.story_id, _c.c.author == "")
        words = {"text": correction.text, "author": correction.author, "at": correction.at}
        conn.execute(sa.update(_c).where(nameless).values(**words))
        return True
    conn.execute(
        sa.insert(_c).values(
            newsletter=correction.edition.newsletter,
            day=correction.edition.day.isoformat(),
            slot=correction.edition.slot,
            story_id=correction.story_id,
            headline=correction.headline,
            text=correction.text,
            author=correction.author,
            at=correction.at,
        )
    )
    return True


def corrections(conn: sa.Connection, key: EditionKey, story_id: str | None = None) -> list[Correction]:
    """Return the corrections of an edition, the oldest first."""
    query = sa.select(_c).where(_of(key)).order_by(_c.c.id)
    return [_correction(row) for row in conn.execute(query) if story_id in (None, row.story_id)]


def corrections_of_day(conn: sa.Connection, newsletter: str, day: date) -> list[Correction]:
    """Return the corrections of a day's editions, the oldest first: the n-th is mailed as ``correction-n``."""
    query = sa.select(_c).where(_c.c.newsletter == newsletter, _c.c.day == day.isoformat()).order_by(_c.c.id)
    return [_correction(row) for row in conn.execute(query)]


def find_correction(conn: sa.Connection, key: EditionKey) -> Correction | None:
    """Return the correction that an edition is there to carry, by its slot ``correction-n``; None for others."""
    word, _, number = key.slot.partition("-")
    if word != "correction" or not number.isdigit():
        return None
    same_day = corrections_of_day(conn, key.newsletter, key.day)
    return same_day[int(number) - 1] if 1 <= int(number) <= len(same_day) else None


def accepted_by(key: EditionKey) -> sa.Select[tuple[int]]:
    """Select the ids of the subscribers whose message of an edition was accepted."""
    mine = sa.and_(
        schema.edition.c.newsletter == key.newsletter,
        schema.edition.c.day == key.day.isoformat(),
        schema.edition.c.slot == key.slot,
    )
    of = sa.select(schema.edition.c.id).where(mine).scalar_subquery()
    return accounts.accepted_of(of)


def corrections_since(conn: sa.Connection, newsletter: str, since: datetime) -> list[Correction]:
    """Return a newsletter's corrections made since a moment: what its next edition must say."""
    query = sa.select(_c).where(_c.c.newsletter == newsletter, _c.c.at >= since).order_by(_c.c.id)
    return [_correction(row) for row in conn.execute(query)]


def _of(key: EditionKey) -> sa.ColumnElement[bool]:
    return sa.and_(_c.c.newsletter == key.newsletter, _c.c.day == key.day.isoformat(), _c.c.slot == key.slot)


def _correction(row: sa.Row[tuple[object, ...]]) -> Correction:
    values = row._mapping
    key = EditionKey(values["newsletter"], date.fromisoformat(values["day"]), values["slot"])
    return Correction(key, *(values[name] for name in ("story_id", "headline", "text", "author", "at")))
