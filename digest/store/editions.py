"""Keeps editions: the draft, what was frozen, and how its sending ended.

The body is the edition's JSON, byte for byte what was saved; its SHA-256 is what an editor approves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from digest.errors import Rebuilt, StoreError, UnknownThing, UsageError
from digest.model import Edition, EditionKey, Printed, Status
from digest.store import accounts, schema
from digest.store.sql import insert_new

_EDITION: TypeAdapter[Edition] = TypeAdapter(Edition)
_e, _es, _s, _v = schema.edition, schema.edition_story, schema.story, schema.story_version


class State(StrEnum):
    """How far an edition has come."""

    DRAFT = "draft"
    FROZEN = "frozen"
    SENT = "sent"
    HELD = "held"
    EXPIRED = "expired"
    STOPPED = "stopped"


_REBUILDABLE = (State.DRAFT, State.HELD, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class StoredEdition:
    """An edition with its place in the database and all that was decided about it.

    ``paused``, ``stop_requested`` and ``held`` are orders to a running or coming send; ``approved_hash`` names the
    content an editor approved. ``accepted_count`` is known once the sending has ended.
    """

    id: int
    key: EditionKey
    state: State
    edition: Edition
    content_hash: str
    built_at: datetime
    frozen_at: datetime | None
    finished_at: datetime | None
    deadline: datetime | None
    expected_count: int | None
    accepted_count: int | None
    headers: str
    paused: bool
    stop_requested: bool
    held: bool
    approved_hash: str | None
    why: str

    @property
    def is_approved(self) -> bool:
        """Tell whether an editor approved exactly this content."""
        return self.approved_hash == self.content_hash


@dataclass(frozen=True, slots=True)
class Flags:
    """What a running send must obey. ``withdrawn`` are printed stories that are on hold or killed by now."""

    state: State
    paused: bool
    stop_requested: bool
    held: bool
    withdrawn: tuple[str, ...] = ()


def content_hash(edition: Edition) -> str:
    """Return the hash an edition has once it is saved."""
    return _hash(_dump(edition))


def save_draft(
    conn: sa.Connection, edition: Edition, *, now: datetime, why: str = "", over_approved: bool = True
) -> int:
    """Save an edition as the draft of its key, in place of an earlier draft; return its id.

    Orders (hold, pause) and the approved hash stay: an approval lapses by itself when the content differs.
    Raises UsageError when the edition was frozen, sent or stopped, and Rebuilt when an editor approved what stands
    and ``over_approved`` is false: the schedule never writes over what was approved while it built.
    """
    body = _dump(edition)
    values = {
        "state": State.DRAFT.value,
        "body": body,
        "content_hash": _hash(body),
        "since": edition.since,
        "until": edition.until,
        "built_at": now,
        "finished_at": None,
        "why": why,
    }
    insert_new(conn, _e, values | _key_columns(edition.key))
    row = conn.execute(sa.select(_e).where(_names(edition.key)).with_for_update()).one()
    if row.frozen_at is not None or row.state not in _REBUILDABLE:
        raise UsageError(
            f"Edition {edition.key} is already {row.state}: it is not built again. "
            "Name another slot with --slot to make a further edition of that day."
        )
    if not over_approved and row.approved_hash == row.content_hash:
        raise Rebuilt(f"Edition {edition.key} was approved while it was built anew; what was approved stands.")
    conn.execute(sa.update(_e).where(_e.c.id == row.id).values(**values))
    _replace_stories(conn, row.id, edition)
    return int(row.id)


def load(conn: sa.Connection, key: EditionKey) -> StoredEdition | None:
    """Return the edition of that key, or None."""
    row = conn.execute(sa.select(_e).where(_names(key))).one_or_none()
    return None if row is None else _stored(row)


def get_edition(conn: sa.Connection, key: EditionKey) -> StoredEdition:
    """Return the edition of that key; raises UnknownThing that names the newsletter's newest ones."""
    stored = load(conn, key)
    if stored is not None:
        return stored
    newest = sa.select(_e.c.newsletter, _e.c.day, _e.c.slot).where(_e.c.newsletter == key.newsletter)
    rows = conn.execute(newest.order_by(_e.c.day.desc(), _e.c.id.desc()).limit(3)).all()
    known = ", ".join(str(_key(row)) for row in rows)
    hint = f"The newest of this newsletter: {known}." if known else f"Build it with `{key.command('build')}`."
    raise UnknownThing(f"There is no edition {key}. {hint}")


def load_id(conn: sa.Connection, edition_id: int) -> StoredEdition | None:
    """Return the edition with that integer id (as links name it), or None."""
    row = conn.execute(sa.select(_e).where(_e.c.id == edition_id)).one_or_none()
    return None if row is None else _stored(row)


def iter_editions(
    conn: sa.Connection, newsletter: str | None = None, states: Collection[State] | None = None
) -> Iterator[StoredEdition]:
    """Yield editions, the newest day first, then the latest made."""
    query = sa.select(_e).order_by(_e.c.day.desc(), _e.c.id.desc())
    if newsletter is not None:
        query = query.where(_e.c.newsletter == newsletter)
    if states is not None:
        query = query.where(_e.c.state.in_([state.value for state in states]))
    for row in conn.execute(query):
        yield _stored(row)


def edition_names(conn: sa.Connection) -> dict[int, EditionKey]:
    """Return the name of every edition by its number, without reading what stands in it."""
    query = sa.select(_e.c.id, _e.c.newsletter, _e.c.day, _e.c.slot).order_by(_e.c.id)
    return {row.id: _key(row) for row in conn.execute(query)}


def unfinished(conn: sa.Connection) -> tuple[StoredEdition, ...]:
    """Return the editions whose sending began and has not ended, the oldest first: what a restart takes up."""
    query = sa.select(_e).where(_e.c.state == State.FROZEN.value).order_by(_e.c.frozen_at, _e.c.id)
    return tuple(_stored(row) for row in conn.execute(query))


def edition_states(conn: sa.Connection, newsletter: str) -> dict[EditionKey, State]:
    """Return how far each edition of a newsletter has come: what the schedule asks for."""
    query = sa.select(_e.c.newsletter, _e.c.day, _e.c.slot, _e.c.state).where(_e.c.newsletter == newsletter)
    return {_key(row): State(row.state) for row in conn.execute(query)}


def expire(conn: sa.Connection, key: EditionKey, *, now: datetime, why: str) -> None:
    """Give a draft up because its time is over; nothing happens when there is none or it is on its way."""
    draft = sa.and_(_names(key), _e.c.frozen_at.is_(None), _e.c.state.in_((State.DRAFT, State.HELD)))
    conn.execute(sa.update(_e).where(draft).values(state=State.EXPIRED.value, finished_at=now, why=why))


def mark_frozen(
    conn: sa.Connection,
    edition_id: int,
    *,
    now: datetime,
    deadline: datetime | None,
    headers: str,
    expected: int,
    content_hash: str | None = None,
) -> None:
    """Freeze a draft: from here on it is sent as it is, to the ``expected`` recipients frozen with it.

    ``content_hash`` guards against a draft that was rebuilt meanwhile. Raises Rebuilt when another process
    froze it first, it was stopped, or its content is not the one asked for.
    """
    draft = sa.and_(_e.c.id == edition_id, _e.c.frozen_at.is_(None), _e.c.state.in_(_REBUILDABLE))
    if content_hash is not None:
        draft = sa.and_(draft, _e.c.content_hash == content_hash)
    values = {"state": State.FROZEN.value, "frozen_at": now, "deadline": deadline, "headers": headers}
    done = conn.execute(sa.update(_e).where(draft).values(**values, expected_count=expected, finished_at=None))
    if done.rowcount != 1:
        raise Rebuilt(
            f"{_told(conn, edition_id)} cannot be frozen: it is on its way already, was stopped, or was rebuilt "
            "meanwhile. See `digest report`, then run the command again."
        )


def finish(conn: sa.Connection, edition_id: int, state: State, *, now: datetime, why: str = "") -> None:
    """Write down how an edition ended, why, and how many messages were accepted by then.

    Raises StoreError when it was sent before: that is final.
    """
    accepted = sa.select(sa.func.count()).select_from(accounts.accepted_of(edition_id).subquery()).scalar_subquery()
    values = {"state": state.value, "finished_at": now, "why": why, "accepted_count": accepted}
    open_ = sa.and_(_e.c.id == edition_id, _e.c.state != State.SENT.value)
    done = conn.execute(sa.update(_e).where(open_).values(**values))
    if done.rowcount != 1 and state is not State.SENT:
        raise StoreError(f"{_told(conn, edition_id)} cannot become {state}: it has been sent.")


def reopen(conn: sa.Connection, edition_id: int, *, deadline: datetime | None) -> None:
    """Take up the sending of a frozen edition again: one that was stopped, or whose ambiguous mails go again.

    Orders to pause, stop or hold are taken back. Raises UsageError when it was never frozen.
    """
    begun = sa.and_(_e.c.id == edition_id, _e.c.frozen_at.is_not(None))
    values = {"state": State.FROZEN.value, "finished_at": None, "deadline": deadline, "why": ""}
    done = conn.execute(sa.update(_e).where(begun).values(**values, stop_requested=False, paused=False, held=False))
    if done.rowcount != 1:
        raise UsageError(f"{_told(conn, edition_id)} cannot be taken up again: its sending never began.")


def set_flag(
    conn: sa.Connection,
    key: EditionKey,
    *,
    paused: bool | None = None,
    stop_requested: bool | None = None,
    held: bool | None = None,
) -> None:
    """Order a pause, a stop or a hold, or take it back; a running send obeys within a second.

    Raises UnknownThing when there is no such edition.
    """
    given = {"paused": paused, "stop_requested": stop_requested, "held": held}
    values = {name: value for name, value in given.items() if value is not None}
    if values and conn.execute(sa.update(_e).where(_names(key)).values(**values)).rowcount != 1:
        get_edition(conn, key)


def approve(conn: sa.Connection, key: EditionKey, content_hash: str) -> None:
    """Note that an editor approved exactly this content, and lift a hold; raises UsageError when it changed."""
    stored = get_edition(conn, key)
    if stored.content_hash != content_hash:
        raise UsageError(
            f"Edition {key} has changed since you read it: look at it again, then approve {stored.content_hash[:12]}."
        )
    # The hash stands in the condition too: a rebuild between our look and this write must win.
    same = sa.and_(_e.c.id == stored.id, _e.c.content_hash == content_hash)
    done = conn.execute(sa.update(_e).where(same).values(approved_hash=content_hash, held=False))
    if done.rowcount != 1:
        raise UsageError(f"Edition {key} was rebuilt while you approved it: look at it again.")


def flags(conn: sa.Connection, edition_id: int, now: datetime | None = None) -> Flags:
    """Return what a running send must obey; two indexed look-ups, cheap enough for every batch.

    With ``now``, stories under an embargo at that moment count as withdrawn.
    """
    row = conn.execute(_ORDERS, {"edition": edition_id}).one()
    gone = tuple(conn.execute(_WITHDRAWN, {"edition": edition_id, "now": now}).scalars())
    return Flags(State(row.state), row.paused, row.stop_requested, row.held, gone)


# Put together once: a running send asks many times a second, and building a statement costs more than running it.
_ORDERS = sa.select(_e.c.state, _e.c.paused, _e.c.stop_requested, _e.c.held).where(_e.c.id == sa.bindparam("edition"))
_WITHDRAWN = (
    sa.select(_s.c.id)
    .join(_es, _es.c.story_id == _s.c.id)
    .where(
        _es.c.edition_id == sa.bindparam("edition"),
        _es.c.printed,
        sa.or_(
            sa.func.coalesce(_s.c.ordered_status, _s.c.status) != Status.USABLE.value,
            # Nothing is later than NULL, so without a moment no embargo counts.
            sa.func.coalesce(_s.c.ordered_embargo, _s.c.embargo_until, type_=schema.Moment())
            > sa.bindparam("now", type_=schema.Moment()),
        ),
    )
    .order_by(_s.c.id)
)


def is_used() -> sa.ColumnElement[bool]:
    """Match editions whose stories count as used: sent, being sent, or accepted for somebody before they ended."""
    under_way = _e.c.state.in_([State.FROZEN.value, State.SENT.value])
    return sa.or_(under_way, sa.func.coalesce(_e.c.accepted_count, 0) > 0)


def last_cutoff(conn: sa.Connection, newsletter: str, slot: str) -> datetime | None:
    """Return where the window of the newsletter's last used edition in this slot ended, or None before the first."""
    query = sa.select(sa.func.max(_e.c.until)).where(_e.c.newsletter == newsletter, _e.c.slot == slot, is_used())
    found: datetime | None = conn.execute(query).scalar_one()
    return found


def printed(
    conn: sa.Connection,
    newsletter: str,
    since: datetime,
    *,
    exclude: EditionKey | None = None,
    apart: Sequence[str] = (),
) -> list[Printed]:
    """Return what used editions of a newsletter printed since a moment, oldest first: its memory.

    ``text`` is the story's text in the printed version. ``exclude`` leaves out the edition being built,
    ``apart`` the slots whose editions went to other readers.
    """
    at = sa.func.coalesce(_e.c.frozen_at, _e.c.built_at, type_=schema.Moment())
    story = sa.and_(_v.c.story_id == _es.c.story_id, _v.c.version == _es.c.version)
    query = (
        sa.select(_es, _e.c.newsletter, _e.c.day, _e.c.slot, at.label("at"), _v.c.body)
        .join(_e, _e.c.id == _es.c.edition_id)
        .outerjoin(_v, story)
        .where(_e.c.newsletter == newsletter, _es.c.printed, at >= since, is_used(), _e.c.slot.not_in(apart))
        .order_by(at, _e.c.id, _es.c.place)
    )
    if exclude is not None:
        query = query.where(~_names(exclude))
    return [_printed(row) for row in conn.execute(query)]


def editions_with(conn: sa.Connection, story_id: str) -> tuple[EditionKey, ...]:
    """Return the editions that print a story, the newest first: where a kill or a correction must be heard."""
    query = sa.select(_e.c.newsletter, _e.c.day, _e.c.slot).join(_es, _es.c.edition_id == _e.c.id)
    query = query.where(_es.c.story_id == story_id, _es.c.printed).order_by(_e.c.day.desc(), _e.c.id.desc())
    return tuple(_key(row) for row in conn.execute(query))


def next_number(conn: sa.Connection, newsletter: str) -> int:
    """Return the number the newsletter's next edition carries: one more than it has sent."""
    query = sa.select(sa.func.count()).select_from(_e).where(_e.c.newsletter == newsletter, is_used())
    return int(conn.execute(query).scalar_one()) + 1


def _printed(row: Any) -> Printed:
    story = {} if row.body is None else _TEXT.validate_json(row.body)
    return Printed(
        story_id=row.story_id,
        version=row.version,
        headline=row.headline,
        edition=str(_key(row)),
        sent_at=row.at,
        content_hash=row.content_hash,
        text=story.get("text", ""),
    )


_TEXT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def _replace_stories(conn: sa.Connection, edition_id: int, edition: Edition) -> None:
    conn.execute(sa.delete(_es).where(_es.c.edition_id == edition_id))
    rows: dict[str, dict[str, Any]] = {}
    for place, item in enumerate(edition.items()):
        rows[item.story_id] = _row(edition_id, item.story_id, item.version, item.headline, place, printed=True)
    for left in edition.left_out:
        rows.setdefault(left.story_id, _row(edition_id, left.story_id, 0, left.headline, 0, printed=False))
    for (story_id, version), hashed in _version_hashes(conn, rows.values()).items():
        rows[story_id] |= {"version": version, "content_hash": hashed}
    if rows:
        conn.execute(sa.insert(_es), list(rows.values()))


def _row(edition_id: int, story_id: str, version: int, headline: str, place: int, *, printed: bool) -> dict[str, Any]:
    return {
        "edition_id": edition_id,
        "story_id": story_id,
        "version": version,
        "content_hash": "",
        "headline": headline.replace("\0", ""),
        "place": place,
        "printed": printed,
    }


def _version_hashes(conn: sa.Connection, rows: Collection[dict[str, Any]]) -> dict[tuple[str, int], str]:
    wanted = {row["story_id"]: row["version"] for row in rows if row["printed"]}
    query = sa.select(_v.c.story_id, _v.c.version, _v.c.content_hash).where(_v.c.story_id.in_(wanted))
    found = conn.execute(query)
    return {(r.story_id, r.version): r.content_hash for r in found if wanted[r.story_id] == r.version}


def _dump(edition: Edition) -> str:
    return _EDITION.dump_json(edition).decode()


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _key_columns(key: EditionKey) -> dict[str, str]:
    return {"newsletter": key.newsletter, "day": key.day.isoformat(), "slot": key.slot}


def _names(key: EditionKey) -> sa.ColumnElement[bool]:
    return sa.and_(*(_e.c[name] == value for name, value in _key_columns(key).items()))


def _key(row: Any) -> EditionKey:
    return EditionKey(row.newsletter, date.fromisoformat(row.day), row.slot)


def _told(conn: sa.Connection, edition_id: int) -> str:
    row = conn.execute(sa.select(_e).where(_e.c.id == edition_id)).one_or_none()
    return f"Edition {edition_id} (which does not exist)" if row is None else f"Edition {_key(row)} ({row.state})"


def _stored(row: Any) -> StoredEdition:
    same = ("id", "content_hash", "built_at", "frozen_at", "finished_at", "deadline", "expected_count")
    more = ("accepted_count", "headers", "paused", "stop_requested", "held", "approved_hash", "why")
    columns = {name: getattr(row, name) for name in (*same, *more)}
    return StoredEdition(key=_key(row), state=State(row.state), edition=_EDITION.validate_json(row.body), **columns)
