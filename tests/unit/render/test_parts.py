"""The small parts: links, words, wrapping, inlining, slots, short messages."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from digest.errors import RenderError
from digest.render import inline, render_message
from digest.render.links import other_link, safe, same_site, story_link, with_query
from digest.render.plaintext import columns, tidy, wrap
from digest.render.slots import markers
from digest.render.typography import tie
from digest.render.words import LANGUAGES, grouped, language, long_date

UTM = {"utm_source": "morning"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", "https://a.example/x?utm_source=morning"),
        ("https://a.example/x?p=1#end", "https://a.example/x?p=1&utm_source=morning#end"),
        ("https://a.example/x?utm_source=own", "https://a.example/x?utm_source=own"),
        ("mailto:a@a.example", "mailto:a@a.example"),
    ],
)
def test_a_tracking_query_is_added_and_never_overwrites(url: str, expected: str) -> None:
    assert with_query(url, UTM) == expected


@pytest.mark.parametrize("url", ["javascript:x()", "data:text/html,x", "/relative", "https://", "https://[bad", ""])
def test_only_web_and_mail_links_are_safe(url: str) -> None:
    assert safe(url) == ""


def test_a_link_with_spaces_and_letters_outside_ascii_is_encoded() -> None:
    assert story_link(" https://a.example/é x ", {}) == "https://a.example/%C3%A9%20x"


def test_other_links_carry_the_query_only_on_the_own_site() -> None:
    assert other_link("https://www.a.example/x", UTM, "https://a.example") == (
        "https://www.a.example/x?utm_source=morning"
    )
    assert other_link("https://b.example/x", UTM, "https://a.example") == "https://b.example/x"
    assert not same_site("https://[bad", "https://a.example")


def test_every_language_has_all_words_and_a_date() -> None:
    for spoken in LANGUAGES.values():
        assert spoken.words.keys() == language("en").words.keys()
        assert "2026" in long_date(date(2026, 12, 31), spoken)


def test_a_regional_tag_finds_its_language() -> None:
    assert language("de-AT") is LANGUAGES["de"]
    assert grouped(1284, language("de_CH")) == "1.284"


def test_wrapping_keeps_urls_and_long_words_whole() -> None:
    url = "https://lantern.example.org/" + "x" * 90

    assert wrap(f"See {url} for more") == f"See\n{url}\nfor more"


def test_wrapping_indents_the_lines_after_the_first() -> None:
    lines = wrap("word " * 30, "* ").split("\n")

    assert lines[0].startswith("* word")
    assert all(line.startswith("  word") for line in lines[1:])
    assert all(len(line) <= 72 for line in lines)


def test_a_script_without_spaces_is_cut_at_72_columns() -> None:
    lines = wrap("新" * 100).split("\n")

    assert [columns(line) for line in lines] == [72, 72, 56]


def test_combining_marks_take_no_column() -> None:
    assert columns("e\u0301") == 1


def test_paragraphs_stay_apart() -> None:
    assert wrap("one\n\ntwo") == "one\n\ntwo"


def test_tidying_collapses_blank_lines_and_trailing_spaces() -> None:
    assert tidy("\n\na  \n\n\n\nb\n\n") == "a\n\nb\n"


def test_the_last_two_words_of_a_headline_stay_together_and_are_escaped() -> None:
    assert tie("The boat is <back> again") == 'The boat is <span class="nw">&lt;back&gt; again</span>'
    assert tie("Boat is back") == "Boat is back"


def test_markers_differ_between_editions_and_slots() -> None:
    assert len({*markers("a").values(), *markers("b").values()}) == 10


PAGE = "<html><head><style>{css}</style></head><body><p class='a'>x</p></body></html>"


def test_rules_move_into_style_attributes() -> None:
    assert '<p class="a" style="color:#9b1c1f">' in inline(PAGE.format(css=".a{color:#9b1c1f}"))


def test_a_kept_sheet_stays_as_it_is() -> None:
    kept = "<style data-premailer='ignore'>[data-ogsc] .a{color:#fff !important}</style>"

    page = inline(PAGE.format(css=".a{margin:0}").replace("</head>", f"{kept}</head>"))
    assert "[data-ogsc] .a{color:#fff !important}" in page


@pytest.mark.parametrize(
    "page",
    [
        PAGE.format(css="@import 'https://a.example/x.css';"),
        PAGE.format(css="@IMPORT url(file:///etc/passwd);"),
        PAGE.format(css="@im/**/port 'x';"),
        PAGE.format(css="@\\69mport 'x';"),
        "<html><head><link rel=stylesheet href='https://a.example/x.css'></head></html>",
    ],
)
def test_a_style_sheet_from_elsewhere_is_refused(page: str) -> None:
    with pytest.raises(RenderError):
        inline(page)


def test_the_word_import_in_a_story_is_no_style_sheet() -> None:
    assert "use @import" in inline("<html><body><p>use @import, or &lt;link&gt;</p></body></html>")


def test_words_that_look_like_a_style_keep_their_spaces() -> None:
    words = 'He wrote style="red, green; blue"'

    assert words in inline(f"<html><body><p>{words}</p></body></html>")


def test_a_page_that_is_none_is_told() -> None:
    with pytest.raises(RenderError, match="could not be inlined"):
        inline("")


def test_many_threads_get_the_same_page() -> None:
    pages: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: pages.append(inline(PAGE.format(css=".a{margin:0}") + f"<!--{n % 2}-->")))
        for n in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pages) == 8 and len(set(pages)) <= 2


def test_a_short_message_has_subject_html_and_text() -> None:
    values = {"site": "The Lantern", "address": "3 Rope Walk", "newsletter": "A & B", "url": "https://a.example/c/1"}

    made = render_message("confirm", {**values, "hours": 48})
    assert made.subject == "Please confirm your subscription to A & B"
    assert "https://a.example/c/1" in made.text and 'href="https://a.example/c/1"' in made.html
    assert "A &amp; B" in made.html


def test_a_short_message_without_a_value_names_the_template() -> None:
    with pytest.raises(RenderError, match=r"confirm\.subject\.text\.j2, line 1: 'newsletter' is undefined"):
        render_message("confirm", {"site": "x", "address": "y"})
