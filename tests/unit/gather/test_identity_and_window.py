"""When a story is the same story, when it is a new version, and which span an edition looks at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.gather import canonical_url, content_hash, first_window, next_window, story_id
from digest.model import DroppedLine, Image, Story, Window
from tests.gathering_help import NOW

STORY = Story(id="a", source="courier", key="k", headline="Ferry returns", text="It is back.", published=NOW)


def test_an_id_is_the_same_for_ever_and_differs_by_source_and_key() -> None:
    assert story_id("courier", "k") == story_id("courier", "k") == "7365549fe9516cd5"
    assert len({story_id("courier", "k"), story_id("wire", "k"), story_id("courierk", "")}) == 3


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTPS://Courier.Example/A?id=1&utm_source=x&fbclid=2#top", "https://courier.example/A?id=1"),
        ("http://courier.example:80", "http://courier.example/"),
        ("https://courier.example:8443/a?b=2&a=1", "https://courier.example:8443/a?b=2&a=1"),
        ("https://[2606:2800::1]/a", "https://[2606:2800::1]/a"),
        (" urn:uuid:1 ", "urn:uuid:1"),
        ("http://[bad", "http://[bad"),
        ("", ""),
    ],
)
def test_a_url_has_one_canonical_form(written: str, canonical: str) -> None:
    assert canonical_url(written) == canonical == canonical_url(canonical)


def test_a_change_that_a_reader_sees_is_a_new_version() -> None:
    changed = [
        replace(STORY, headline="Ferry sails"),
        replace(STORY, text="It is away."),
        replace(STORY, published=NOW - timedelta(hours=1)),
        replace(STORY, corrections=("One pier, not two.",)),
        replace(STORY, image=Image(url="https://courier.example/a.jpg")),
    ]

    assert len({content_hash(story) for story in [STORY, *changed]}) == 6


def test_what_only_we_noted_is_no_new_version() -> None:
    noted = replace(STORY, version=3, known_at=NOW, updated=NOW, notes=("a",), dropped=(DroppedLine("a", "b"),))

    assert content_hash(noted) == content_hash(STORY)


def test_the_first_edition_looks_back_a_day_or_less() -> None:
    assert first_window(NOW, timedelta(days=4)) == Window(NOW - timedelta(hours=24), NOW)
    assert first_window(NOW, timedelta(hours=6)) == Window(NOW - timedelta(hours=6), NOW)


def test_the_next_edition_begins_where_the_last_one_ended() -> None:
    friday = NOW - timedelta(days=3)

    assert next_window(friday, NOW, timedelta(days=4)) == Window(friday, NOW)
    assert next_window(friday, NOW, timedelta(days=1)) == Window(NOW - timedelta(days=1), NOW)
    assert next_window(None, NOW, timedelta(days=4)) == first_window(NOW, timedelta(days=4))


def test_a_cut_off_in_the_future_gives_an_empty_window() -> None:
    assert next_window(NOW + timedelta(hours=1), NOW, timedelta(days=4)) == Window(NOW, NOW)
