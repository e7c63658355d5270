"""What every shipped theme keeps to, seen from the command line: weight, programs' support, text twin, spam score."""

from __future__ import annotations

import email
import random
import re
import shutil
import subprocess
from email.message import Message
from html import unescape

import pytest

from digest.lint import support
from tests.acceptance.workspace import SETTINGS, Workspace

THEMES = ("broadsheet", "letter", "briefing")
PLACES = ("harbour", "bridge", "school", "market", "library", "station", "theatre", "river", "garden", "museum")
PEOPLE = ("drivers", "teachers", "bakers", "nurses", "fishers", "pilots", "builders", "singers", "printers", "keepers")
DEEDS = ("closed", "opened", "counted", "painted", "moved", "sold", "rebuilt", "measured", "guarded", "promised")
SECTIONS = """
[[newsletters.sections]]
id = "city"
title = "City"
max_items = 50

[[newsletters.sections]]
id = "world"
title = "World"
max_items = 50

[[newsletters.sections]]
id = "coast"
title = "Coast"
max_items = 50
"""


def many(courier: Workspace, count: int, theme: str) -> Workspace:
    """Give the newsroom so many stories that tell of different things, and room for all of them."""
    chance = random.Random(count)
    for number in range(count):
        place, people, deed = chance.choice(PLACES), chance.choice(PEOPLE), chance.choice(DEEDS)
        others = " ".join(
            f"{chance.choice(PEOPLE)} {chance.choice(DEEDS)} the {chance.choice(PLACES)}," for _ in range(3)
        )
        text = (
            f"In the district of Number {number * 37 % 1009} the {people} {deed} the {place} for {number + 2} days, "
            f"and {others} said a clerk. What it cost will be told in week {number * 13 % 53 + 1}."
        )
        courier.story(
            f"s{number}",
            f"Week {number + 1}: {people} {deed} {place} {number * 37 % 1009}",
            text,
            section=("city", "world", "coast")[number % 3],
            url=f"https://courier.example/2026/01/05/news/{place}/{people}-{deed}-the-{place}-{number}.html",
        )
    keys = f'theme = "{theme}"\ntop = {count}\nbriefs = 0\n'
    courier.settings(SETTINGS + keys + SECTIONS)
    courier.run("gather")
    return courier


def sent(courier: Workspace, theme: str) -> Message:
    """Send the edition in a theme and return one reader's mail."""
    courier.settings(SETTINGS + f'theme = "{theme}"\n')
    assert courier.run("run", "morning").code == 0
    return email.message_from_bytes(courier.mails()[0].read_bytes())


def part(mail: Message, kind: str) -> str:
    found = next(each for each in mail.walk() if each.get_content_type() == kind)
    return found.get_payload(decode=True).decode()  # type: ignore[union-attr]


@pytest.mark.parametrize("theme", THEMES)
def test_thirty_stories_weigh_no_more_than_75_kilobytes(courier: Workspace, theme: str) -> None:
    many(courier, 30, theme).run("subscribers", "add", "ada@example.org", "--list", "morning")
    printed = courier.run("build", "morning", "--json").json
    assert courier.run("send", "morning", "--yes").code == 0

    page = part(email.message_from_bytes(courier.mails()[0].read_bytes()), "text/html")
    assert 1 + sum(len(section["items"]) for section in printed["sections"]) == 30
    assert len(page.encode()) <= 75_000


def test_a_mail_that_would_be_cut_is_not_sent_and_what_would_be_lost_is_named(courier: Workspace) -> None:
    many(courier, 100, "broadsheet").run("subscribers", "add", "ada@example.org", "--list", "morning")

    looked, ran = courier.run("lint", "morning", "--json"), courier.run("send", "morning", "--yes")

    clip = next(found for found in looked.json if found["rule"] == "clip")
    assert (ran.code, courier.mails(), clip["severity"]) == (3, [], "error")
    assert "would be cut at 102400" in ran.err
    assert re.search(r"readers lose .*“Week \d+: ", ran.err)


@pytest.mark.parametrize("theme", THEMES)
def test_programs_show_a_theme_as_it_is_meant(staffed: Workspace, theme: str) -> None:
    page = part(sent(staffed, theme), "text/html")

    assert support(page).score >= 94
    assert support(page, by_value=False).score >= 94
    rules = {found["rule"] for found in staffed.run("lint", "morning", "--json").json}
    assert not rules & {"support", "layout-support", "padding-cell", "ghost-table", "margin-align", "broken-html"}


@pytest.mark.parametrize("theme", THEMES)
def test_the_text_part_has_the_same_stories_and_links_in_narrow_lines(staffed: Workspace, theme: str) -> None:
    staffed.story("banks", "Merger of two banks", url="https://courier.example/banks?a=1&b=2")
    mail = sent(staffed, theme)
    page, text = part(mail, "text/html"), part(mail, "text/plain")
    shown = " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())

    links = {link.replace("&amp;", "&") for link in re.findall(r'<a\b[^>]*href="(https?://[^"]+)"', page)}
    assert links == set(re.findall(r"https?://\S+", text))
    assert [line for line in text.splitlines() if len(line) > 72 and "://" not in line] == []
    for headline in ("Harbour bridge", "School budget", "Ferry strike", "Merger of two banks"):
        assert headline in shown
        assert headline.casefold() in text.casefold()


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="SpamAssassin is not installed")
@pytest.mark.parametrize("theme", THEMES)
def test_no_theme_looks_like_spam(staffed: Workspace, theme: str) -> None:
    mail = sent(staffed, theme).as_bytes()

    judged = subprocess.run(
        ["spamassassin", "-L", "-t"], input=mail, capture_output=True, check=False, timeout=60
    ).stdout

    score = re.search(rb"^X-Spam-Status: .*?score=(-?[\d.]+)", judged, re.MULTILINE | re.DOTALL)
    assert score is not None
    assert float(score[1]) <= 0.1, judged.decode("latin-1")[-1500:]
