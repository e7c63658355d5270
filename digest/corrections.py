"""Queues what readers must be told about a story they have: that its source corrected it, or that it was withdrawn.

The corrections stand on the edition's page and in the newsletter's next edition; an editor may mail one besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from digest import store
from digest.model import Status, Story
from digest.store import Correction, StoredEdition

WITHDRAWN = "We have withdrawn this story."
"""What is said of a killed story until an editor says more; such a correction has no author."""

LOOK_BACK = timedelta(days=30)
"""How old an edition may be for a change of its stories to be told of itself."""


def queue(conn: store.Connection, story_id: str, now: datetime) -> None:
    """Note what the story as it stands now takes back of what editions printed; may be run again."""
    story = store.find_story(conn, story_id)
    if story is None:
        return
    for key in store.editions_with(conn, story_id):
        stored = store.load(conn, key)
        if stored is None or stored.frozen_at is None or stored.frozen_at < now - LOOK_BACK:
            continue
        for text, author in _taken_back(conn, stored, story):
            headline = next(item.headline for item in stored.edition.items() if item.story_id == story_id)
            if store.add_correction(conn, Correction(key, story_id, headline, text, author, now)):
                store.log(conn, now, "correction", f"{story_id}: {text}", key.newsletter, str(key))


def standing(conn: store.Connection, corrections: Sequence[Correction]) -> tuple[Correction, ...]:
    """Return the corrections that are true now: a story that was killed and released again was not withdrawn."""
    return tuple(each for each in corrections if not is_withdrawal(each) or _is_killed(conn, each.story_id))


def is_withdrawal(correction: Correction) -> bool:
    """Tell whether a correction was written by a kill, and not by an editor or a source."""
    return correction.text == WITHDRAWN and not correction.author


def _taken_back(conn: store.Connection, stored: StoredEdition, story: Story) -> Iterator[tuple[str, str]]:
    version = next(item.version for item in stored.edition.items() if item.story_id == story.id)
    printed = store.find_story(conn, story.id, version)
    known = printed.corrections if printed is not None else ()
    yield from ((text, story.source) for text in story.corrections if text not in known)
    if story.status is Status.KILLED and not store.corrections(conn, stored.key, story.id):
        yield WITHDRAWN, ""


def _is_killed(conn: store.Connection, story_id: str) -> bool:
    story = store.find_story(conn, story_id)
    return story is not None and story.status is Status.KILLED
