"""Quotas per source and per author: who is held back, who is not, and what the editor is told."""

from datetime import UTC, datetime

import pytest

from digest.arrange import Chosen, Quotas, SectionRule, choose
from digest.model import Cluster, Kind, Placed, Placement, Story
from digest.settings import SectionSettings

WORDS = ("harbour", "ferry", "bridge", "school", "budget", "orchard", "museum", "tram")
RULE = SectionRule("town", "Town", max_items=8)


def placed(number: int, *, source: str = "wire", byline: str = "", section: str = "town") -> Placed:
    """Return a story whose headline is like no other; a lower number scores more."""
    at = datetime(2026, 1, 5, tzinfo=UTC)
    story = Story(f"s{number}", source, f"s{number}", WORDS[number], "", byline=byline, kind=Kind.NEWS, published=at)
    return Placed(Cluster("single", (story,)), Placement(section, "tag", 1.0, ""), 50.0 - number, ())


def printed(chosen: Chosen) -> list[str]:
    """Return the ids of lead and sections in print order."""
    lead = [chosen.lead] if chosen.lead else []
    return [p.cluster.lead.id for p in [*lead, *(p for _, items in chosen.sections for p in items)]]


def test_a_source_has_no_more_items_than_its_quota_in_the_whole_edition() -> None:
    offered = [placed(0), placed(1), placed(2, section="more"), placed(3, source="own")]
    chosen = choose(offered, rules=[RULE], briefs=0, quotas=Quotas(per_source=2))
    assert printed(chosen) == ["s0", "s1", "s3"]
    assert [(left.story_id, left.reason) for left in chosen.left_out] == [
        ("s2", "2 items of “wire” already: its quota")
    ]


def test_an_author_has_no_more_items_than_the_quota_and_no_brief_either() -> None:
    offered = [placed(0, byline="Ada Lind"), placed(1, byline="ada lind "), placed(2, byline="Bo Ek")]
    chosen = choose(offered, rules=[RULE], briefs=6, quotas=Quotas(per_author=1))
    assert printed(chosen) == ["s0", "s2"]
    assert chosen.briefs == ()
    assert chosen.left_out[0].reason == "1 item by ada lind already: the author's quota"


def test_stories_without_a_byline_are_not_one_author() -> None:
    chosen = choose([placed(0), placed(1), placed(2)], rules=[RULE], quotas=Quotas(per_author=1))
    assert printed(chosen) == ["s0", "s1", "s2"]


def test_the_place_of_a_story_held_back_goes_to_the_next_one() -> None:
    offered = [placed(0), placed(1), placed(2, source="own"), placed(3, source="own")]
    chosen = choose(offered, rules=[SectionRule("town", "Town", max_items=2)], briefs=0, quotas=Quotas(per_source=2))
    assert printed(chosen) == ["s0", "s1", "s2"]
    chosen = choose(offered, rules=[SectionRule("town", "Town", max_items=2)], briefs=0, quotas=Quotas(per_source=1))
    assert printed(chosen) == ["s0", "s2"]


def test_a_pinned_story_is_never_held_back_and_counts() -> None:
    offered = [placed(0), placed(1), placed(2)]
    chosen = choose(offered, rules=[RULE], briefs=0, pins=["s2"], quotas=Quotas(per_source=1))
    assert printed(chosen) == ["s2"]
    chosen = choose(offered, rules=[RULE], briefs=0, pins=["s2", "s1"], quotas=Quotas(per_source=1))
    assert printed(chosen) == ["s2", "s1"]


def test_a_sections_own_quota_sends_the_rest_to_the_briefs_or_says_why() -> None:
    rule = SectionRule("town", "Town", max_items=5, max_per_source=1)
    chosen = choose([placed(n) for n in range(4)], rules=[rule], top=0, briefs=1)
    assert printed(chosen) == ["s0"]
    assert [each.cluster.lead.id for each in chosen.briefs] == ["s1"]
    assert chosen.left_out[0].reason == "“Town” has 1 item of “wire” already: its quota"


@pytest.mark.parametrize("quota", [0, 1, 2, 7])
def test_every_story_is_printed_or_left_out_once(quota: int) -> None:
    offered = [placed(n, source=f"source {n % 2}", byline=f"Author {n % 3}") for n in range(8)]
    chosen = choose(offered, rules=[RULE], briefs=2, quotas=Quotas(quota, quota))
    told = [*printed(chosen), *(b.cluster.lead.id for b in chosen.briefs), *(x.story_id for x in chosen.left_out)]
    assert sorted(told) == [f"s{n}" for n in range(8)]


def test_a_section_of_the_settings_may_have_quotas() -> None:
    section = SectionSettings(id="town", title="Town", max_per_source=2, max_per_author=1)
    assert (section.max_per_source, section.max_per_author) == (2, 1)
