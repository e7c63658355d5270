"""Corrects an edition that readers have: on its page, in the next edition, and by mail to exactly those readers."""

from __future__ import annotations

from collections.abc import Callable

from digest import job, store
from digest.errors import UsageError
from digest.job import Delivered
from digest.mailing import Progress
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.store import Correction


def correct(newsroom: Newsroom, key: EditionKey, story: str, text: str, author: str) -> Correction:
    """Keep a correction of a printed story; raises UsageError when nobody can have read it or it says nothing."""
    words = " ".join(text.split())
    if not words:
        raise UsageError("--text is empty: say what was wrong and what is right.")
    with newsroom.writing() as conn:
        stored = store.get_edition(conn, key)
        if stored.frozen_at is None:
            raise UsageError(f"{key} has not been sent: change its draft with `digest edit {key}`.")
        headlines = {item.story_id: item.headline for item in stored.edition.items()}
        found = [known for known in headlines if known.startswith(story)]
        if len(found) != 1:
            listed = "; ".join(f"{known[:8]} “{headline}”" for known, headline in headlines.items())
            raise UsageError(f"--story {story} is not one story of {key}. It prints: {listed}.")
        now = newsroom.clock()
        correction = Correction(key, found[0], headlines[found[0]], words, author, now)
        store.add_correction(conn, correction)
        store.log(conn, now, "correction", f"{found[0]}: {words}", key.newsletter, str(key))
    return correction


def correction_key(newsroom: Newsroom, key: EditionKey) -> EditionKey:
    """Name the edition that carries the latest correction of ``key``: the day's first is ``correction-1``."""
    with newsroom.reading() as conn:
        same_day = store.corrections_of_day(conn, key.newsletter, key.day)
    numbers = [number for number, known in enumerate(same_day, start=1) if known.edition == key]
    if not numbers:
        raise UsageError(f"{key} has no correction; write one with `digest correct {key} --story … --text …`.")
    return EditionKey(key.newsletter, key.day, f"correction-{numbers[-1]}")


def readers(newsroom: Newsroom, key: EditionKey) -> int:
    """Count whose message of an edition was accepted: who would get its correction, unless they left since."""
    with newsroom.reading() as conn:
        return store.counts(conn, store.get_edition(conn, key).id).accepted


def send_correction(
    newsroom: Newsroom, key: EditionKey, *, on_progress: Callable[[Progress], None] | None = None
) -> Delivered:
    """Mail the latest correction of an edition to those whose message was accepted and who are still readers."""
    return job.deliver(newsroom, correction_key(newsroom, key), on_progress=on_progress)
