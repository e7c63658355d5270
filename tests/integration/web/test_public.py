"""What browsers and link checkers meet at the readers' addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase

import pytest

from digest.cli.opening import workspace
from digest.web.app import make_app
from tests.acceptance.workspace import Workspace
from tests.browser import Browser


@pytest.fixture
def client(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    courier = Workspace(tmp_path, capsys, monkeypatch)
    with workspace(config=courier.folder / "digest.toml") as newsroom:
        yield Browser(make_app(newsroom))


@pytest.mark.parametrize("path", ["/", "/nowhere", "/v/none", "/v/"])
def test_an_address_that_leads_nowhere_is_a_page_for_people(client: Browser, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert "<h1>This link does not work</h1>" in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/v/none"])
def test_a_page_that_is_not_there_speaks_the_readers_language(client: Browser, path: str) -> None:
    answer = client.get(path, headers={"Accept-Language": "ar"})

    assert (answer.status_code, '<html lang="ar" dir="rtl">' in answer.text) == (404, True)


@pytest.mark.parametrize("path", ["/v/none", "/i/none.png", "/u/none"])
def test_a_link_checkers_head_is_answered_as_its_get(client: Browser, path: str) -> None:
    assert client.request("HEAD", path).status_code == client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/v/none", "/i/none.png", "/healthz"])
def test_nothing_is_offered_to_search_engines(client: Browser, path: str) -> None:
    assert client.get(path).headers["X-Robots-Tag"] == "noindex"


def test_a_monitor_may_ask_for_the_head_of_the_health_page(client: Browser) -> None:
    assert client.request("HEAD", "/healthz").status_code == client.get("/healthz").status_code


def test_the_manual_names_every_path_that_a_web_server_has_to_let_through(client: Browser) -> None:
    manual = (Path(__file__).parents[3] / "docs" / "running.md").read_text(encoding="utf-8")
    section = manual.partition("## Behind a web server")[2].partition("\n## ")[0]

    # A path that is there refuses the method, one that is not is not found.
    served = [letter for letter in ascii_lowercase if client.request("OPTIONS", f"/{letter}/x").status_code == 405]

    assert [letter for letter in served if f"`/{letter}/…`" not in section] == []
    assert len(served) > 5
