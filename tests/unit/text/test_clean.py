"""Which lines leave a story's body, which stay, and what is kept of those that leave."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.text.clean import clean
from digest.text.paragraphs import paragraphs

PROSE = [f"The ferry to island number {n} sails again after the storm." for n in ("one", "two", "three", "four")]


def story(*lines: str, before: int = 4, after: int = 4) -> str:
    """Return service lines inside a body of prose, a paragraph a line."""
    return "\n".join([*(PROSE[:before]), *lines, *(PROSE[:after])])


SERVICE_LINES = [
    ("newsletter", "Sign up for our newsletter to get the harbor news in your inbox."),
    ("newsletter", "Click here to receive Harbor Watch delivered to your inbox each weekday."),
    ("version", "A version of this story first appeared in the evening paper."),
    ("call-to-action", "Read more: How the pier was built"),
    ("call-to-action", "Scroll down for video"),
    ("call-to-action", "Advertisement"),
    ("call-to-action", "Follow @harborcourier on Twitter."),
    ("comment-policy", "Please read our comment policy before commenting."),
    ("comment-policy", "Comments are closed."),
    ("copyright", "© 2026 Harbor Courier"),
    ("copyright", "Copyright Harbor Wire. All rights reserved."),
    ("wire-note", "• This story is based in part on wire service reports."),
    ("wire-note", "Ann Lee contributed to this report."),
    ("wire-note", "Reporting by Ann Lee; editing by Bo Ray"),
    ("contact", "• Ann Lee can be reached at ann@example.org."),
    ("contact", "ann@example.org"),
    ("byline", "By Ann Lee and Bo Ray, Staff Writers"),
    ("photo-credit", "Photo: Bo Ray / Harbor Pictures"),
    ("date", "Monday, January 5, 2026"),
    ("date", "Updated 5 May 2025, 10:30 a.m. ET"),
]


@pytest.mark.parametrize(("rule", "line"), SERVICE_LINES)
def test_a_service_line_leaves_the_body_with_its_rule(rule: str, line: str) -> None:
    cleaned = clean(story(line))

    assert [(dropped.text, dropped.rule) for dropped in cleaned.dropped] == [(line, rule)]
    assert cleaned.text == "\n\n".join([*PROSE, *PROSE])


PROSE_THAT_STAYS = [
    "The newsletter of the harbor has many readers.",
    "Photography is hard, and copyright law is harder.",
    "Subscribers rose 5 percent in the spring.",
    "Also on Friday, the council showed its plans for the pier.",
    "Correction officers met the mayor on Monday.",
    "By noon Monday the ferry was full.",
    "Follow the money, she said.",
    "The word Ã© stood on the old chart.",
    "Click on the map and you will see a list of the piers in your area.",
    "Her photographs, seen by a million readers who subscribe to the paper's weekly newsletter about the sea, "
    "were taken on an old camera that her father had bought in the harbor market before the war.",
]


@pytest.mark.parametrize("line", PROSE_THAT_STAYS)
def test_prose_that_only_speaks_of_such_things_stays(line: str) -> None:
    assert clean(story(line)).dropped == ()


def test_what_lines_say_of_reporter_and_wires_is_kept() -> None:
    cleaned = clean(story("Bo Ray can be reached at bo@example.org.", "With files from Harbor Wire.", after=0))

    assert (cleaned.byline, cleaned.credit) == ("Bo Ray", "With files from Harbor Wire.")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("By Ann Lee", "Ann Lee"),
        ("By Ann Lee, Bo Ray and Al Fox", "Ann Lee, Bo Ray and Al Fox"),
        ("By Ann Lee | The Harbor Courier", "Ann Lee"),
        ("By Ann Lee — January 5, 2026", "Ann Lee"),
        ("By Renée O’Hara-Díaz, Special Correspondent", "Renée O’Hara-Díaz"),
    ],
)
def test_a_byline_gives_the_names_alone(line: str, name: str) -> None:
    assert clean(story(line, before=0)).byline == name


def test_a_byline_of_its_own_stands_before_a_name_in_a_contact_line() -> None:
    cleaned = clean("\n".join(["By Ann Lee", *PROSE, "The desk can be reached at desk@example.org."]))

    assert cleaned.byline == "Ann Lee"


def test_corrections_and_notes_leave_the_body_but_are_not_lost() -> None:
    cleaned = clean(
        story("Correction: The pier was built in 1890.", "Editor's note: This story names a minor.", after=0)
    )

    assert cleaned.corrections == ("Correction: The pier was built in 1890.",)
    assert cleaned.notes == ("Editor's note: This story names a minor.",)
    assert cleaned.dropped == ()


def test_a_longer_line_leaves_at_the_edges_only() -> None:
    line = (
        "Ann Lee contributed to this report, and so did many other people whose names " + "and work " * 8 + "we keep."
    )

    assert clean(story(line, after=1)).dropped[0].rule == "wire-note"
    assert clean(story(line)).dropped == ()


def test_a_service_sentence_leaves_its_paragraph() -> None:
    cleaned = clean("The ferry is back. Scroll down for video. It sails at noon.")

    assert cleaned.text == "The ferry is back. It sails at noon."
    assert [dropped.text for dropped in cleaned.dropped] == ["Scroll down for video."]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("contact", "Email your story ideas and tips to desk@courier.example."),
        ("wire-note", "Ann Lee in Oslo contributed to this report."),
        ("call-to-action", "VIDEO Scroll down to see the crane turn."),
    ],
)
def test_a_service_sentence_inside_a_long_paragraph_leaves_it(rule: str, sentence: str) -> None:
    cleaned = clean(f"{' '.join(PROSE)} {sentence} {' '.join(PROSE)}")

    assert [dropped.rule for dropped in cleaned.dropped] == [rule]
    assert cleaned.text == " ".join([*PROSE, *PROSE])


def test_a_pages_data_for_machines_leaves_the_prose() -> None:
    data = '{"@context": "http://schema.example", "@type": "Review", "author": "' + "x" * 200 + '"}'
    cleaned = clean(f"{' '.join(PROSE)}{data} {' '.join(PROSE)}")
    assert [dropped.rule for dropped in cleaned.dropped] == ["data"]
    assert cleaned.text.startswith(PROSE[0])
    assert "@context" not in cleaned.text


def test_a_helpline_that_can_be_reached_stays_in_the_prose() -> None:
    helpline = "The helpline can be reached at 555 0100 at any hour."
    assert helpline in clean(f"{' '.join(PROSE)} {helpline} {' '.join(PROSE)}").text


def test_an_editors_note_before_the_story_in_one_paragraph_becomes_a_note() -> None:
    note = f"Editor's note: Ann Lee is a marine biologist who {'has worked at sea and ' * 12}lives ashore."
    cleaned = clean(f"{note} {' '.join(PROSE * 6)}")

    assert cleaned.notes == (note,)
    assert cleaned.text.startswith(PROSE[0])


def test_a_repeated_headline_leaves_the_body() -> None:
    cleaned = clean("Ferry Returns\n\nThe ferry is back.", headline="Ferry returns!")

    assert (cleaned.text, cleaned.dropped[0].rule) == ("The ferry is back.", "headline")


def test_removed_places_are_offsets_in_the_text_given() -> None:
    text = "By Ann Lee\r\n\r\nThe ferry is back. Click here. It sails.\r\nAdvertisement"

    assert [text[start:end].strip() for start, end in clean(text).removed] == [
        "By Ann Lee",
        "Click here.",
        "Advertisement",
    ]


def test_lines_wrapped_at_a_column_are_one_paragraph() -> None:
    lines = [
        "The ferry to the outer islands sails again after",
        "the storm of last week, the harbor office says",
        "now.",
    ]

    found = paragraphs("\n".join(lines) + "\n\n- one\n- two")

    assert [paragraph.text for paragraph in found] == [" ".join(lines), "- one", "- two"]


def test_odd_spaces_and_invisible_marks_are_made_regular() -> None:
    assert clean("\ufeffThe\u00a0ferry\u200b  is \tback.\u2028It sails.").text == "The ferry is back.\n\nIt sails."


def test_nothing_is_left_of_nothing() -> None:
    assert clean(" \n\n ") == clean("")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*PROSE, *(line for _, line in SERVICE_LINES), "“No. Go,” he said.", ""]), max_size=12))
def test_every_line_is_kept_or_accounted_for(lines: list[str]) -> None:
    cleaned = clean("\n".join(lines))

    left = sorted([*cleaned.text.split("\n\n"), *(dropped.text for dropped in cleaned.dropped)])
    assert [line for line in left if line] == sorted(line for line in lines if line)


@pytest.mark.data
def test_the_sample_story_loses_exactly_its_four_service_lines() -> None:
    folder = os.environ.get("DIGEST_DATA")
    if not folder:
        pytest.skip("DIGEST_DATA names no folder with the measurement data")
    text = (Path(folder) / "story" / "threat-status.txt").read_text(encoding="utf-8")
    lines = text.strip().split("\n")

    cleaned = clean(text)

    assert [dropped.text for dropped in cleaned.dropped] == [lines[0], *lines[-3:]]
    assert cleaned.text == "\n\n".join(lines[1:-3])
    assert lines[-2].startswith(f"• {cleaned.byline} can")
    assert cleaned.credit == lines[-3].removeprefix("• ")
