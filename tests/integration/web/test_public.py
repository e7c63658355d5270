"""What browsers and link checkers meet at the readers' addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
    assert "<h1>Not found</h1>" in answer.text


@pytest.mark.parametrize("path", ["/v/none", "/i/none.png", "/u/none"])
def test_a_link_checkers_head_is_answered_as_its_get(client: Browser, path: str) -> None:
    assert client.request("HEAD", path).status_code == client.get(path).status_code == 404
