"""What is merged without asking, and what never is."""

from datetime import UTC, datetime, timedelta

import pytest

from digest import arrange
from digest.arrange import certainty
from digest.model import Decision, Kind, Story

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
FERRY = (
    "The ferry Aurora ran aground on a sandbank off Saltholm on Monday morning with ninety passengers aboard, and "
    "lifeboats evacuated everybody before the tide lifted the stranded hull, the coastguard said. Nobody was injured."
)
FERRY_AGAIN = (
    "Ninety passengers were evacuated by lifeboats on Monday morning after the ferry Aurora ran aground on a sandbank "
    "near Saltholm; a rising tide later freed the stranded hull. The coastguard reported nobody injured."
)


def story(story_id: str, headline: str, text: str, *, kind: Kind = Kind.NEWS, hours: float = 0) -> Story:
    """Return a story of a source of its own."""
    at = NOON + timedelta(hours=hours)
    return Story(story_id, f"source {story_id}", story_id, headline, text, kind=kind, published=at)


def groups(*stories: Story, decisions: tuple[Decision, ...] = ()) -> set[frozenset[str]]:
    """Return the ids of each cluster of two or more."""
    made = arrange.cluster(stories, decisions=decisions)
    return {frozenset(s.id for s in each.stories) for each in made if len(each.stories) > 1}


A = story("a", "Ferry runs aground off Saltholm", FERRY)
B = story("b", "Lifeboats evacuate stranded ferry Aurora", FERRY_AGAIN, hours=2)


def test_two_accounts_with_the_same_rare_plain_words_are_merged_and_keep_the_evidence() -> None:
    merged = next(each for each in arrange.cluster([A, B]) if len(each.stories) == 2)
    assert merged.kind == "event"
    assert merged.evidence["terms"]["words"] > 0
    assert set(merged.evidence["best_pair"]) == {"a", "b"}


@pytest.mark.parametrize("kind", [Kind.OPINION, Kind.LETTERS, Kind.LIVE])
@pytest.mark.parametrize("text", [FERRY, FERRY_AGAIN])
def test_opinion_letters_and_live_pages_never_merge_with_news(kind: Kind, text: str) -> None:
    assert groups(A, story("x", A.headline, text, kind=kind)) == set()


def test_an_editors_split_parts_what_would_merge_and_a_later_merge_wins() -> None:
    split, merge = Decision("split", ("a", "b")), Decision("merge", ("a", "b"))
    assert groups(A, B, decisions=(split,)) == set()
    assert groups(A, B, decisions=(split, merge)) == {frozenset("ab")}


def test_the_order_of_the_stories_does_not_matter() -> None:
    assert arrange.cluster([A, B]) == arrange.cluster([B, A])


def test_the_same_form_for_two_towns_is_not_certain() -> None:
    lines = [f"Operator enhances mobile network coverage in {town}" for town in ("Lincoln", "Townsend")]
    one, other = (certainty.account(story(line, line, "")) for line in lines)
    assert certainty.contradiction(one, other) == "the same line with another name"


def test_figures_of_two_quarters_are_not_one_event() -> None:
    one, other = (
        certainty.account(story(quarter, "Profit beats estimates", f"The company reported {quarter} profit."))
        for quarter in ("first-quarter", "fourth-quarter")
    )
    assert certainty.contradiction(one, other) == "another quarter or year"
