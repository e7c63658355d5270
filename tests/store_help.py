"""Numbered stories and the editions they make, for tests of what is stored and of what is done to it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from digest import store
from digest.model import Blurb, Edition, EditionKey, Item, LeftOut, Masthead, Origin, Section, Story

KEY = EditionKey("morning", date(2026, 1, 5))
SITE = Masthead("morning", "Morning Watch", "The Harbor Courier", "https://courier.example", "1 Quay Street")


def at(day: int, hour: int = 0, minute: int = 0, month: int = 1) -> datetime:
    """Return a moment of January 2026, in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


SINCE, UNTIL = at(4, 11, 30), at(5, 11, 30)
"""The window of the edition of 5 January."""


def story(number: int, **changes: Any) -> Story:
    """Return the numbered story, with its own headline, text and URL."""
    plain = Story(
        id=f"{number:016x}",
        source="newsroom",
        key=f"story-{number}",
        headline=f"Harbour council opens pier {number}",
        text=f"The council opened pier {number} on Monday. Boats number {number} came first.",
        url=f"https://courier.example/news/pier-{number}",
    )
    return dataclasses.replace(plain, **changes)


def keep(conn: Connection, offered: Story, now: datetime) -> store.Saved:
    """Save a story with a hash of its headline and text."""
    hashed = hashlib.sha256(f"{offered.headline}|{offered.text}".encode()).hexdigest()
    return store.save(conn, offered, content_hash=hashed, url_key=offered.url, now=now)


def item(printed: Story, **changes: Any) -> Item:
    """Return the item a story makes, with its text as blurb."""
    blurb = Blurb(printed.text, Origin.EXTRACT, method="lead")
    plain = Item(printed.id, max(1, printed.version), printed.headline, printed.url, blurb)
    return dataclasses.replace(plain, **changes)


def edition(
    *printed: Story,
    key: EditionKey = KEY,
    since: datetime = SINCE,
    until: datetime = UNTIL,
    left_out: Sequence[Story] = (),
    **changes: Any,
) -> Edition:
    """Return an edition that prints these stories, the first as its lead."""
    items = [item(each) for each in printed]
    plain = Edition(
        key=key,
        masthead=SITE,
        subject=printed[0].headline if printed else "Nothing",
        preheader="And more",
        language="en",
        timezone="America/New_York",
        theme="broadsheet",
        since=since,
        until=until,
        lead=items[0] if items else None,
        sections=(Section("city", "City", tuple(items[1:])),) if items[1:] else (),
        left_out=tuple(LeftOut(each.id, each.headline, "full") for each in left_out),
    )
    return dataclasses.replace(plain, **changes)


def freeze(conn: Connection, edition_id: int, now: datetime = UNTIL, expected: int = 2) -> None:
    """Freeze a draft without asking for more."""
    store.mark_frozen(conn, edition_id, now=now, deadline=None, headers="", expected=expected)


def send(conn: Connection, sent: Edition, now: datetime | None = None) -> int:
    """Save an edition and mark it frozen and sent."""
    moment = now or sent.until
    edition_id = store.save_draft(conn, sent, now=moment)
    freeze(conn, edition_id, moment)
    store.finish(conn, edition_id, store.State.SENT, now=moment)
    return edition_id
