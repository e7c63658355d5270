"""The mail in a real browser: inlining changes no pixel, nothing overflows, no accessibility fault.

Needs Chromium and Playwright; the accessibility test needs axe-core-python as well. Each is skipped without them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from digest.model import Variant
from digest.render import fill, render_variant, source_html
from digest.render.slots import fingerprint, markers
from tests.editions import full_edition, item, small_edition

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
THEMES = ("broadsheet", "briefing", "letter")
WIDTHS_AND_SCHEMES = list(product((640, 375), ("light", "dark")))

# What draws the pictures of the test edition: one grey pixel, stretched to the size each place has.
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAJmZmQAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
PICTURES = dict.fromkeys(("lead.jpg", "crane.jpg", "bus.jpg"), PIXEL)


@lru_cache(maxsize=6)
def mail(theme: str, inliner: str = "premailer") -> str:
    edition = replace(full_edition(), theme=theme)
    rendered = render_variant(edition, Variant(), inliner=inliner)
    return fill(rendered, {"address": "ada@example.org"}, pictures=PICTURES)[0]


def source(theme: str) -> str:
    edition = replace(full_edition(), theme=theme)
    page = source_html(edition, Variant())
    for slot, marker in markers(fingerprint(edition)).items():
        page = page.replace(marker, "#" if slot.endswith("_url") else "ada@example.org")
    for name, address in PICTURES.items():
        page = page.replace(f'"cid:{name}"', f'"{address}"')
    return page


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
def show(browser: Any) -> Iterator[Any]:
    pages = []

    def opened(html: str, width: int, scheme: str) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        pages.append(page)
        page.set_content(html)
        return page

    yield opened
    for page in pages:
        page.close()


def photographed(page: Any) -> Image.Image:
    return Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")


@pytest.mark.parametrize("inliner", ["premailer", "css-inline"])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("width", "scheme"), WIDTHS_AND_SCHEMES)
def test_inlining_changes_no_pixel(show: Any, inliner: str, theme: str, width: int, scheme: str) -> None:
    if inliner == "css-inline":
        pytest.importorskip("css_inline", reason="css-inline is not installed")
    before, after = (photographed(show(page, width, scheme)) for page in (source(theme), mail(theme, inliner)))

    assert before.size == after.size
    assert ImageChops.difference(before, after).getbbox() is None


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [320, 375, 640])
def test_nothing_is_wider_than_the_screen(show: Any, theme: str, width: int) -> None:
    page = show(mail(theme), width, "light")

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [320, 640])
def test_a_word_longer_than_the_screen_is_broken_and_not_the_page(show: Any, theme: str, width: int) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelleneröffnungsfeier"
    lead = item(1, f"{long} verschoben", f"Die {long} wird verschoben.", kicker=long, byline=long)
    edition = replace(small_edition(lead=lead), theme=theme)
    page = show(fill(render_variant(edition, Variant()), {"address": "ada@example.org"})[0], width, "light")

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_and_light_differ(show: Any) -> None:
    light, dark = (photographed(show(mail("broadsheet"), 640, scheme)) for scheme in ("light", "dark"))

    assert light.getpixel((320, 60)) == (255, 255, 255)
    assert dark.getpixel((320, 60)) == (24, 27, 31)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(show: Any, theme: str, scheme: str) -> None:
    found = find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core-python is not installed")
    script = next(Path(found.origin).parent.rglob("axe.min.js"))
    page = show(mail(theme), 640, scheme)

    page.evaluate(script.read_text(encoding="utf-8"))
    violations = page.evaluate("axe.run()")["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in violations] == []


def test_the_mail_asks_the_network_for_nothing_but_its_pictures(show: Any) -> None:
    page = show("<p>waiting</p>", 640, "light")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.set_content(mail("broadsheet"))
    assert [url for url in asked if not url.startswith("data:")] == []
