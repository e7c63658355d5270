"""A segment picks subscribers by what is known of them, alike on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

import subscribers
from subscribers import Consent, ConsentHow, KeyRing, writing
from subscribers.segments import Segment, count_segment, segment_recipients

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
PEOPLE = (
    ("ann", {"vip", "press"}, {"age": 40, "city": "Turin", "local": True}),
    ("bob", {"press"}, {"age": "forty", "local": False}),
    ("cay", set(), {"city": 'O"Hare', "local": 1}),
    ("dan", {"vip"}, {}),
)


@pytest.fixture
def conn(engine: sa.Engine, keys: KeyRing):
    with writing(engine) as connection:
        subscribers.ensure_list(connection, "morning", "Morning Watch")
        for day, (name, tags, attributes) in enumerate(PEOPLE):
            now = NOW + timedelta(days=day)
            consent = Consent(now, ConsentHow.OPERATOR)
            options = {"tags": tags, "attributes": attributes, "consent": consent, "now": now, "keys": keys}
            subscribers.subscribe(connection, f"{name}@example.org", "morning", **options)
        yield connection


@pytest.mark.parametrize(
    ("segment", "picked"),
    [
        (Segment(), "ann bob cay dan"),
        (Segment(tags_all=frozenset(("vip", "press"))), "ann"),
        (Segment(tags_any=frozenset(("vip", "press"))), "ann bob dan"),
        (Segment(tags_none=frozenset(("vip",))), "bob cay"),
        (Segment(joined_since=NOW + timedelta(days=1), joined_before=NOW + timedelta(days=3)), "bob cay"),
        (Segment(attributes={"age": 40}), "ann"),
        (Segment(attributes={"age": "forty"}), "bob"),
        (Segment(attributes={"city": 'O"Hare'}), "cay"),
        (Segment(attributes={"local": True}), "ann cay"),
        (Segment(attributes={"local": False}), "bob"),
        (Segment(tags_all=frozenset(("'; DROP TABLE list; --",))), ""),
    ],
)
def test_a_segment_picks_by_tags_times_and_attributes(conn: sa.Connection, segment: Segment, picked: str) -> None:
    rows = conn.execute(segment_recipients("morning", segment, now=NOW)).all()

    assert " ".join(row.address[:3] for row in rows) == picked
    assert count_segment(conn, "morning", segment, now=NOW) == len(picked.split())


def test_a_segment_never_picks_who_has_left(conn: sa.Connection, keys: KeyRing) -> None:
    subscribers.suppress(conn, "ann@example.org", subscribers.SuppressionReason.MANUAL, now=NOW, keys=keys)

    assert count_segment(conn, "morning", Segment(tags_all=frozenset(("press",)))) == 1
