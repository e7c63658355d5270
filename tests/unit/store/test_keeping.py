"""Acts, plans, the run log, sources' memory and pictures."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection

from digest import store
from digest.errors import UsageError
from digest.model import EditionKey
from digest.store import Act
from tests.store_help import KEY, at

OTHER = EditionKey("morning", KEY.day, "evening")


def test_acts_come_back_in_the_order_they_were_made(conn: Connection) -> None:
    first = Act("headline", {"story": "a", "text": "Größer"}, "Ada", at(5, 6))
    second = Act("order", {"stories": ["b", "a"]}, "Ben", at(5, 5))

    for act in (first, second):
        store.add_act(conn, KEY, act)

    kept = store.acts(conn, KEY)
    assert [(a.act, a.body, a.author, a.at) for a in kept] == [(a.act, a.body, a.author, a.at) for a in (first, second)]
    assert store.acts(conn, OTHER) == []


def test_an_act_can_be_taken_back(conn: Connection) -> None:
    for _ in range(3):
        act_id = store.add_act(conn, KEY, Act("subject", {"text": "One"}, "Ada", at(5, 6)))

    assert not store.remove_act(conn, OTHER, act_id)
    assert store.remove_act(conn, KEY, act_id)
    assert store.remove_acts(conn, KEY) == 2


def test_an_act_needs_a_time_and_a_known_name(conn: Connection) -> None:
    with pytest.raises(UsageError, match="says no time"):
        store.add_act(conn, KEY, Act("subject", {"text": "One"}))
    with pytest.raises(UsageError, match="known are lead, order"):
        store.add_act(conn, KEY, Act("burn", at=at(5)))  # type: ignore[arg-type]


def test_a_plan_begins_on_the_newsletters_own_day(conn: Connection) -> None:
    plan = store.ensure_plan(conn, "morning", now=at(5, 3), timezone="America/New_York")
    again = store.ensure_plan(conn, "morning", now=at(9, 3), timezone="America/New_York")

    assert plan == again == store.Plan("morning", date(2026, 1, 4), None, at(5, 3))


def test_a_plan_advances_once_and_never_goes_back(conn: Connection) -> None:
    store.ensure_plan(conn, "morning", now=at(5), timezone="UTC")

    moves = [store.advance(conn, "morning", date(2026, 1, day)) for day in (6, 6, 5, 7)]

    assert moves == [True, False, False, True]
    assert store.ensure_plan(conn, "morning", now=at(8), timezone="UTC").last_planned == date(2026, 1, 7)


def test_a_rules_making_and_every_change_of_it_are_noted(conn: Connection) -> None:
    edits = [
        store.ensure_plan(conn, "morning", now=at(day), timezone="UTC", rule=rule).edited_at
        for day, rule in ((5, ""), (6, "mon 06:30"), (7, "mon 06:30"), (8, "tue 06:30"), (9, ""))
    ]

    assert edits == [at(5), at(5), at(5), at(8), at(8)]


def test_the_log_is_told_newest_first_and_by_what_it_is_about(conn: Connection) -> None:
    store.log(conn, at(5, 6), "build", "3 of 9 stories", "morning", str(KEY))
    store.log(conn, at(5, 7), "gather", "newsroom: 9 new")

    assert [line.what for line in store.iter_log(conn)] == ["gather", "build"]
    assert [line.edition for line in store.iter_log(conn, "morning")] == [str(KEY)]
    assert [line.at for line in store.iter_log(conn, edition=str(KEY), what="build")] == [at(5, 6)]
    assert [line.what for line in store.iter_log(conn, since=at(5, 7), limit=5)] == ["gather"]


def test_the_last_line_about_an_edition_is_found(conn: Connection) -> None:
    assert store.last_log(conn, str(KEY)) is None

    for what in ("build", "frozen"):
        store.log(conn, at(5, 6), what, "", "morning", str(KEY))

    last = store.last_log(conn, str(KEY))
    assert last is not None
    assert last.what == "frozen"


def test_no_address_reaches_the_log(conn: Connection) -> None:
    store.log(conn, at(5), "failed", '550 5.1.1 <ada@example.org>: no "zoë.x+y@example.com" here')

    (line,) = store.iter_log(conn)
    assert line.detail == '550 5.1.1 <(address)>: no "(address)" here'


def test_a_source_remembers_only_what_was_flushed(conn: Connection) -> None:
    state = store.SqlSourceState(conn, "newsroom")
    state.put("etag", "one")

    assert state.get("etag") == "one"
    assert store.SqlSourceState(conn, "newsroom").get("etag") is None

    state.flush(conn)
    state.put("etag", "two")
    state.flush(conn)

    assert store.SqlSourceState(conn, "newsroom").get("etag") == "two"
    assert store.SqlSourceState(conn, "wire").get("etag") is None


def test_a_picture_is_kept_once_under_its_name(conn: Connection) -> None:
    store.put_picture(conn, "abc.png", b"\x89PNG\x00")
    store.put_picture(conn, "abc.png", b"\x89PNG\x00")

    assert store.get_picture(conn, "abc.png") == b"\x89PNG\x00"
    assert store.get_picture(conn, "other.png") is None
