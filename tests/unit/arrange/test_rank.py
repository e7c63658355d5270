"""What a story's place rests on: parts that sum, each of which only ever works one way."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.arrange import score
from digest.model import Cluster, Rights, Story

NOW = datetime(2026, 1, 5, 6, tzinfo=UTC)


def story(priority: int = 50, hours: float = 2, source: str = "a", **more: object) -> Story:
    """Return a story of some hours ago."""
    made = Story(source, source, source, "Quay opened", "The quay was opened.", published=NOW - timedelta(hours=hours))
    return replace(made, priority=priority, **more)  # type: ignore[arg-type]


def points(*stories: Story, kind: str = "single", seen: float = 0.0) -> float:
    """Return the score of a cluster."""
    return score(Cluster(kind, stories), now=NOW, seen_similarity=seen)[0]


@given(st.integers(0, 100), st.floats(0, 200), st.floats(0, 1))
def test_the_parts_sum_to_the_score(priority: int, hours: float, seen: float) -> None:
    total, parts = score(Cluster("single", (story(priority, hours),)), now=NOW, seen_similarity=seen)
    assert math.isclose(total, sum(part.points for part in parts), abs_tol=0.001)
    assert all(part.because for part in parts)


@given(st.integers(0, 99), st.floats(0, 200))
def test_more_priority_never_lowers_a_story_and_more_hours_never_raise_it(priority: int, hours: float) -> None:
    assert points(story(priority + 1, hours)) > points(story(priority, hours))
    assert points(story(priority, hours + 5)) <= points(story(priority, hours))


def test_each_further_independent_source_raises_an_event_and_copies_do_not() -> None:
    three = [story(source=name) for name in "abc"]
    assert points(*three, kind="event") > points(*three[:2], kind="event") > points(three[0])
    assert points(*three, kind="copy") == points(three[0])


def test_what_was_printed_this_week_falls() -> None:
    assert points(story(), seen=0.9) < points(story(), seen=0.2) < points(story())


def test_the_newsrooms_own_reporting_stands_before_a_wires() -> None:
    assert points(story(rights=Rights.OWN)) > points(story(rights=Rights.LICENSED))


def test_by_recency_alone_priority_does_not_count() -> None:
    old, new = (Cluster("single", (each,)) for each in (story(100, 30), story(0, 1)))
    assert score(new, now=NOW, order="recency") > score(old, now=NOW, order="recency")


def test_an_unknown_order_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="priority, source, recency"):
        score(Cluster("single", (story(),)), now=NOW, order="magic")
