"""What every blurb keeps to, whatever the story; and what the checks of other people's blurbs find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Story
from digest.summarise import LinearSummarizer, guard, make, select
from digest.summarise.faithful import Source, check
from digest.text.sentences import split

_SENTENCES = (
    "The council approved the new quay on Monday.",
    "He said that nobody had asked him.",
    "But the harbour master, Ann Lee, wants two berths more.",
    "“We will build it. We will pay for it,” said Bo Ray of the trust.",
    "It costs 12.5 million and takes a year.",
    "However, the fishing fleet keeps its sheds.",
    "The mayor claimed that the numbers were wrong.",
    "The trust denied that the numbers were wrong.",
    "“Nothing but this quotation stands here.”",
    "Work begins in May.",
)


def story(text: str) -> Story:
    """Return an English story."""
    return Story(id="s", source="s", key="s", headline="Quay approved", text=text, language="en")


@given(st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=14), st.integers(1, 5), st.integers(10, 60))
def test_a_blurb_is_whole_sentences_of_the_story_in_order_within_its_limits(
    sentences: list[str], most: int, words: int
) -> None:
    text = " ".join(sentences)
    made = make("linear").summarise([story(text)], max_sentences=most, max_words=words)
    spans = [(each.start, each.end) for each in made.sentences]
    assert spans == sorted(set(spans) & set(split(text)))
    assert [text[start:end] for start, end in spans] == [each.text for each in made.sentences]
    assert 1 <= len(spans) <= most
    assert len(spans) == 1 or sum(len(each.text.split()) for each in made.sentences) <= words


@given(st.permutations(_SENTENCES))
def test_no_sentence_of_a_blurb_leans_on_one_that_is_missing(sentences: list[str]) -> None:
    text = " ".join(sentences)
    places = {span: place for place, span in enumerate(split(text))}
    made = LinearSummarizer().summarise([story(text)], max_sentences=3, max_words=90)
    chosen = [places[each.start, each.end] for each in made.sentences]
    assert guard.issues([text[start:end] for start, end in places], chosen) == {}


def test_a_good_sentence_comes_in_together_with_the_one_it_leans_on() -> None:
    scores, alike = [1.0, 0.2, 3.0, 0.9], [[0.0] * 4 for _ in range(4)]
    leans = {2: 1}

    def may_enter(place: int, chosen: set[int]) -> bool:
        return place not in leans or leans[place] in chosen

    limits = select.Limits(2, 100)
    one_by_one = select.greedy(scores, alike, [9] * 4, limits, may_enter)
    assert one_by_one == [0, 3]
    assert select.together(scores, alike, [9] * 4, limits, may_enter, one_by_one) == [1, 2]


def test_what_is_compared_as_a_set_keeps_to_the_cap_of_words() -> None:
    scores, alike = [1.0, 5.0, 4.0], [[0.0] * 3 for _ in range(3)]
    chosen = select.together(scores, alike, [10, 30, 10], select.Limits(2, 25), lambda place, taken: True, [0, 2])
    assert chosen == [0, 2]


SOURCE = Source((
    "Ann Lee called the plan “daft” and the council “a club of old men with old ideas”. "
    "About 1,200 people came. The trust did not pay. The mayor said the quay was safe.",
))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ann Lee called the council “a club of old men with ideas”.", "quotations"),
        ("Ann Lee called the plan “daft” and the council “a club of young men”.", "quotations"),
        ("About 2,100 people came.", "numbers"),
        ("Ann Stone called the plan “daft”.", "names"),
        ("The trust did pay.", "negation"),
        ("The quay was safe.", "attribution"),
    ],
)
def test_a_changed_fact_is_found_by_its_check(text: str, wanted: str) -> None:
    assert wanted in {finding.check for finding in check(text, SOURCE)}


def test_the_words_between_two_quotations_are_not_one() -> None:
    text = "Ann Lee called the plan “daft”; she called the council “a club of old men with old ideas”."
    assert check(text.replace("“", '"').replace("”", '"'), SOURCE) == ()
