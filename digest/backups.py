"""Notices that the database is older than what was sent: a backup was brought back.

Such a database would send an edition twice, and mail those who left since the backup was made. Nothing goes out from
it until a person has said that they know. What the outbox holds went to nobody and is not counted.
"""

from __future__ import annotations

from datetime import date

from digest import store
from digest.errors import Withheld
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.store import Mark, State, Step

RECENT = 50
"""How many of the newest editions are looked up: a backup lacks the newest of all."""


def lost(newsroom: Newsroom) -> tuple[Mark, ...]:
    """Return the editions that left and of which the database knows nothing, or not that they ended; oldest first."""
    marks = store.read_marks(newsroom.base)[-RECENT:]
    with newsroom.reading() as conn:
        return tuple(mark for mark in marks if mark.step != "accepted" and _is_lost(conn, mark))


def check(newsroom: Newsroom, key: EditionKey) -> None:
    """Raise Withheld when the database was brought back from a backup, or this very edition left before that."""
    if _is_outbox(newsroom, key):
        return
    # Marks first, then the database: who freezes commits before marking, so nobody is seen marked and not frozen.
    mine = {mark.edition: mark for mark in store.read_marks(newsroom.base)}.get(str(key))
    missing = lost(newsroom)
    if missing:
        newest = missing[-1]
        raise Withheld(
            f"{key} was not sent: {newest.edition} left on {newest.at:%Y-%m-%d at %H:%M} UTC and the database does not "
            "know it, so it was brought back from a backup. Who left or was taken off since then stands on its lists "
            "again. Bring back a newer database, or take them off, then say so with `digest doctor --accept-restored`."
        )
    if mine is not None:
        with newsroom.reading() as conn:
            known = _is_frozen(conn, key)
        if not known:
            raise Withheld(
                f"{key} was not sent: it left on {mine.at:%Y-%m-%d at %H:%M} UTC, before the database was brought back "
                f"from a backup. To mail its list once more, name another slot: --slot again."
            )


def note(newsroom: Newsroom, key: EditionKey, step: Step) -> None:
    """Write down beside the database how far an edition has come; saying it again changes nothing."""
    if _is_outbox(newsroom, key):
        return
    marks = {mark.edition: mark.step for mark in store.read_marks(newsroom.base)}
    if marks.get(str(key)) != step:
        store.add_mark(newsroom.base, Mark(str(key), step, newsroom.clock()))


def accept(newsroom: Newsroom) -> tuple[Mark, ...]:
    """Let editions go again from a database that was brought back; return what it does not know.

    Those editions stay sent: none of them goes a second time.
    """
    missing = lost(newsroom)
    for mark in missing:
        with newsroom.writing() as conn:
            stored = store.load(conn, parse(mark.edition))
            why = "it had gone out before the database was brought back from a backup"
            if stored is not None and stored.state is State.FROZEN:
                store.finish(conn, stored.id, State.STOPPED, now=newsroom.clock(), why=why)
            store.log(conn, newsroom.clock(), "restored", why, mark.edition.partition("/")[0], mark.edition)
        store.add_mark(newsroom.base, Mark(mark.edition, "accepted", newsroom.clock()))
    return missing


def parse(edition: str) -> EditionKey:
    """Read a marked name; a newsletter that is in the settings no more is a name all the same."""
    newsletter, day, *slot = edition.split("/")
    return EditionKey(newsletter, date.fromisoformat(day), *slot)


def _is_lost(conn: store.Connection, mark: Mark) -> bool:
    stored = store.load(conn, parse(mark.edition))
    if stored is None or stored.frozen_at is None:
        return True
    return mark.step == "ended" and stored.state is State.FROZEN


def _is_frozen(conn: store.Connection, key: EditionKey) -> bool:
    stored = store.load(conn, key)
    return stored is not None and stored.frozen_at is not None


def _is_outbox(newsroom: Newsroom, key: EditionKey) -> bool:
    return newsroom.settings.transport_of(newsroom.newsletter_of(key)).kind == "outbox"
