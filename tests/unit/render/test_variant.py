"""A rendered variant: what it prints, what both parts share, what it refuses."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from digest.errors import RenderError
from digest.model import Block, BlockKind, Item, Section, Variant
from digest.render import SLOTS, fill, render_variant, source_html
from tests.editions import SITE, full_edition, item, small_edition

THEME_TOML = (
    "[theme]\nname='own'\n[light]\ncard='#ffffff'\n[dark]\ncard='#000000'\n"
    "[type]\nserif='Georgia'\n[space]\nwidth=640\n"
)
LINKS = "{{ slots.unsubscribe_url }} {{ slots.preferences_url }} {{ slots.view_url }}"


def theme(folder: Path, html: str = LINKS, text: str = LINKS, settings: str = THEME_TOML) -> Path:
    """Write a theme named ``own`` and return the folder of themes."""
    own = folder / "own"
    own.mkdir()
    (own / "theme.toml").write_text(settings)
    (own / "html.j2").write_text(html)
    (own / "text.j2").write_text(text)
    return folder


def hrefs(html: str) -> set[str]:
    return {url.replace("&amp;", "&") for url in re.findall(r'href="([^"]+)"', html)}


def urls(text: str) -> set[str]:
    return set(re.findall(r"https?://\S+", text))


def visible(html: str) -> str:
    without = re.sub(r"(?s)<style.*?</style>|<!--.*?-->|<div class=\"hid\".*?</div>|<head>.*?</head>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", without.replace("</p>", " "))).split())


def test_the_same_edition_gives_the_same_bytes() -> None:
    assert render_variant(full_edition(), Variant()) == render_variant(full_edition(), Variant())


def test_the_text_twin_has_the_links_of_the_html() -> None:
    rendered = render_variant(full_edition(), Variant())

    assert urls(rendered.text) == hrefs(rendered.html)


def test_every_headline_and_blurb_stands_in_both_parts() -> None:
    edition = full_edition()

    html, text = fill(render_variant(edition, Variant()), {})
    page, plain = visible(html), " ".join(text.split())
    for printed in edition.items():
        for words in (printed.headline, printed.blurb.text, *(point.text for point in printed.points)):
            assert words in page
            assert words in plain


def test_no_text_line_is_wider_than_72_columns_unless_it_is_a_link() -> None:
    lines = render_variant(full_edition(), Variant()).text.splitlines()

    assert all(len(line) <= 72 or "https://" in line for line in lines)


def test_a_text_only_variant_has_no_html() -> None:
    assert render_variant(full_edition(), Variant(text_only=True)).html == ""


def test_a_reader_of_one_section_gets_the_lead_that_section_and_its_briefs() -> None:
    text = render_variant(full_edition(), Variant(sections=("town",))).text

    assert "\nTOWN\n" in text
    assert "\nHARBOUR\n" not in text
    assert "Night ferry to the outer islands" in text


def test_links_of_the_newsroom_carry_its_tracking_query_and_the_readers_own_never_do() -> None:
    rendered = render_variant(full_edition(), Variant())

    assert f"{SITE}/2026/2?utm_source=morning&utm_medium=email" in rendered.text
    assert all(f"{rendered.slots[slot]}?" not in rendered.html for slot in SLOTS)
    assert "https://coastradio.example.com/ferry\n" in rendered.text
    assert "https://brightwater.example.com/spring\n" in rendered.text


def test_markup_in_a_story_is_shown_and_not_run() -> None:
    edition = small_edition(lead=item(1, "<script>alert(1)</script>", "a < b & “c”"), subject="<b>")

    html = render_variant(edition, Variant()).html
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "a &lt; b <" in html
    assert "&amp; “c”</span>" in html


def test_markup_of_a_block_is_sanitised_whoever_made_it() -> None:
    bad = '<p onclick="x()">Hi <a href="javascript:x()">you</a><img src=x><style>p{}</style></p>'
    edition = small_edition(blocks=(Block("i", BlockKind.INTRO, html=bad, text="Hi you"),))

    html = render_variant(edition, Variant()).html
    assert "onclick" not in html
    assert "javascript:" not in html
    assert "<img" not in html


def test_a_story_link_that_is_no_web_address_is_not_a_link() -> None:
    html = render_variant(small_edition(lead=replace(item(1, "Headline"), url="javascript:alert(1)")), Variant()).html

    assert "javascript:" not in html
    assert "Headline" in html


def test_an_edition_without_lead_number_or_blocks_renders() -> None:
    only = Section("world", "World", (item(2, "One", "Two."),))

    rendered = render_variant(small_edition(lead=None, number=0, minutes=0, sections=(only,)), Variant())
    assert "No. " not in rendered.text
    assert "WORLD" in rendered.text


def test_an_empty_section_is_not_printed() -> None:
    assert "EMPTY" not in render_variant(small_edition(sections=(Section("e", "Empty", ()),)), Variant()).text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", ("Mittwoch, 4. März 2026 · Nr. 1.284 · 6 Min. Lesezeit", "Abmelden")),
        ("uk", ("середа, 4 березня 2026 р.", "Відписатися")),
        ("xx", ("Wednesday, March 4, 2026 · No. 1,284", "Unsubscribe")),
    ],
)
def test_theme_words_follow_the_language(language: str, expected: tuple[str, str]) -> None:
    text = render_variant(small_edition(language=language), Variant()).text

    assert all(words in text for words in expected)


def test_a_right_to_left_edition_turns_the_page() -> None:
    html = render_variant(replace(full_edition(), language="ar"), Variant()).html

    assert '<html lang="ar" dir="rtl">' in html
    assert "padding-right:24px" in html


def test_a_story_in_another_language_says_so() -> None:
    assert '<div lang="uk" dir="ltr">' in render_variant(full_edition(), Variant()).html


def placed(kind: BlockKind, position: str) -> str:
    sections = tuple(Section(name, name.title(), (item(2, f"In {name}"),)) for name in ("one", "two", "three"))
    block = Block("b", kind, title="BLOCK", value="BLOCK", text="x", html="<p>x</p>", position=position)
    text = render_variant(small_edition(sections=sections, blocks=(block,)), Variant()).text
    order = re.findall(r"Night ferry|In one|In two|In three|BLOCK|That’s all", text)
    return order[order.index("BLOCK") - 1]


@pytest.mark.parametrize(
    ("kind", "position", "after"),
    [
        (BlockKind.SPONSOR, "", "In one"),
        (BlockKind.NUMBER, "", "In two"),
        (BlockKind.LISTING, "", "In three"),
        (BlockKind.CORRECTION, "", "In three"),
        (BlockKind.SPONSOR, "after:three", "In three"),
        (BlockKind.SPONSOR, "after:gone", "In one"),
        (BlockKind.NOTE, "end", "In three"),
    ],
)
def test_a_block_stands_where_its_file_or_the_theme_says(kind: BlockKind, position: str, after: str) -> None:
    assert placed(kind, position) == after


def test_a_sponsor_is_named_once_and_always_labelled() -> None:
    said = Block("s", BlockKind.SPONSOR, by="Rope & Co., chandlers", disclosure="Rope & Co. paid for this.")
    silent = Block("t", BlockKind.SPONSOR, by="Lamp Ltd")

    text = render_variant(small_edition(blocks=(said, silent)), Variant()).text
    assert text.count("SPONSORED") == 2
    assert "\nRope & Co. paid for this.\n" in text
    assert "\nPaid for by Lamp Ltd.\n" in text


def test_a_quotation_gets_the_marks_of_its_language_once() -> None:
    blocks = (Block("q", BlockKind.QUOTE, value="Ein Wort"), Block("r", BlockKind.QUOTE, value="„Noch eins“"))

    text = render_variant(small_edition(blocks=blocks, language="de"), Variant()).text
    assert "\n„Ein Wort“\n" in text
    assert "\n„Noch eins“\n" in text


def test_a_credit_that_is_a_sentence_has_a_line_of_its_own() -> None:
    lead = item(1, "Headline here", "Blurb.", byline="Ada", credit="This story rests on wire reports.")

    text = render_variant(small_edition(lead=lead), Variant()).text
    assert "\nBy Ada · 2 min read\nThis story rests on wire reports.\n" in text


def test_a_kicker_the_headline_starts_with_is_not_printed_twice() -> None:
    briefs = (item(2, "Letters: Leave the foghorn alone", kicker="Letters"),)

    assert "* Letters: Leave the foghorn alone" in render_variant(small_edition(briefs=briefs), Variant()).text


def test_corrections_close_the_edition() -> None:
    kinds = (BlockKind.CORRECTION, BlockKind.NOTE, BlockKind.LISTING)
    blocks = tuple(Block(kind.value, kind, title=kind.value, text="x") for kind in kinds)

    text = render_variant(small_edition(blocks=blocks), Variant()).text
    assert text.index("LISTING") < text.index("NOTE") < text.index("CORRECTION")


def test_slots_are_filled_for_a_browser_and_escaped() -> None:
    html, text = fill(
        render_variant(full_edition(), Variant()),
        {"address": "ann@example.org", "view_url": f"{SITE}/v/1?a&b"},
        pictures={"lead.jpg": "/i/lead.jpg"},
    )

    assert f"{SITE}/v/1?a&amp;b" in html
    # Mails are forwarded: no theme of ours prints the reader's address.
    assert "ann@example.org" not in html + text
    assert 'src="/i/lead.jpg"' in html
    assert ".invalid" not in html + text


def test_an_unknown_theme_is_named_with_those_there_are() -> None:
    with pytest.raises(RenderError, match=r"no theme 'tabloid'. Known: .*broadsheet"):
        render_variant(small_edition(theme="tabloid"), Variant())


def test_a_theme_cannot_be_named_by_a_path() -> None:
    with pytest.raises(RenderError):
        render_variant(small_edition(theme="../editions/broadsheet"), Variant())


def test_a_newsrooms_own_theme_comes_first(tmp_path: Path) -> None:
    folder = theme(tmp_path, text=f"{LINKS} {{{{ lead.headline }}}} {{{{ theme.type.serif }}}}")

    text = render_variant(small_edition(theme="own"), Variant(), theme_dirs=(folder,)).text
    assert "Night ferry sails again Georgia" in text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("one\n{{ nothing }}", r"html\.j2, line 2: 'nothing' is undefined"),
        ("one\ntwo\n{% if %}", r"html\.j2, line 3: "),
        ("{{ lead.headline.__class__.__mro__ }}", r"html\.j2, line 1: .*unsafe"),
        ("{% include 'gone.j2' %}", r"no template gone\.j2"),
        ("{{ range(9) }}", r"line 1: 'range' is undefined"),
        ("{% set _ = words.update({}) %}", r"line 1: .*not safely callable|line 1: .*unsafe"),
        ("{{ 1/0 }}", r"line 1: division"),
        ("{% include '../../../../etc/passwd' %}", r"no template"),
    ],
)
def test_a_template_error_names_file_and_line(tmp_path: Path, template: str, words: str) -> None:
    folder = theme(tmp_path, html=template)

    with pytest.raises(RenderError, match=words):
        render_variant(small_edition(theme="own"), Variant(), theme_dirs=(folder,))


def test_a_theme_without_an_unsubscribe_link_is_refused(tmp_path: Path) -> None:
    folder = theme(tmp_path, html="<p>Hello</p>")

    with pytest.raises(RenderError, match="unsubscribe_url is missing"):
        render_variant(small_edition(theme="own"), Variant(), theme_dirs=(folder,))


def test_a_slot_cut_by_the_page_is_noticed(tmp_path: Path) -> None:
    folder = theme(tmp_path, html=f'<p>{LINKS}</p><style>.a{{background:url("{{{{ slots.view_url }}}}")}}</style>')

    with pytest.raises(RenderError, match="view_url stood 2 times"):
        render_variant(small_edition(theme="own"), Variant(), theme_dirs=(folder,))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("light = ", "cannot be read"),
        (THEME_TOML.replace("[space]", "[other]"), r"table \[space\] is missing"),
        (THEME_TOML.replace("#000000", "black"), "dark.card is 'black'"),
        (THEME_TOML.replace("[dark]\ncard", "[dark]\npage"), "only one of"),
    ],
)
def test_a_wrong_theme_file_is_told(tmp_path: Path, settings: str, words: str) -> None:
    folder = theme(tmp_path, settings=settings)

    with pytest.raises(RenderError, match=words):
        render_variant(small_edition(theme="own"), Variant(), theme_dirs=(folder,))


def test_the_source_before_inlining_holds_the_same_words() -> None:
    source = source_html(full_edition(), Variant())

    assert visible(source) == visible(render_variant(full_edition(), Variant()).html)


def many(count: int) -> tuple[Item, ...]:
    blurb = "The council voted seven to two on Monday to bring back the boat. It is to sail in the first week of May."
    story = full_edition().sections[0].items[0]
    return tuple(
        replace(
            story,
            story_id=f"s{n}",
            headline=f"Headline number {n} of a common length of words",
            url=f"{SITE}/{n}",
            blurb=replace(story.blurb, text=blurb),
        )
        for n in range(count)
    )


def test_thirty_stories_stay_under_75_kilobytes() -> None:
    sections = tuple(Section(f"s{n}", f"Section {n}", many(6)) for n in range(5))

    html = render_variant(replace(full_edition(), sections=sections), Variant()).html
    assert len(html.encode()) <= 75 * 1024
