"""A blurb that says "Tuesday" has the story's day beside it, unless it is the edition's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.model import Variant
from digest.render import render_variant
from tests.editions import item, small_edition

BEFORE = datetime(2026, 3, 3, 12, tzinfo=UTC)


def mailed(blurb: str, published: datetime | None = BEFORE, *, language: str = "en", **more: object) -> tuple[str, str]:
    """Return both parts of an edition of one story; it is that of 4 March 2026."""
    edition = small_edition(lead=item(1, "Ferry again", blurb, published=published, **more), sections=(), briefs=())
    rendered = render_variant(replace(edition, language=language), Variant())
    return rendered.html, rendered.text


@pytest.mark.parametrize(
    ("blurb", "language", "day"),
    [
        ("The council voted on Tuesday.", "en", "March 3"),
        ("Boats will run from tomorrow, it said.", "en-GB", "March 3"),
        ("Der Rat stimmte am Dienstagabend ab.", "de", "3. März"),
        ("Рада проголосувала у вівторок.", "uk", "3 березня"),
    ],
)
def test_a_blurb_that_names_a_day_has_the_storys_beside_it_in_both_parts(blurb: str, language: str, day: str) -> None:
    html, text = mailed(blurb, language=language)

    assert f"· {day}</p>" in html
    assert f"· {day}\n" in text


@pytest.mark.parametrize(
    ("blurb", "published"),
    [
        ("The council voted on Tuesday.", datetime(2026, 3, 4, 8, tzinfo=UTC)),
        ("The council voted on Tuesday.", None),
        ("The council voted seven to two.", BEFORE),
    ],
    ids=["the edition's own day", "no day known", "no day named"],
)
def test_where_no_day_can_be_mistaken_none_is_printed(blurb: str, published: datetime | None) -> None:
    assert "March 3<" not in mailed(blurb, published)[0]


def test_the_day_is_that_of_the_newsletters_zone() -> None:
    late = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)
    edition = small_edition(
        lead=item(1, "Ferry again", "They voted on Tuesday.", published=late), sections=(), briefs=()
    )

    there = render_variant(replace(edition, timezone="America/New_York"), Variant()).html
    here = render_variant(replace(edition, timezone="Europe/Vienna"), Variant()).html

    assert ("March 3<" in there, "March 3<" in here) == (True, False)


def test_a_story_in_another_language_names_days_in_its_own() -> None:
    edition = small_edition(
        lead=item(1, "Fähre", "Der Rat stimmte am Dienstag ab.", published=BEFORE, language="de"),
        sections=(),
        briefs=(),
    )

    assert "March 3<" in render_variant(edition, Variant()).html
