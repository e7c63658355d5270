"""How long a person who edits waits: from a saved file to the changed mail in a real browser's preview.

A theme's template is changed and a story's headline, in turns; each change is looked for in the mail's own frame. Needs
Playwright and a Chromium.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from benchmarks.data import median
from benchmarks.support import sample
from digest.newsroom import Newsroom
from digest.render import templates_dir
from digest.store import StoredEdition
from digest.web.preview import preview_app

TIMES = 20
PATIENCE_MS = 10_000
SEEN = "word => document.getElementById('mail')?.contentDocument?.body?.textContent.includes(word) ?? false"


def run(argv: list[str]) -> int:
    """Print the medians in milliseconds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks preview")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    logging.disable(logging.CRITICAL)
    with sample("broadsheet", "top = 12\nbriefs = 0") as (newsroom, stored):
        files = {"template": _template(newsroom), "story": _story(newsroom, stored)}
        with _served(newsroom, stored) as address, _page(address) as page:
            found = {name: _waits(page, name, *file) for name, file in files.items()}
    document = {name: {"median_ms": median(spent), "worst_ms": max(spent)} for name, spent in found.items()}
    if asked.json:
        print(json.dumps(document, indent=2))
        return 0
    print(f"from saved to seen in the browser, {TIMES} times, ms")
    for name, told in document.items():
        print(f"  {name:<10} median {told['median_ms']:.0f}, worst {told['worst_ms']:.0f}")
    return 0


def _template(newsroom: Newsroom) -> tuple[Path, str, str]:
    """Give the workspace the theme as its own; return the file, its text and the words to put something before."""
    own = newsroom.base / "themes" / "broadsheet"
    shutil.copytree(templates_dir() / "editions" / "broadsheet", own)
    return own / "html.j2", (own / "html.j2").read_text("utf-8"), '<p class="end ink">'


def _story(newsroom: Newsroom, stored: StoredEdition) -> tuple[Path, str, str]:
    folders = [newsroom.base / s.path for s in newsroom.settings.sources if s.kind == "folder" and s.path is not None]
    for item in stored.edition.items():
        for path in (path for folder in folders for path in sorted(folder.rglob("*.md"))):
            text = path.read_text("utf-8")
            if item.headline in text:
                return path, text, item.headline
    raise SystemExit("no story of the edition comes from a Markdown file")


def _waits(page: Any, name: str, path: Path, text: str, place: str) -> list[float]:
    spent = []
    for turn in range(TIMES + 1):
        word = f"{name}{turn}seen"
        began = time.perf_counter()
        path.write_text(text.replace(place, f"{place}{word} ", 1), "utf-8")
        page.wait_for_function(SEEN, arg=word, timeout=PATIENCE_MS)
        if turn:
            spent.append(1000 * (time.perf_counter() - began))
        # The page asks for its side as well; a person would not save again before that is there.
        page.wait_for_timeout(400)
    return spent


@contextmanager
def _served(newsroom: Newsroom, stored: StoredEdition) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        preview_app(newsroom, stored.key, "token"), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/token/"
    server.should_exit = True
    thread.join(10)
    listening.close()


@contextmanager
def _page(address: str) -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise SystemExit("Playwright is not installed: pip install -e '.[proof]'") from error
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise SystemExit("No Chromium was found.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_timeout(1500)
        yield page
        browser.close()
