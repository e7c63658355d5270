"""Every rule of the lint, on a mail that breaks it and on one that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.lint import RULES, Mail, lint
from digest.lint.contrast import contrast

LEAVE = "https://courier.example/u/TOKEN"
STORY = (
    "Ferry to run until midnight",
    "https://courier.example/ferry",
    "The last boat leaves at midnight from Monday.",
)
DARK = "@media (prefers-color-scheme:dark){.ink{color:#f3f4f6 !important}.on-card{background-color:#181b1f !important}}"
HTML = (
    '<!DOCTYPE html><html lang="en" dir="ltr"><head><title>Ferry</title><meta name="color-scheme" content="light dark">'
    f'<style>{DARK}</style></head><body class="on-card" style="background-color:#ffffff">'
    '<h1 class="ink" style="color:#14171a;font-size:30px">Morning Watch</h1>'
    '<table role="presentation"><tr><td><h2 class="ink" style="color:#14171a">'
    f'<a class="ink" style="color:#14171a" href="{STORY[1]}">{STORY[0]}</a></h2>'
    f'<p class="ink" style="color:#2b3036;font-size:16px">{STORY[2]}</p>'
    '<img src="cid:quay.png" alt="A ferry at the quay" width="100" height="80"></td></tr></table>'
    f'<p class="ink" style="color:#2b3036">1 Quay Street <a class="ink" href="{LEAVE}">Leave the list</a></p>'
    "</body></html>"
)
GOOD = Mail(
    subject="Ferry to run until midnight",
    preheader="The last boat leaves at midnight from Monday on.",
    html=HTML,
    text=f"{STORY[0]}\n{STORY[2]}\n{STORY[1]}\n\n1 Quay Street\n{LEAVE}\n",
    leave_url=LEAVE,
    address="1 Quay Street",
    stories=(STORY,),
)


def html(before: str, after: str) -> Mail:
    assert before in HTML
    return replace(GOOD, html=HTML.replace(before, after))


LONG = ("Ferry " * 25, "", "Blurb " * 120)
BROKEN = {
    "subject-empty": replace(GOOD, subject=" "),
    "subject-long": replace(GOOD, subject="Ferry " * 30),
    "clip": html("</body>", "é" * 52_000 + "</body>"),
    "unsubscribe": replace(GOOD, text=GOOD.text.replace(LEAVE, "")),
    "postal-address": replace(GOOD, address="2 Mill Lane"),
    "dead-link": html(STORY[1], "/ferry"),
    "left-over": html("Monday.", "{{ day }}."),
    "twice": replace(GOOD, stories=(STORY, STORY)),
    "language": html(' lang="en"', ""),
    "page-title": html("<title>Ferry</title>", ""),
    "table-role": html(' role="presentation"', ""),
    "alt": html(' alt="A ferry at the quay"', ""),
    "one-h1": html("h1", "h2"),
    "heading-order": html("h2", "h3"),
    "contrast": html("color:#2b3036;font-size:16px", "color:#cccccc;font-size:16px"),
    "css-unsupported": html("font-size:16px", "width:calc(100% - 2px)"),
    "subject-cut": replace(GOOD, subject="Ferry to run until midnight from Monday, says the harbour board"),
    "subject-shouts": replace(GOOD, subject="FERRY TO RUN UNTIL MIDNIGHT"),
    "preheader": replace(GOOD, preheader="Boats."),
    "preheader-repeats": replace(GOOD, preheader="Ferry to run until midnight"),
    "clip-near": html("</body>", "é" * 46_500 + "</body>"),
    "plain-http": html(STORY[1], "http://courier.example/ferry"),
    "vague-link": html(f">{STORY[0]}</a>", ">Read more</a>"),
    "alt-words": html("A ferry at the quay", "quay_final2.jpg"),
    "small-print": html("font-size:16px", "font-size:10px"),
    "picture-size": html(' width="100" height="80"', ""),
    "text-twin": replace(GOOD, text=GOOD.text.replace(STORY[1], "")),
    "text-width": replace(GOOD, text=GOOD.text + "word " * 20),
    "colour-scheme": html('<meta name="color-scheme" content="light dark">', ""),
    "double-id": html("<h2 ", '<h2 id="a"><i id="a"></i></h2><h2 '),
    "long-headline": replace(GOOD, stories=(LONG,)),
    "long-blurb": replace(GOOD, stories=(LONG,)),
    "sponsor": replace(GOOD, sponsors=(("boots", ""),)),
    "picture-format": html("cid:quay.png", "https://courier.example/quay.webp"),
    "important-space": html("#f3f4f6 !important", "#f3f4f6!important"),
}


def test_a_good_mail_has_no_findings() -> None:
    assert lint(GOOD) == ()
    assert lint(replace(GOOD, html="")) == ()


@pytest.mark.parametrize("rule", RULES)
def test_a_breach_is_found(rule: str) -> None:
    assert rule in {finding.rule for finding in lint(BROKEN[rule])}


def test_a_text_too_faint_only_in_the_dark_is_found() -> None:
    faint = html(".ink{color:#f3f4f6", ".ink{color:#222222")

    assert all("dark" in finding.message for finding in lint(faint))
    assert {finding.rule for finding in lint(faint)} == {"contrast"}


def test_what_would_be_cut_is_named() -> None:
    cut = next(finding for finding in lint(BROKEN["clip"]) if finding.rule == "clip")

    assert STORY[0] in cut.message


def test_a_finding_points_at_its_element() -> None:
    found = next(finding for finding in lint(BROKEN["alt"]) if finding.rule == "alt")

    assert found.where.startswith("body > table:nth-child(2)")
    assert found.where.endswith("img:nth-child(3)")


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#fff", "#fff", 1.0)]
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
