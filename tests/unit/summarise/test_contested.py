"""Contested stories: the claim is printed with its denial and with who claims it."""

from pathlib import Path

import pytest

from digest.model import Story
from digest.summarise import LinearSummarizer, make

FOLDER = Path(__file__).parents[2] / "data" / "contested"
LEAST_FAIR = 0.9


def read(name: str) -> list[tuple[dict[str, str], Story]]:
    blocks = (FOLDER / name).read_text("utf-8").split("\n====\n")
    found = []
    for block in blocks:
        head, _, text = block.strip().partition("\n\n")
        fields = dict(line.split(": ", 1) for line in head.splitlines())
        story = Story(id=fields["id"], source="courier", key=fields["id"], headline=fields["headline"], text=text)
        found.append((fields, story))
    return found


def misses(fields: dict[str, str], blurb: str) -> list[str]:
    wanted = ("claim", "denial", "attribution")
    plain = blurb.lower()
    return [name for name in wanted if not any(phrase.lower() in plain for phrase in fields[name].split(" | "))]


@pytest.mark.parametrize("name", ["tune.txt", "kept.txt"])
def test_nine_of_ten_contested_stories_get_a_fair_blurb(name: str) -> None:
    summarizer = make("linear")

    unfair = {}
    stories = read(name)
    for fields, story in stories:
        blurb = summarizer.summarise([story], max_sentences=3, max_words=90)
        if missing := misses(fields, blurb.text):
            unfair[story.id] = missing

    assert len(unfair) <= (1 - LEAST_FAIR) * len(stories), unfair


def test_an_uncontested_story_is_left_alone() -> None:
    with_balance, without = LinearSummarizer(), LinearSummarizer(balanced=False)

    for _, story in read("controls.txt"):
        blurbs = [each.summarise([story], max_sentences=3, max_words=90) for each in (with_balance, without)]

        assert blurbs[0] == blurbs[1]
