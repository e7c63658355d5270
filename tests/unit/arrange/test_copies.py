"""Which texts are one text, and which only look like it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.arrange import copies
from digest.model import Story

_FIRST = (
    "har",
    "fer",
    "war",
    "led",
    "orc",
    "lan",
    "gra",
    "mea",
    "cop",
    "vio",
    "thi",
    "anc",
    "bar",
    "cin",
    "dri",
    "emb",
)
_LAST = ("bour", "ry", "den", "ger", "hard", "tern", "nite", "dow", "per", "lin", "cket", "hor", "ley", "der", "zle")


def text(seed: int, count: int = 120) -> str:
    """Return a text of its own: words drawn at random, the same for the same seed."""
    chance = random.Random(seed)
    return " ".join(chance.choice(_FIRST) + chance.choice(_LAST) for _ in range(count))


def story(name: str, body: str, headline: str = "") -> Story:
    """Return a story of a source of its own."""
    return Story(id=name, source=name, key=name, headline=headline, text=body, language="en")


def grouped(*stories: Story) -> list[tuple[int, ...]]:
    """Return the places of each group."""
    return [each.places for each in copies.group(stories)[0]]


def test_the_same_text_under_another_headline_is_a_copy() -> None:
    assert grouped(story("a", text(1), "One"), story("b", text(1), "Another")) == [(0, 1)]


def test_two_stories_are_two() -> None:
    assert grouped(story("a", text(1)), story("b", text(2))) == [(0,), (1,)]


def test_a_text_cut_to_its_first_third_is_a_copy() -> None:
    assert grouped(story("a", text(1)), story("b", text(1, 40))) == [(0, 1)]


@pytest.mark.parametrize("seed", range(8))
def test_a_word_changed_in_every_seventh_place_leaves_a_copy(seed: int) -> None:
    changed = [("then" if place % 7 == seed % 7 else word) for place, word in enumerate(text(seed).split())]
    assert copies.compare(story("a", text(seed)), story("b", " ".join(changed))).same


def test_two_reports_that_share_a_background_of_two_fifths_are_two() -> None:
    background = text(3, 48)
    one, other = (story(name, f"{text(seed, 72)} {background}") for name, seed in (("a", 1), ("b", 2)))
    verdict = copies.compare(one, other)
    assert verdict.containment >= copies.EDITED_CONTAINMENT - 0.02
    assert not verdict.same


@pytest.mark.parametrize(
    ("one", "other", "because"),
    [
        ("Bids were 4.51 percent for 13 weeks. ", "Bids were 4.62 percent for 26 weeks. ", "figures"),
        ("Prices rose in February. ", "Prices rose in March. ", "month"),
        ("The Monday report. ", "The Thursday report. ", "weekday"),
    ],
)
def test_two_issues_of_a_series_are_two_and_the_guard_says_why(one: str, other: str, because: str) -> None:
    verdict = copies.compare(story("a", one + text(1)), story("b", other + text(1)))
    assert not verdict.same
    assert verdict.series
    assert because in verdict.because


def test_a_new_lead_with_figures_of_its_own_leaves_a_copy() -> None:
    body = f"{text(1)} There were 3,400 boats, 12 cranes and 77 sheds."
    stories = story("a", f"Some 15 of 20 came. {body}"), story("b", f"Nearly 200 watched for 9 hours. {body}")
    assert copies.compare(*stories).same


def test_what_the_series_guard_kept_apart_is_told_as_a_pair() -> None:
    stories = [story("a", f"In May. {text(1)}"), story("b", f"In June. {text(1)}")]
    assert copies.group(stories)[1] == [(0, 1)]


def test_a_flood_of_forty_copies_each_with_a_lead_of_its_own_is_one_group() -> None:
    flood = [story(str(n), f"{text(100 + n, 12)} {text(1)}") for n in range(40)]
    assert grouped(*flood) == [tuple(range(40))]


def test_a_phrase_that_every_story_ends_with_joins_none() -> None:
    stories = [story(str(n), f"{text(n, 60)} {text(999, 20)}") for n in range(60)]
    assert len(grouped(*stories)) == 60


@pytest.mark.parametrize("body", ["", "One.", "Two words.", "Ünï 中文 عربي"])
def test_a_text_of_hardly_a_word_is_grouped_with_its_equal_alone(body: str) -> None:
    groups = grouped(story("a", body), story("b", body), story("c", text(1)))
    assert groups == ([(0, 1), (2,)] if body else [(0,), (1,), (2,)])


@given(st.lists(st.text(max_size=80), max_size=12))
def test_every_story_is_in_exactly_one_group(bodies: list[str]) -> None:
    groups = grouped(*(story(str(n), body) for n, body in enumerate(bodies)))
    assert sorted(place for group in groups for place in group) == list(range(len(bodies)))
