"""Several processes at once: one of them plans, freezes and stores, the others find it done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

from sqlalchemy import Connection, Engine

import subscribers
from digest import store
from digest.errors import UsageError
from tests.store_help import KEY, UNTIL, at, edition, freeze, keep, story

MANY = 6


def together(engine: Engine, work: Callable[[Connection], str]) -> Counter[str]:
    """Run one piece of work in several transactions that start at the same moment; count the answers."""
    start = Barrier(MANY)

    def once(_: int) -> str:
        start.wait()
        try:
            with subscribers.writing(engine) as conn:
                return work(conn)
        except UsageError:
            return "refused"

    with ThreadPoolExecutor(MANY) as pool:
        return Counter(pool.map(once, range(MANY)))


def test_a_story_offered_at_once_is_new_once(engine: Engine) -> None:
    found = together(engine, lambda conn: keep(conn, story(1), at(5, 6)).change)

    assert found == {"new": 1, "same": MANY - 1}


def test_a_newer_version_offered_at_once_is_one_version(engine: Engine) -> None:
    with subscribers.writing(engine) as conn:
        keep(conn, story(1), at(5, 6))

    found = together(engine, lambda conn: keep(conn, story(1, text="Newer."), at(5, 7)).change)

    assert found == {"changed": 1, "same": MANY - 1}


def test_a_day_is_planned_once(engine: Engine) -> None:
    def plan(conn: Connection) -> str:
        store.ensure_plan(conn, "morning", now=at(5), timezone="UTC")
        return str(store.advance(conn, "morning", date(2026, 1, 5)))

    assert together(engine, plan) == {"True": 1, "False": MANY - 1}


def test_an_edition_built_at_once_is_one_edition(engine: Engine) -> None:
    found = together(engine, lambda conn: str(store.save_draft(conn, edition(story(1)), now=UNTIL)))

    assert sorted(found.values()) == [MANY]


def test_an_edition_is_frozen_once(engine: Engine) -> None:
    with subscribers.writing(engine) as conn:
        edition_id = store.save_draft(conn, edition(story(1)), now=UNTIL)

    def take(conn: Connection) -> str:
        freeze(conn, edition_id)
        return "frozen"

    assert together(engine, take) == {"frozen": 1, "refused": MANY - 1}


def test_a_rebuild_and_a_freeze_never_send_what_nobody_asked_for(engine: Engine) -> None:
    with subscribers.writing(engine) as conn:
        edition_id = store.save_draft(conn, edition(story(1)), now=UNTIL)
        wanted = store.content_hash(edition(story(1)))
    builders = iter(range(MANY))

    def race(conn: Connection) -> str:
        if next(builders) % 2:
            store.save_draft(conn, edition(story(2)), now=UNTIL)
            return "built"
        store.mark_frozen(conn, edition_id, now=UNTIL, deadline=None, headers="", expected=1, content_hash=wanted)
        return "frozen"

    together(engine, race)

    with subscribers.reading(engine) as conn:
        found = store.get_edition(conn, KEY)
    assert found.frozen_at is None or found.content_hash == wanted
