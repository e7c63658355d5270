"""An editor's link: looking changes nothing, a button approves or holds, a strange link leads nowhere."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from digest import store
from digest.cli.opening import workspace
from digest.engine.review import editor_link
from digest.model import EditionKey
from digest.web.app import make_app
from tests.acceptance.workspace import SETTINGS, Workspace
from tests.browser import Browser

KEY = EditionKey.parse("morning/2026-01-05")
ADA = "Ada <ada@desk.example.org>"
REVIEW = f'\n[newsletters.review]\nbuild_at = "60m"\neditors = ["{ADA}"]\nunless_approved = "hold"\n'


def test_a_look_changes_nothing_and_the_buttons_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    courier = Workspace(tmp_path / "courier", capsys, monkeypatch)
    courier.settings(SETTINGS + REVIEW)
    courier.story("bridge", "Harbour bridge")
    courier.run("gather")
    courier.run("build", "morning")
    moment = datetime.fromisoformat(courier.now)

    with workspace(lambda: moment, courier.folder / "digest.toml") as newsroom:
        client = Browser(make_app(newsroom))
        with newsroom.reading() as conn:
            drafted = store.get_edition(conn, KEY)
        link = editor_link(newsroom, drafted, ADA).removeprefix("https://courier.example")

        page = client.get(link)
        looked = client.get(link + "/mail"), client.request("HEAD", link), client.get(link + "/approve")
        with newsroom.reading() as conn:
            after_looking = store.get_edition(conn, KEY)
        held = client.post(link + "/hold")
        content_hash = re.search(r"name='content_hash' value='(\w+)'", page.text)
        assert content_hash is not None
        wrong = client.post(link + "/approve", data={"content_hash": "0" * 64})
        right = client.post(link + "/approve", data={"content_hash": content_hash[1]})
        with newsroom.reading() as conn:
            approved = store.get_edition(conn, KEY)

        assert [answer.status_code for answer in looked] == [200, 200, 405]
        assert after_looking == drafted
        assert (held.status_code, wrong.status_code, right.status_code) == (200, 409, 200)
        assert (approved.is_approved, approved.held) == (True, False)
        assert client.get(link[:-1]).status_code == client.post(link[:-2] + "/hold").status_code == 404
