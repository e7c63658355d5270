"""Keeps stories and their versions; tells new, changed and known apart.

A story's identity is its id; a source that gives a known piece a new id (its guids churn) is seen through by the
piece's URL. ``known_at`` is the moment of the first version and never moves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import TypeAdapter

from digest.errors import UnknownThing
from digest.model import Status, Story
from digest.store import schema
from digest.store.editions import is_used
from digest.store.sql import insert_new
from digest.text.words import content_words

Change = Literal["new", "changed", "same"]

SAME_PIECE = 0.5
"""Two texts at one URL are one piece when the shorter shares at least this part of its words with the longer."""

COMMIT_MARGIN = timedelta(hours=1)
"""How long before a cut-off a story may have been stamped and yet become visible only after it: the longest
gathering transaction and the largest difference between two hosts' clocks that we allow for."""

_STORY: TypeAdapter[Story] = TypeAdapter(Story)
_s, _v = schema.story, schema.story_version
_STANDING = sa.func.coalesce(_s.c.ordered_status, _s.c.status).label("standing")
_EMBARGO = sa.func.coalesce(_s.c.ordered_embargo, _s.c.embargo_until, type_=schema.Moment()).label("embargo")


@dataclass(frozen=True, slots=True)
class Saved:
    """A story as it is kept now, and whether this saving made it, changed it or found it known."""

    story: Story
    change: Change


def save(conn: sa.Connection, story: Story, *, content_hash: str, url_key: str, now: datetime) -> Saved:
    """Keep a story: a first version, a further one, or nothing when it is known as it is.

    ``content_hash`` is what makes a new version (with status and embargo); ``url_key`` its canonical URL or empty.
    May be run twice. A kill stays until an editor releases the story, whatever the source says later; a hold or
    kill that the source sends after an editor's release stands again.
    """
    row = _find_row(conn, story, url_key)
    if row is None:
        return _save_first(conn, story, content_hash, url_key, now)
    if row.id != story.id:
        insert_new(conn, schema.story_alias, {"alias": story.id, "story_id": row.id})
    same = (row.content_hash, row.status, row.embargo_until) == (content_hash, story.status, story.embargo_until)
    if same:
        return Saved(get_story(conn, row.id), "same")
    return _save_next(conn, row, story, content_hash, url_key, now)


def find_story(conn: sa.Connection, story_id: str, version: int | None = None) -> Story | None:
    """Return a story in its newest or the given version, or None; its status is the one that stands now."""
    wanted = _s.c.version if version is None else version
    query = _select_stories(wanted).where(_s.c.id == story_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else _story_of(row)


def get_story(conn: sa.Connection, story_id: str, version: int | None = None) -> Story:
    """Return a story in its newest or the given version; raises UnknownThing."""
    found = find_story(conn, story_id, version)
    if found is None:
        which = "" if version is None else f" in version {version}"
        raise UnknownThing(f"There is no story {story_id!r}{which}; `digest stories list` shows those there are.")
    return found


def iter_stories(
    conn: sa.Connection,
    since: datetime | None = None,
    until: datetime | None = None,
    sources: Sequence[str] | None = None,
) -> Iterator[Story]:
    """Yield stories that became known in ``[since, until)``, newest version each, by ``known_at`` then id."""
    query = _select_stories(_s.c.version)
    if since is not None:
        query = query.where(_s.c.known_at >= since)
    if until is not None:
        query = query.where(_s.c.known_at < until)
    if sources is not None:
        query = query.where(_s.c.source.in_(sources))
    for row in conn.execute(query):
        yield _story_of(row)


def held_over(conn: sa.Connection, newsletter: str, since: datetime, until: datetime) -> Iterator[Story]:
    """Yield stories known before the window that may run for the first time inside it, in order of ``known_at``.

    Those are the ones whose embargo ended or whose hold was lifted in ``[since, until)``, and those whose
    gathering was committed only after the edition that ends at ``since`` had looked. None was printed by this
    newsletter before.
    """
    freed = sa.or_(
        sa.and_(_s.c.ordered_embargo.is_(None), _s.c.embargo_until >= since, _s.c.embargo_until < until),
        sa.and_(_s.c.ordered_embargo >= since, _s.c.ordered_embargo < until),
        sa.and_(_s.c.released_at >= since, _s.c.released_at < until),
        _came_too_late(newsletter, since),
    )
    query = _select_stories(_s.c.version).where(_s.c.known_at < since, freed, ~_was_printed(newsletter))
    for row in conn.execute(query):
        yield _story_of(row)


def changed(conn: sa.Connection, newsletter: str, since: datetime, until: datetime) -> Iterator[Story]:
    """Yield stories that this newsletter printed and whose source changed them in ``[since, until)``, oldest first.

    They may run again if they changed in substance: that is for the newsletter's memory to say.
    """
    in_window = sa.and_(_s.c.changed_at >= since, _s.c.changed_at < until, _s.c.version > 1)
    query = _select_stories(_s.c.version).where(_s.c.known_at < since, in_window, _was_printed(newsletter))
    for row in conn.execute(query):
        yield _story_of(row)


def latest(conn: sa.Connection, before: datetime, most: int) -> list[Story]:
    """Return the ``most`` newest stories known before a moment, the newest first: what sections are learned from."""
    query = _select_stories(_s.c.version).where(_s.c.known_at < before)
    newest = query.order_by(None).order_by(_s.c.known_at.desc(), _s.c.id).limit(most)
    return [_story_of(row) for row in conn.execute(newest)]


def order_status(conn: sa.Connection, story_id: str, status: Status, now: datetime) -> Story:
    """Hold, release (``usable``) or kill a story by an editor's word, which stands above the source's.

    Returns the story as it stands now; raises UnknownThing.
    """
    before = get_story(conn, story_id)
    values: dict[str, Any] = {"ordered_status": status.value, "changed_at": now}
    if status is Status.USABLE and before.status is not Status.USABLE:
        values["released_at"] = now
    conn.execute(sa.update(_s).where(_s.c.id == story_id).values(**values))
    return dataclasses.replace(before, status=status)


def order_embargo(conn: sa.Connection, story_id: str, until: datetime, now: datetime) -> Story:
    """Keep a story back until a moment by an editor's word, which stands above the source's; a past one lifts it.

    Returns the story as it stands now; raises UnknownThing.
    """
    before = get_story(conn, story_id)
    conn.execute(sa.update(_s).where(_s.c.id == story_id).values(ordered_embargo=until, changed_at=now))
    return dataclasses.replace(before, embargo_until=until)


def resolve(conn: sa.Connection, text: str) -> Story:
    """Find the one story that somebody means by its id, the beginning of its id, or its URL.

    Raises UnknownThing that lists stories it could have been.
    """
    text = text.strip()
    by_name = sa.or_(
        _s.c.id == text,
        _s.c.id.in_(sa.select(schema.story_alias.c.story_id).where(schema.story_alias.c.alias == text)),
        *([_s.c.url == text, _s.c.url_key == text, _s.c.url == text.rstrip("/")] if "/" in text else []),
    )
    found = list(conn.execute(sa.select(_s.c.id, _s.c.headline).where(by_name)))
    if not found and text:
        begins = _s.c.id.startswith(text.lower(), autoescape=True)
        found = list(conn.execute(sa.select(_s.c.id, _s.c.headline).where(begins).limit(6)))
    if len(found) == 1:
        return get_story(conn, found[0].id)
    if not found:
        similar = _s.c.headline.icontains(text, autoescape=True)
        near = sa.select(_s.c.id, _s.c.headline).where(similar).order_by(_s.c.known_at.desc()).limit(6)
        raise UnknownThing(_unresolved(f"There is no story {text!r}", list(conn.execute(near)) if text else []))
    raise UnknownThing(_unresolved(f"{text!r} could be several stories", found))


def _unresolved(what: str, candidates: Sequence[Any]) -> str:
    if not candidates:
        return f"{what}; `digest stories list` shows those there are."
    listed = "; ".join(f"{row.id} “{row.headline}”" for row in candidates)
    return f"{what}. Did you mean: {listed}?"


def _find_row(conn: sa.Connection, story: Story, url_key: str) -> Any:
    aliased = sa.select(schema.story_alias.c.story_id).where(schema.story_alias.c.alias == story.id)
    query = sa.select(_s).where(sa.or_(_s.c.id == story.id, _s.c.id.in_(aliased))).with_for_update()
    row = conn.execute(query).first()
    if row is not None or not _names_a_piece(url_key):
        return row
    at_url = sa.select(_s).where(_s.c.source == story.source, _s.c.url_key == url_key).with_for_update()
    for candidate in conn.execute(at_url.order_by(_s.c.known_at.desc(), _s.c.id).limit(20)).all():
        if _is_same_piece(get_story(conn, candidate.id), story):
            return candidate
    return None


def _names_a_piece(url_key: str) -> bool:
    """Tell whether a URL can belong to one piece: a site's front page stands behind many."""
    path = url_key.split("://")[-1].partition("/")[2]
    return bool(path.strip("/"))


def _is_same_piece(kept: Story, offered: Story) -> bool:
    # Live pages and listings put many pieces at one address, so the address alone proves nothing.
    if kept.headline.casefold().strip() == offered.headline.casefold().strip():
        return True
    ours = set(content_words(f"{kept.headline} {kept.text}"))
    theirs = set(content_words(f"{offered.headline} {offered.text}"))
    smaller = min(len(ours), len(theirs))
    return smaller > 0 and len(ours & theirs) / smaller >= SAME_PIECE


def _save_first(conn: sa.Connection, story: Story, content_hash: str, url_key: str, now: datetime) -> Saved:
    kept = dataclasses.replace(story, version=1, known_at=now)
    row = _columns(kept, content_hash, url_key, now) | {"id": story.id, "source": story.source, "known_at": now}
    if not insert_new(conn, _s, row):
        # Another process stored it between our look and our insert.
        return save(conn, story, content_hash=content_hash, url_key=url_key, now=now)
    _add_version(conn, kept, content_hash, now)
    return Saved(kept, "new")


def _save_next(conn: sa.Connection, row: Any, story: Story, content_hash: str, url_key: str, now: datetime) -> Saved:
    kept = dataclasses.replace(story, id=row.id, version=row.version + 1, known_at=row.known_at)
    values = _columns(kept, content_hash, url_key or row.url_key, now)
    standing = row.ordered_status or row.status
    ordered = _still_ordered(row, story.status)
    values["ordered_status"] = ordered
    stands = Status(ordered or story.status)
    if stands is Status.USABLE and standing != Status.USABLE:
        values["released_at"] = now
    conn.execute(sa.update(_s).where(_s.c.id == row.id).values(**values))
    _add_version(conn, kept, content_hash, now)
    return Saved(dataclasses.replace(kept, status=stands), "changed")


def _still_ordered(row: Any, offered: Status) -> str | None:
    """Return the order above the source's status after the source has spoken anew."""
    ordered: str | None = row.ordered_status
    if row.status == Status.KILLED and ordered is None:
        return Status.KILLED.value
    if ordered == Status.USABLE and offered is not Status.USABLE and offered != row.status:
        return None
    if ordered == Status.HOLD and offered is Status.KILLED:
        return None
    return ordered


def _columns(story: Story, content_hash: str, url_key: str, now: datetime) -> dict[str, Any]:
    return {
        "url_key": _plain(url_key),
        "url": _plain(story.url),
        "version": story.version,
        "content_hash": content_hash,
        "changed_at": now,
        "headline": _plain(story.headline),
        "status": story.status.value,
        "embargo_until": story.embargo_until,
    }


def _plain(text: str) -> str:
    # PostgreSQL refuses NUL in text; the body keeps it, escaped as JSON.
    return text.replace("\0", "")


def _add_version(conn: sa.Connection, story: Story, content_hash: str, now: datetime) -> None:
    body = _STORY.dump_json(story).decode()
    conn.execute(
        sa.insert(_v).values(story_id=story.id, version=story.version, at=now, content_hash=content_hash, body=body)
    )


def _select_stories(version: Any) -> sa.Select[Any]:
    joined = _s.join(_v, sa.and_(_v.c.story_id == _s.c.id, _v.c.version == version))
    columns = (_s.c.id, _s.c.known_at, _STANDING, _EMBARGO, _v.c.body)
    return sa.select(*columns).select_from(joined).order_by(_s.c.known_at, _s.c.id)


def _story_of(row: Any) -> Story:
    kept = _STORY.validate_json(row.body)
    status = Status(row.standing)
    return dataclasses.replace(kept, id=row.id, known_at=row.known_at, status=status, embargo_until=row.embargo)


def _was_printed(newsletter: str) -> sa.Exists:
    edition, printed = schema.edition, schema.edition_story
    return sa.exists().where(
        printed.c.story_id == _s.c.id,
        printed.c.printed,
        printed.c.edition_id == edition.c.id,
        edition.c.newsletter == newsletter,
        is_used(),
    )


def _came_too_late(newsletter: str, since: datetime) -> sa.ColumnElement[bool]:
    """Match what the edition with this cut-off was never offered although it was stamped before it."""
    edition, offered = schema.edition, schema.edition_story
    cut = sa.select(edition.c.id).where(edition.c.newsletter == newsletter, edition.c.until == since, is_used())
    seen = sa.exists().where(offered.c.story_id == _s.c.id, offered.c.edition_id.in_(cut))
    return sa.and_(_s.c.known_at >= since - COMMIT_MARGIN, sa.exists(cut), ~seen)
