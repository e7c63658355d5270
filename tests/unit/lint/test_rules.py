"""Every rule of the lint, on a mail that breaks it and on one that does not."""

from __future__ import annotations

import base64
from dataclasses import replace
from io import BytesIO
from textwrap import fill

import pytest
from PIL import Image

from digest.lint import RULES, Mail, lint, support
from digest.lint.contrast import contrast

LEAVE = "https://courier.example/u/TOKEN"
STORY = (
    "Ferry to run until midnight",
    "https://courier.example/ferry",
    "The last boat leaves at midnight from Monday.",
)
DARK = "@media (prefers-color-scheme:dark){.ink{color:#f3f4f6 !important}.on-card{background-color:#181b1f !important}}"
LONG_READ = "The harbour board met on Monday and said how the boats will run from now on. " * 6
MESSAGE = (
    b"From: Morning Watch <morning@courier.example>\r\nTo: reader@example.org\r\nSubject: Ferry\r\n"
    b"Date: Mon, 05 Jan 2026 11:30:00 +0000\r\nMessage-ID: <a@courier.example>\r\n"
    b"List-Id: <morning.courier.example>\r\n"
    b"List-Unsubscribe: <https://courier.example/u/TOKEN>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    b"\r\nThe last boat leaves at midnight.\r\n"
)
WHY = "You receive this because you signed up."
HTML = (
    '<!DOCTYPE html><html lang="en" dir="ltr"><head><title>Ferry</title><meta name="color-scheme" content="light dark">'
    f'<style>{DARK}</style></head><body class="on-card" style="background-color:#ffffff">'
    '<h1 class="ink" style="color:#14171a;font-size:30px">Morning Watch</h1>'
    '<table role="presentation"><tr><td><h2 class="ink" style="color:#14171a">'
    f'<a class="ink" style="color:#14171a" href="{STORY[1]}">{STORY[0]}</a></h2>'
    f'<p class="ink" style="color:#2b3036;font-size:16px">{STORY[2]}</p>'
    '<img src="cid:quay.png" alt="A ferry at the quay" width="100" height="80"></td></tr></table>'
    f'<p class="ink" style="color:#2b3036">{LONG_READ}</p><p class="ink" style="color:#2b3036">{WHY}</p>'
    f'<p class="ink" style="color:#2b3036">1 Quay Street <a class="ink" href="{LEAVE}">Leave the list</a></p>'
    "</body></html>"
)
GOOD = Mail(
    subject="Ferry to run until midnight",
    preheader="The last boat leaves at midnight from Monday on.",
    html=HTML,
    text=f"{STORY[0]}\n{STORY[2]}\n{STORY[1]}\n\n{fill(LONG_READ)}\n{WHY}\n\n1 Quay Street\n{LEAVE}\n",
    leave_url=LEAVE,
    address="1 Quay Street",
    stories=(STORY,),
    sections=(("City", 1),),
    why=WHY,
    message=MESSAGE,
)


def message(before: bytes, after: bytes) -> Mail:
    assert before in MESSAGE
    return replace(GOOD, message=MESSAGE.replace(before, after))


def picture(kilobytes: int) -> Mail:
    """Return the good mail with a picture of so many KB inside."""
    return pictured(bytes(kilobytes * 1000))


def logo(ground: tuple[int, int, int, int]) -> Mail:
    """Return the good mail with a drawing in black lines on that ground."""
    drawn = Image.new("RGBA", (40, 20), ground)
    drawn.paste((20, 20, 20, 255), (5, 5, 35, 8))
    written = BytesIO()
    drawn.save(written, "PNG")
    return pictured(written.getvalue())


def pictured(content: bytes) -> Mail:
    """Return the good mail with these bytes as its picture."""
    head = b"MIME-Version: 1.0\r\nContent-Type: text/plain"
    body = base64.encodebytes(content).replace(b"\n", b"\r\n")
    image = b"Content-Type: image/png\r\nContent-ID: <quay>\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    parts = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n" + image + b"--b--\r\n"
    assert head in MESSAGE
    return replace(GOOD, message=MESSAGE[: MESSAGE.index(head)] + parts)


def html(before: str, after: str) -> Mail:
    assert before in HTML
    return replace(GOOD, html=HTML.replace(before, after))


UNSUPPORTED = (
    '<html lang="en" dir="ltr"><body><video></video><form><input><select></select><textarea></textarea></form>'
    '<p style="position:fixed;display:grid;gap:4px;filter:blur(2px);clip-path:circle();transform:none">Words</p>'
    "</body></html>"
)
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
    "why": replace(GOOD, text=GOOD.text.replace(WHY, "")),
    "sender-name": message(b"Morning Watch <morning@courier.example>", b"morning@courier.example"),
    "headers-missing": message(b"Date:", b"X-Date:"),
    "list-unsubscribe": message(b"<https://courier.example/u/TOKEN>", b"<mailto:leave@courier.example>"),
    "one-click": message(b"=One-Click", b"=one-click"),
    "header-ascii": message(b"Subject: Ferry", "Subject: Fähre".encode()),
    "line-length": message(b"The last boat", b"boat " * 200),
    "text-missing": replace(GOOD, text=""),
    "style-large": html("<style>", "<style>" + ".a{color:#111111}" * 1000),
    "active-content": html("<h1", "<form></form><h1"),
    "layout-support": html("font-size:16px", "display:flex"),
    "mso-comments": html("<h1", "<!--[if mso]><p><h1"),
    "broken-html": html("</td></tr></table>", "</td></tr>"),
    "list-id": message(b"List-Id:", b"X-List-Id:"),
    "eight-bit": message(b"quoted-printable", b"8bit"),
    "text-share": replace(GOOD, text=f"{STORY[1]} {LEAVE}"),
    "links-differ": html("</body>", '<a href="https://courier.example/quay">The quay</a></body>'),
    "style-near": html("<style>", "<style>" + ".a{color:#111111}" * 500),
    "pictures-heavy": picture(801),
    "picture-heavy": picture(201),
    "little-text": html(LONG_READ, ""),
    "many-links": html("</body>", "".join(f'<a href="https://courier.example/{n}">Story {n}</a>' for n in range(61))),
    "support": replace(GOOD, html=UNSUPPORTED),
    "padding-cell": html("color:#2b3036;font-size:16px", "color:#2b3036;font-size:16px;padding:4px"),
    "ghost-table": html("<h1", '<div style="max-width:640px"></div><h1'),
    "margin-align": html("font-size:16px", "margin:0 auto"),
    "link-hidden": html(STORY[1], "https://bit.ly/ferry"),
    "long-centred": html('color:#2b3036">The harbour', 'color:#2b3036;text-align:center">The harbour'),
    "button-small": html(
        f'style="color:#14171a" href="{STORY[1]}"',
        f'style="color:#14171a;display:block;background:#ffffff;line-height:20px;padding:6px" href="{STORY[1]}"',
    ),
    "pure-black": html("#181b1f", "#000000"),
    "empty-section": replace(GOOD, sections=(("City", 0),)),
    "picture-dark": logo((0, 0, 0, 0)),
    "story-old": replace(GOOD, ages=(("Ferry", 9.0),)),
    "important-space": html("#f3f4f6 !important", "#f3f4f6!important"),
}


def test_a_good_mail_has_no_findings() -> None:
    assert lint(GOOD) == ()
    assert lint(replace(GOOD, html="")) == ()


@pytest.mark.parametrize("rule", RULES)
def test_a_breach_is_found(rule: str) -> None:
    assert rule in {finding.rule for finding in lint(BROKEN[rule])}


@pytest.mark.parametrize(("days", "told"), [(-0.2, False), (0.5, False), (7.0, False), (-2.0, True), (30.0, True)])
def test_a_storys_day_is_looked_at(days: float, told: bool) -> None:
    found = lint(replace(GOOD, ages=(("Ferry", days),)))

    assert [finding.rule for finding in found] == (["story-old"] if told else [])


def test_lines_on_a_ground_of_their_own_are_seen_in_the_dark() -> None:
    assert "picture-dark" not in {finding.rule for finding in lint(logo((255, 255, 255, 255)))}


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


def test_padding_of_a_cell_is_whole_in_outlook_and_of_a_paragraph_partial() -> None:
    outlook = {"outlook.windows": 100.0}

    cell = support('<table><tr><td style="padding:8px">Words</td></tr></table>', outlook)
    paragraph = support('<p style="padding:8px">Words</p>', outlook)

    assert cell.lacking["outlook.windows"] == ()
    assert paragraph.lacking["outlook.windows"] == ("css-padding",)
    assert cell.score > paragraph.score


def test_who_reads_it_decides_the_score() -> None:
    flexible = '<p style="display:flex">Words</p>'

    assert support(flexible, {"apple-mail.ios": 100.0}).score == 100
    assert support(flexible, {"outlook.windows": 100.0}).score < 100
    assert not [
        f for f in lint(replace(GOOD, html=flexible, shares={"apple-mail.ios": 100.0})) if f.rule == "layout-support"
    ]
