"""A reader's whole way in a real browser: sign up, confirm, choose, see one's data, leave; without a fault axe finds.

Needs Chromium and Playwright; the accessibility checks need axe-core-python as well. ``DIGEST_SHOTS`` names a folder to
keep pictures of every page in.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from digest.cli.opening import workspace
from digest.web.app import make_app
from tests.acceptance.workspace import Workspace

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = os.environ.get("DIGEST_SHOTS", "")
SECTIONS = """
[[newsletters.sections]]
id = "world"
title = "World"

[[newsletters.sections]]
id = "arts"
title = "Arts"
"""


@dataclass
class Site:
    """A served workspace and the folder its mails arrive in."""

    url: str
    outbox: Path
    clock: Callable

    def link(self, letter: str) -> str:
        """Return the link of that kind in the mail that carries one; it leaves after the page was answered."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for path in sorted(self.outbox.glob("new/*"), key=lambda path: -path.stat().st_mtime_ns):
                message = message_from_bytes(path.read_bytes(), policy=policy.default)
                found = re.search(rf"http://\S+/{letter}/\S+", message.get_body(("plain",)).get_content())
                if found:
                    return found[0]
            threading.Event().wait(0.02)
        raise AssertionError(f"no mail with a link /{letter}/ came")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, clock: Callable
) -> Iterator[Site]:
    courier = Workspace(tmp_path, capsys, monkeypatch)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = courier.folder / "digest.toml"
    settings.write_text(settings.read_text().replace("https://courier.example", url) + SECTIONS)
    with workspace(clock=clock, config=settings) as newsroom:
        server = uvicorn.Server(uvicorn.Config(make_app(newsroom), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield Site(url, courier.folder / "outbox", clock)
        server.should_exit = True
        thread.join()
        listening.close()


def _settled(page: Any, name: str) -> None:
    """See that a page has no fault that axe finds, and that nothing of it lies outside a telephone; keep pictures."""
    for width, scheme in product((1280, 390), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png", full_page=True)
        if width == 390 and find_spec("axe_core_python") is not None:
            from axe_core_python.sync_playwright import Axe

            found = Axe().run(page)["violations"]
            assert [(each["id"], scheme) for each in found] == []


@pytest.mark.parametrize("language", ["en", "de", "uk", "ar"] if SHOTS else ["en", "ar"])
def test_a_reader_signs_up_confirms_chooses_and_leaves(browser: Any, site: Site, language: str) -> None:
    context = browser.new_context(locale=language, java_script_enabled=True)
    page = context.new_page()
    page.goto(f"{site.url}/s/morning")
    _settled(page, f"{language}-1-sign-up")
    page.fill("#email", "bob@gmial.com")
    site.clock.advance(seconds=5)
    page.click("button")
    _settled(page, f"{language}-2-slip")
    page.fill("#email", "bob@example.org")
    site.clock.advance(seconds=5)
    page.click("button")
    _settled(page, f"{language}-3-asked")
    page.goto(site.link("c"))
    _settled(page, f"{language}-4-confirm")
    page.click("button")
    page.goto(site.link("p"))
    page.check("[name=text_only]")
    page.uncheck("[value=arts]")
    page.check("[value='7']")
    page.click("form:nth-of-type(1) button")
    _settled(page, f"{language}-5-choices")
    leave = site.link("u")
    page.click("form:nth-of-type(3) button")
    page.goto(site.link("d"))
    _settled(page, f"{language}-6-data")
    page.goto(leave)
    _settled(page, f"{language}-7-leave")
    page.click("button")
    _settled(page, f"{language}-8-left")

    assert page.get_by_role("status").inner_text()
    assert context.cookies() == []
    context.close()


def test_everything_works_without_javascript(browser: Any, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/s/morning")
    page.fill("#email", "bob@example.org")
    site.clock.advance(seconds=5)
    page.click("button")
    page.goto(site.link("c"))
    page.click("button")

    assert "b•••@e•••.org will receive" in page.get_by_role("status").inner_text()
    context.close()
