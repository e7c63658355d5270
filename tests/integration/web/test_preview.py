"""The preview of a real draft: its page, its mail byte for byte, what it notices, and how a browser finds it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from digest import mailing
from digest.cli.opening import workspace
from digest.drafting import draft
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.web.preview import preview_app
from digest.web.preview.desk import Desk
from subscribers import open_engine, set_choices, writing
from tests.acceptance.workspace import SETTINGS, TEXTS, Workspace
from tests.browser import Browser

KEY = EditionKey.parse("morning/2026-01-05")
CHROMIUM = next((Path(p) for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(p).exists()), None)


@pytest.fixture
def courier(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Workspace:
    made = Workspace(tmp_path / "courier", capsys, monkeypatch)
    made.settings(SETTINGS + 'proofs = ["desk@example.org"]\n')
    made.story("bridge", "Harbour bridge", kicker="Port")
    made.story("school", "School budget")
    made.run("subscribers", "add", "ada@example.org", "--list", "morning")
    made.run("gather")
    monkeypatch.setenv("DIGEST_NOW", made.now)
    return made


@pytest.fixture
def newsroom(courier: Workspace) -> Iterator[Newsroom]:
    with workspace(config=courier.folder / "digest.toml") as opened:
        draft(opened, KEY)
        yield opened


@pytest.fixture
def page(newsroom: Newsroom) -> Browser:
    return Browser(preview_app(newsroom, KEY, "token"))


def test_without_its_token_the_preview_is_not_there(page: Browser) -> None:
    assert page.get("/").status_code == 404
    assert page.get("/tokem/").status_code == 404


def test_the_mail_is_shown_byte_for_byte(page: Browser, newsroom: Newsroom) -> None:
    sent = mailing.proof(newsroom, Desk(newsroom, KEY).stored())

    shown = page.get("/token/mail")

    assert shown.text == sent.html
    assert hashlib.sha256(sent.html.encode()).hexdigest() in page.get("/token/?panel=size").text
    assert "sandbox" in shown.headers["content-security-policy"]


@pytest.mark.parametrize("panel", ["stories", "lint", "size", "inbox", "links", "headers", "test", "nonsense"])
def test_every_panel_can_be_opened_by_its_address(page: Browser, panel: str) -> None:
    shown = page.get(f"/token/?panel={panel}")

    assert shown.status_code == 200
    assert "morning/2026-01-05" in shown.text
    assert "script-src 'self'" in shown.headers["content-security-policy"]


@pytest.mark.parametrize(
    "part", ["text", "source", "inlining", "raw", "message.eml", "sentences", "static/page.css", "static/page.js"]
)
def test_every_part_of_the_mail_is_there(page: Browser, part: str) -> None:
    assert page.get(f"/token/{part}").status_code == 200


def test_light_and_dark_stand_side_by_side(page: Browser) -> None:
    shown = page.get("/token/?scheme=both").text

    assert 'src="mail?scheme=light"' in shown
    assert 'src="mail?scheme=dark"' in shown


def test_what_inlining_did_is_shown_line_by_line(page: Browser) -> None:
    shown = page.get("/token/inlining").text

    assert '-<h1 class="name ink">' in shown
    assert '+<h1 class="name ink" style=' in shown


def test_a_sentence_is_marked_in_its_story(page: Browser) -> None:
    sentence = page.get("/token/sentences").json()[0]

    story = page.get("/token/" + sentence["url"])

    assert f'<mark id="here">{sentence["text"]}</mark>' in story.text


def test_a_reader_is_shown_their_own_shape_and_no_address(page: Browser, courier: Workspace) -> None:
    with writing(open_engine(f"sqlite:///{courier.folder}/digest.db")) as conn:
        set_choices(conn, 1, "morning", text_only=True)

    shown = page.get("/token/mail?reader=ada@example.org")
    raw = page.get("/token/raw?reader=ada@example.org")

    assert (shown.headers["content-type"], "Harbour bridge" in shown.text) == ("text/plain; charset=utf-8", True)
    assert "ada@example.org" not in shown.text + raw.text
    assert "To: reader@example.org" in raw.text


def test_a_reader_whose_sections_are_no_more_is_shown_the_whole_edition_as_it_is_mailed(
    page: Browser, courier: Workspace
) -> None:
    with writing(open_engine(f"sqlite:///{courier.folder}/digest.db")) as conn:
        set_choices(conn, 1, "morning", sections=("gone",))

    mine = page.get("/token/text?reader=ada@example.org").text

    printed = [headline for headline in TEXTS if headline in page.get("/token/text").text]
    assert [headline for headline in printed if headline in mine] == printed
    assert len(printed) > 1


@pytest.mark.parametrize(
    ("look", "told"),
    [("reader=nobody@example.org", "not on the list"), ("day=2020-01-01", "digest build"), ("day=x", "YYYY-MM-DD")],
)
def test_what_is_not_there_is_told_with_advice(page: Browser, look: str, told: str) -> None:
    answer = page.get(f"/token/?{look}")

    assert (answer.status_code, told in answer.text) == (404, True)


def test_a_test_goes_to_the_staff_and_nobody_else(page: Browser, courier: Workspace) -> None:
    assert page.request("POST", "/token/test", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert courier.mails() == []

    assert page.request("POST", "/token/test").status_code == 303

    assert [b"To: desk@example.org" in mail.read_bytes() for mail in courier.mails()] == [True]


def changes_of(desk: Desk) -> Iterator[str]:
    """Yield what the preview tells, signs of life left out, from the moment it watches."""
    told = desk.changes()
    assert next(told).startswith("retry")
    assert next(told).startswith(":")
    return (event for event in told if not event.startswith(":"))


def test_a_saved_story_is_in_the_draft_before_the_page_is_told(newsroom: Newsroom, courier: Workspace) -> None:
    desk = Desk(newsroom, KEY)
    told = changes_of(desk)

    courier.story("bridge", "Harbour bridge", text="Engineers opened the bridge again on Monday. Drivers cheered them.")

    assert next(told).startswith("event: edition")
    assert "opened the bridge again" in mailing.proof(newsroom, desk.stored()).html


def test_settings_that_cannot_be_read_keep_the_last_good_mail(newsroom: Newsroom, courier: Workspace) -> None:
    desk = Desk(newsroom, KEY, courier.folder / "digest.toml")
    told = changes_of(desk)

    courier.settings(SETTINGS.replace("[site]", "[site]\ncolour = 3"))

    assert "site.colour" in next(told)
    assert desk.stored().edition.items()
    courier.settings(SETTINGS.replace('Morning Watch"\nfrom', 'Early Watch"\nfrom'))
    assert next(told).startswith("event: edition")
    assert "Early Watch" in mailing.proof(desk.newsroom, desk.stored()).html
    desk.close()


@pytest.fixture
def served(newsroom: Newsroom, courier: Workspace) -> Iterator[str]:
    app = preview_app(newsroom, KEY, "token", config=courier.folder / "digest.toml")
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    )
    listening = server.config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/token/"
    server.should_exit = True
    thread.join(10)
    listening.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("panel", ["stories", "lint", "size", "inbox", "links", "headers", "test"])
def test_axe_finds_no_fault_with_the_page(browser: Any, served: str, scheme: str, panel: str) -> None:
    found = find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core-python is not installed")
    script = next(Path(found.origin).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
    shown = browser.new_page(color_scheme=scheme, bypass_csp=True)
    shown.goto(f"{served}?panel={panel}")

    shown.evaluate(script)
    violations = shown.evaluate("axe.run(document, {iframes: false})")["violations"]

    shown.close()
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in violations] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_never_wider_than_the_screen(browser: Any, served: str, width: int) -> None:
    shown = browser.new_page(viewport={"width": width, "height": 844})
    shown.goto(served)

    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.close()


def test_a_finding_is_pointed_at_in_the_mail(browser: Any, served: str, courier: Workspace) -> None:
    courier.run("themes", "copy", "broadsheet")
    theme = courier.folder / "themes" / "broadsheet" / "html.j2"
    theme.write_text(
        theme.read_text("utf-8").replace('class="end ink">', 'class="end ink"><a href="#">Top</a> '), "utf-8"
    )
    shown = browser.new_page()
    shown.goto(f"{served}?panel=lint")

    shown.click("li:has-text('dead-link') button")

    pointed = "[...document.getElementById('mail').contentDocument.querySelectorAll('a')].filter(a => a.style.outline)"
    assert shown.evaluate(f"{pointed}.map(a => a.textContent)") == ["Top"]
    shown.close()


def test_what_is_saved_is_seen_without_a_hand(browser: Any, served: str, courier: Workspace) -> None:
    shown = browser.new_page()
    complaints: list[str] = []
    shown.on("console", lambda message: complaints.append(message.text))
    shown.goto(served)
    shown.wait_for_timeout(800)

    courier.story("bridge", "Harbour bridge", text="Engineers opened the bridge again on Monday. Drivers cheered them.")

    for _ in range(80):
        shown.wait_for_timeout(100)
        if "opened the bridge again" in shown.evaluate(
            "document.getElementById('mail').contentDocument?.body?.textContent ?? ''"
        ):
            break
    else:
        pytest.fail("the saved story was not shown")
    assert complaints == []
    shown.close()
