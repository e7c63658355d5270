"""Files that are stories, and files that are not: what is read, and what a person is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import StoryError
from digest.gather import STORY_FIELDS, parse_fields, read_document
from digest.gather.fields import FieldError
from digest.model import Access, Image, Kind, Rights, Status, Story
from tests.gathering_help import NOW

BODY = "The ferry is back after the storm. It sails at noon.\n\nThe harbor office said so on Monday.\n"


def read(data: bytes | str, name: str = "ferry.md", **options: Any) -> Story:
    """Read a file as the source "courier" would."""
    content = data if isinstance(data, bytes) else data.encode()
    return read_document(name, content, source="courier", now=NOW, **options)


def refusal(data: bytes | str, name: str = "ferry.md", **options: Any) -> str:
    """Return what a person is told about a file that is no story."""
    with pytest.raises(StoryError) as caught:
        read(data, name, **options)
    return str(caught.value)


EVERYTHING = """\
---
headline: "Ferry returns: at noon"
short_headline: No
standfirst: It sails again.
summary: The ferry is back.
url: https://courier.example/ferry
published: 2026-01-05T06:30:00-05:00
updated: 2026-01-05 13:00
byline: Renée O’Hara
credit: Harbor Wire
department: Metro
section: region
tags: [port, 2026, port]
kind: Analysis
priority: 96
access: subscriber
source: Coastal Press
language: en_GB
image:
  path: ../images/ferry.png
  alt: A ferry
  caption: The ferry at dawn.
  credit: Bo Ray
  mail_rights: yes
embargo_until: 2026-01-06T12:00:00Z
status: hold
corrections: The pier was built in 1890.
---
"""


def test_every_field_of_the_front_matter_reaches_the_story() -> None:
    story = read(EVERYTHING + BODY, "metro/ferry.md", zone=ZoneInfo("America/New_York"))

    assert (story.headline, story.short_headline, story.outlet) == ("Ferry returns: at noon", "No", "Coastal Press")
    assert story.published == datetime(2026, 1, 5, 11, 30, tzinfo=UTC)
    assert story.updated == datetime(2026, 1, 5, 18, 0, tzinfo=UTC)
    assert story.embargo_until == datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
    assert (story.kind, story.access, story.status) == (Kind.ANALYSIS, Access.SUBSCRIBER, Status.HOLD)
    assert (story.tags, story.priority, story.language) == (("port", "2026"), 96, "en-GB")
    assert story.image == Image("metro/../images/ferry.png", "", "A ferry", "The ferry at dawn.", "Bo Ray", True)
    assert story.corrections == ("The pier was built in 1890.",)
    assert story.text == BODY.strip()


def test_the_list_of_fields_is_the_contract_s() -> None:
    assert set(EVERYTHING.split("\n---")[0].replace("---\n", "").replace("  ", "#").split("\n")) >= {"image:"}
    assert len(STORY_FIELDS) == 21 and all(f"\n{field}:" in EVERYTHING for field in STORY_FIELDS)


def test_plain_text_gives_its_first_sentence_as_headline() -> None:
    story = read("Sign up for our newsletter in your inbox.\n" + BODY, "ferry.txt")

    assert story.headline == "The ferry is back after the storm"
    assert story.text == BODY.strip()
    assert story.notes == ("headline made from the first sentence",)


def test_a_long_first_sentence_is_cut_for_the_headline() -> None:
    story = read("The ferry is back after the storm of last week, and " + "it sails " * 20 + "on.", "ferry.txt")

    assert len(story.headline) <= 90
    assert story.headline.startswith("The ferry is back after the storm of last week")


def test_a_first_line_without_a_stop_is_the_headline() -> None:
    story = read("Ferry returns to the islands\n\n" + BODY, "ferry.txt")

    assert (story.headline, story.text) == ("Ferry returns to the islands", BODY.strip())


def test_a_headline_given_by_hand_wins() -> None:
    story = read("---\nheadline: Old\npriority: 5\n---\n" + BODY, overrides={"headline": "New"})

    assert (story.headline, story.priority) == ("New", 5)


def test_markdown_is_read_as_plain_text() -> None:
    story = read("# Ferry *returns*\n\nThe [ferry](https://courier.example) is **back**.\nIt sails.\n\n- one\n- two\n")

    assert story.headline == "Ferry returns"
    assert story.text == "The ferry is back. It sails.\n\none\n\ntwo"


PAGE = """<!doctype html><html lang="en"><head><meta charset="iso-8859-1"><title>Ferry returns - Courier</title>
<meta name="author" content="Ann Lee"><meta property="article:published_time" content="2026-01-05T06:30:00-05:00">
<link rel="canonical" href="https://courier.example/ferry"><script>alert(1)</script></head><body><nav>Menu</nav>
<article><h1>Ferry returns</h1><p>The ferry is <b>back</b> in Östhamn.<br>It sails.</p><script>alert(2)</script>
<aside>Related</aside><p>The end &amp; all.</p></article><footer>Imprint</footer></body></html>"""


def test_a_page_gives_its_article_and_what_its_head_says() -> None:
    story = read(PAGE.encode("iso-8859-1"), "ferry.html")

    assert story.text == "The ferry is back in Östhamn.\n\nIt sails.\n\nThe end & all."
    assert (story.headline, story.byline, story.url) == ("Ferry returns", "Ann Lee", "https://courier.example/ferry")
    assert story.published == datetime(2026, 1, 5, 11, 30, tzinfo=UTC)


def test_service_lines_fill_byline_and_credit_that_nobody_gave() -> None:
    story = read("By Ann Lee\n\n" + BODY + "\nWith files from Harbor Wire.", "ferry.txt", rights=Rights.LICENSED)

    assert (story.byline, story.credit, story.rights) == ("Ann Lee", "With files from Harbor Wire.", Rights.LICENSED)
    assert [dropped.rule for dropped in story.dropped] == ["byline", "wire-note"]


def test_a_windows_file_with_a_mark_is_read() -> None:
    story = read(b"\xef\xbb\xbf" + (EVERYTHING + BODY).replace("\n", "\r\n").encode(), "ferry.md")

    assert story.headline == "Ferry returns: at noon"
    assert read(BODY.encode("utf-16"), "ferry.txt").text == BODY.strip()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ferry.md: the file holds no text"),
        (b" \n\n ", "holds no text"),
        (b"---\nkind: news\n---\n", "holds no headline and no sentence"),
        (b"The ferry\nis b\xe4ck.", "ferry.md, line 2: byte 0xe4 is not utf-8"),
        (b"\x89PNG\r\n\x00\x00", "binary file"),
        (b"a" * 2_000_001, "larger than 2,000,000 bytes"),
        ("---\nheadline: A\n", "line 1: the front matter that opens on line 1 is never closed"),
        ("---\nheadline: [A\n---\n", "no valid YAML"),
        ("---\nheadline: A: B\n---\n", "line 2: the front matter is no valid YAML"),
        ("---\n- a\n---\n", "lines of the form name: value"),
        ("---\nheadline: A\nheadline: B\n---\n", "line 3: headline: is given twice"),
        ("---\na: &a [1]\nb: *a\n---\n", "references"),
        ("---\nheadline: " + "[" * 3000 + "\n---\n", "no valid YAML"),
        ("---\nkind: novel\n---\n" + BODY, "line 2: kind: 'novel' is not allowed: write news, analysis, opinion"),
        ("---\npriority: 101\n---\n" + BODY, "priority: '101' is not allowed: write a whole number from 0 to 100"),
        ("---\nurl: javascript:alert(1)\n---\n" + BODY, "url: 'javascript:alert(1)' is no web address"),
        ("---\npublished: soon\n---\n" + BODY, "published: 'soon' is no date"),
        ("---\npublished: 2030-01-01\n---\n" + BODY, "published: 2030-01-01 00:00 UTC is before 1995 or more than"),
        ("---\nembargo_until: tomorrow\n---\n" + BODY, "embargo_until: 'tomorrow' is no date"),
        ("---\nheadline: [a, b]\n---\n" + BODY, "headline: write plain text"),
        ("---\nimage: {path: a.png, size: 3}\n---\n" + BODY, "image: has the field 'size': write path, url, alt"),
        ("---\nimage: {path: /etc/passwd}\n---\n" + BODY, "image: path must be relative"),
        ("---\nimage: {alt: A}\n---\n" + BODY, "image: needs a path or a url"),
        ("---\nimage: {path: a.png, mail_rights: perhaps}\n---\n" + BODY, "write true or false"),
        ("---\nlanguage: Klingon!\n---\n" + BODY, "language: 'Klingon!' is no language"),
        ("---\nembargo-until: 2026-01-05\n---\n" + BODY, "embargo-until: is no field of a story: did you mean embargo"),
        ("---\nstatsu: killed\n---\n" + BODY, "did you mean status?"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_story_is_refused_in_clear_words(data: bytes | str, words: str) -> None:
    told = refusal(data)

    assert told.startswith("Cannot read the story ferry.md")
    assert words in told


def test_a_page_in_an_unknown_encoding_is_refused() -> None:
    assert "nobody knows the encoding 'x-none'" in refusal('<meta charset="x-none"><p>A', "ferry.html")


def test_a_field_of_another_program_is_passed_over_and_noted() -> None:
    story = read("---\nlayout: post\ntitle: Ferry returns\nauthor: Ann Lee\n---\n" + BODY)

    assert (story.headline, story.byline) == ("Ferry returns", "Ann Lee")
    assert story.notes == ("the field 'layout' is not known and was passed over",)


def test_fields_given_by_a_program_are_checked_alike() -> None:
    fields, notes = parse_fields({"published": NOW, "tags": "a, b", "byline": None})

    assert (fields, notes) == ({"published": NOW, "tags": ("a", "b")}, [])
    with pytest.raises(FieldError, match="is not allowed"):
        parse_fields({"status": "dead"})


def test_a_path_may_be_a_path() -> None:
    assert read_document(Path("a/b.txt"), BODY.encode(), source="courier", now=NOW).key == "a/b.txt"


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["a.md", "a.txt", "a.html"]), st.booleans())
def test_any_bytes_are_a_story_or_a_story_error(data: bytes, name: str, fenced: bool) -> None:
    try:
        story = read(b"---\n" + data + b"\n---\nIt is back." if fenced else data, name)
    except StoryError as error:
        assert name in str(error)
    else:
        assert story.headline
