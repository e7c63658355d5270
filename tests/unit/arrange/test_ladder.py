"""Which rule places a story in its section, and what it says for itself."""

from dataclasses import replace

import pytest

from digest.arrange import MORE, Ladder, SectionRule, learner_for
from digest.model import Placement, Story

RULES = (
    SectionRule("city", "City news", "Streets, council, schools", tags=("town hall",)),
    SectionRule("sport", "Sport", "Matches, goals, cups and players"),
)
STORY = Story(id="s", source="wire", key="s", headline="Quay", text="The quay was opened.")


class Guesser:
    """A learner that always says sport."""

    def place(self, story: Story) -> Placement | None:
        return Placement("sport", "learned", 0.5, "words such as quay")


def ladder(**given: object) -> Ladder:
    """Return the rules with a tag map, a default and a learner, so that every rung could answer."""
    more: dict[str, object] = {
        "tag_map": {"harbour": "city"},
        "source_defaults": {"wire": "city"},
        "learner": Guesser(),
    }
    return Ladder(RULES, **{**more, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("story", "given", "method", "section"),
    [
        (replace(STORY, section="Sport"), {"pins": {"s": "city"}}, "pin", "city"),
        (replace(STORY, section="City News", tags=("sport",)), {}, "section", "city"),
        (replace(STORY, department="town-hall"), {}, "section", "city"),
        (replace(STORY, tags=("weather", "Harbour"), url="https://courier.example/sport/a"), {}, "tag", "city"),
        (replace(STORY, url="https://courier.example/sport/2026/quay"), {}, "url", "sport"),
        (STORY, {}, "source", "city"),
        (STORY, {"source_defaults": {}}, "learned", "sport"),
        (STORY, {"source_defaults": {}, "learner": None}, "none", MORE),
    ],
)
def test_the_plainest_rule_that_fits_places_the_story(
    story: Story, given: dict[str, object], method: str, section: str
) -> None:
    placed = ladder(**given).place(story)
    assert (placed.method, placed.section) == (method, section)
    assert placed.because


def test_a_section_that_the_newsletter_does_not_have_is_passed_over() -> None:
    placed = ladder(pins={"s": "gone"}, source_defaults={"wire": "closed"}).place(STORY)
    assert placed.method == "learned"


def test_the_last_part_of_an_address_is_the_storys_own_name_and_no_section() -> None:
    story = replace(STORY, url="https://courier.example/2026/sport", source="else")
    assert ladder(learner=None).place(story).section == MORE


def _past(section: str, words: str, count: int) -> list[tuple[Story, str]]:
    return [(replace(STORY, id=f"{section}{n}", headline=words, text=f"{words} {n}"), section) for n in range(count)]


def test_the_newsrooms_own_past_teaches_from_twenty_stories_a_section() -> None:
    past = [*_past("city", "council budget street", 20), *_past("sport", "goal striker cup", 20)]
    placed = learner_for(RULES, past).place(replace(STORY, headline="Striker out", text="A goal short of the cup."))
    assert placed is not None
    assert (placed.section, placed.method) == ("sport", "learned")
    assert "goal" in placed.because


def test_with_fewer_the_descriptions_place_it() -> None:
    placed = learner_for(RULES, _past("city", "council", 3)).place(replace(STORY, text="Two goals and a cup."))
    assert placed is not None
    assert (placed.section, placed.method) == ("sport", "described")


def test_a_story_without_a_known_word_is_left_to_an_editor() -> None:
    assert learner_for(RULES, []).place(replace(STORY, headline="Zzz", text="Qqq.")) is None


def test_a_rare_section_is_still_found_when_the_archive_is_lopsided() -> None:
    archive = [
        story for story, _ in [*_past("city", "street school council", 90), *_past("sport", "cup goals match", 6)]
    ]
    learner = learner_for(RULES, [], archive)
    found = learner.place(replace(STORY, headline="Cup", text="Goals in the match."))
    assert found is not None
    assert found.section == "sport"
