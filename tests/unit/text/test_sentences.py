"""Where a sentence ends, and where a full stop, a bracket or a quotation says that it does not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.text.sentences import split


def sentences(text: str) -> list[str]:
    """Return the sentences of a text as words."""
    return [text[start:end] for start, end in split(text)]


KEPT_WHOLE = [
    "Mr. Holt met Gov. Ann Lee and Sgt. Bo Ray vs. Lt. Al Fox.",
    "Rep. Al Fox, D-Calif., and Sen. Bo Ray, R-Texas, said so.",
    "The U.S. Senate met in Washington, D.C. Mayor Ann Lee's office.",
    "The trains leave at 5 p.m. Friday and at 10 a.m. ET on Saturdays.",
    "Acme Inc. Chief Bo Ray owns 4.5 percent, No. 5 on the list of Jan. 5 and p. 12.",
    "J. K. Holt wrote it with A.B. Lee.",
    "He paused... and left.",
    "See example.com or Example.Org for more.",
    "Yahoo! Finance said so.",
    "The harbor (It was built in 1890. It burned twice.) reopened.",
    "“Why?” Mayor Lee asked. ".strip(),
    "“Why?” he asked.",
    "HARBOR CITY, Pa. — The ferry is back.",
    "The ruling, Holt v. Harbor, stands.",
    "A fee of Rs. 500 is due, incl. tax, approx. Jan. 3.",
    "Dr. Ann Lee, Ph.D., spoke.",
    "He wrote “wait . . . not yet” on the wall",
]


@pytest.mark.parametrize("text", KEPT_WHOLE)
def test_a_stop_inside_a_sentence_ends_nothing(text: str) -> None:
    assert sentences(text) == [text]


PARTED = [
    ["It rained.", "She left.", "Why?", "Nobody knows!"],
    ["He lives in the U.S.", "The city is large."],
    ["Doors open at 4 p.m.", "Tickets cost $5."],
    ["It is on Main St.", "The house is old.", "St. Ives is far."],
    ["She was born in Springfield, Ill.", "The town is small."],
    ["It was in Dec.", "The lake froze."],
    ["He paused...", "Then he left."],
    ["The firm is Acme Inc.", "It sells nets."],
    ["She has a Ph.D.", "The talk was long."],
    ["It costs $3.5 million.", "2 million came from the state."],
    ["iPhone sales rose.", "iPhone cases fell.", "al-Amal won."],
    ["The council had drawn up a plan B.", "The mayor did not."],
    ["(It closed in May.)", "It reopened in June."],
    ["1. Fold the net.", "2. Stow it."],
    ["“Why?” he asked.", "“Go home.”", "He left."],
    ["他来了。", "她走了。"],
]


@pytest.mark.parametrize("expected", PARTED)
def test_sentences_are_parted_at_their_ends(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_a_forgotten_space_still_parts_two_sentences() -> None:
    assert sentences("They came in time.She left early.“No,” he said.") == [
        "They came in time.",
        "She left early.",
        "“No,” he said.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "“I came. I saw. I won,” he said.",
        'He said: "I came. I saw."',
        "'I came. I saw,' he said.",
        "„Ich kam. Ich sah“, sagte er.",
        "« Je suis venu. J'ai vu », dit-il.",
        "“He told me, ‘Go. Run.’ I ran,” she said.",
    ],
)
def test_a_quotation_of_several_sentences_is_one_unit(text: str) -> None:
    assert sentences(text + " Then they left.") == [text, "Then they left."]


def test_an_apostrophe_opens_no_quotation() -> None:
    assert sentences("The '90s ended. The boys' home closed. It's gone. 'Tis sad.") == [
        "The '90s ended.",
        "The boys' home closed.",
        "It's gone.",
        "'Tis sad.",
    ]


def test_a_quotation_that_the_next_paragraph_continues_reaches_the_end_of_its_own() -> None:
    text = "He said: “It began here. It ends here.\n“We knew it,” he added. He left."

    assert sentences(text) == ["He said: “It began here. It ends here.", "“We knew it,” he added.", "He left."]


def test_a_stray_mark_glues_nothing() -> None:
    assert sentences("The “old pier closed. It rotted. They left.") == [
        "The “old pier closed.",
        "It rotted.",
        "They left.",
    ]


def test_a_straight_mark_is_read_by_the_side_it_leans_on() -> None:
    text = 'They left." It rained. "We waited. We slept," she said. All was well.'

    assert sentences(text) == ['They left."', "It rained.", '"We waited. We slept," she said.', "All was well."]


def test_a_quotation_opened_again_is_one_unit_up_to_there() -> None:
    text = 'Lee said: "It began here. Nobody came. "We waited," she said. They left.'

    assert sentences(text) == ['Lee said: "It began here. Nobody came.', '"We waited," she said.', "They left."]


def test_no_sentence_crosses_a_line_break() -> None:
    assert sentences("A headline without a stop\nThe ferry is back.\r\n\r\nIt sails.") == [
        "A headline without a stop",
        "The ferry is back.",
        "It sails.",
    ]


def test_marks_set_apart_by_a_tokeniser_stay_with_their_sentence() -> None:
    text = 'He left . " We knew it , " she said . They met .'

    assert sentences(text) == ["He left .", '" We knew it , " she said .', "They met ."]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="aB.!? \n\"“”‘’'()«»…1,\u2029。-", max_size=120))
def test_any_text_comes_back_complete_and_in_order(text: str) -> None:
    spans = split(text)

    assert all(text[a:b].strip() == text[a:b] != "" and "\n" not in text[a:b] for a, b in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
