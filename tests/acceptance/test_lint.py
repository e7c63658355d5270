"""The lint and the pictures on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.workspace import SETTINGS, Workspace

HAS_CHROMIUM = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))


@pytest.mark.parametrize("theme", ["broadsheet", "letter", "briefing"])
def test_every_theme_is_without_fault(staffed: Workspace, theme: str) -> None:
    staffed.settings(SETTINGS + f'theme = "{theme}"\n')
    staffed.run("gather")

    ran = staffed.run("lint", "morning", "--json")

    assert [finding for finding in ran.json if finding["severity"] == "error"] == []
    assert ran.code == 0


def faulty(staffed: Workspace, more: str = "") -> Workspace:
    """Give the newsroom a theme of its own whose links lead nowhere."""
    folder = staffed.folder / "themes" / "own"
    shutil.copytree("templates/editions/letter", folder)
    page = folder / "html.j2"
    page.write_text(
        page.read_text("utf-8").replace('<p class="end ink">', '<p class="end ink"><a href="#">Top</a> '), "utf-8"
    )
    staffed.settings(SETTINGS + f'theme = "own"\n{more}')
    staffed.run("gather")
    return staffed


def test_an_error_stops_the_send_and_names_its_place(staffed: Workspace, request: pytest.FixtureRequest) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(request.config.rootpath)
        faulty(staffed)

    looked, sent = staffed.run("lint", "morning", "--format", "sarif"), staffed.run("send", "morning", "--yes")

    assert looked.code == 1
    assert "dead-link" in [result["ruleId"] for result in looked.json["runs"][0]["results"]]
    assert (sent.code, "dead-link" in sent.err, staffed.mails()) == (3, True, [])


def test_a_waived_rule_stops_nothing(staffed: Workspace, request: pytest.FixtureRequest) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(request.config.rootpath)
        faulty(staffed, '\n[lint]\nwaive = ["dead-link"]\n')

    assert staffed.run("lint", "morning").code == 0
    assert staffed.run("send", "morning", "--yes").code == 0


@pytest.mark.skipif(not HAS_CHROMIUM, reason="Chromium is not installed")
def test_pictures_are_taken_at_every_width_in_both_lights(staffed: Workspace) -> None:
    staffed.run("gather")
    staffed.run("build", "morning")

    ran = staffed.run("shots", "morning", "--dir", "pictures")

    taken = sorted(path.name for path in (staffed.folder / "pictures").glob("*.png"))
    assert (ran.code, len(taken)) == (0, 6)
    assert taken[0] == "morning-2026-01-05-320-dark.png"


def test_a_mail_that_the_judge_takes_for_spam_is_not_sent(
    staffed: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = tmp_path / "spamc"
    judge.write_text("#!/bin/sh\ncat >/dev/null\nprintf '7.5/5.0\\n 3.0 SHOUTS  Subject shouts\\n'\n", "utf-8")
    judge.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    looked, ran = staffed.run("lint", "morning"), staffed.run("run", "morning")

    assert (looked.code, ran.code, staffed.mails()) == (1, 3, [])
    assert "7.5 of 5 points: SHOUTS 3.0" in ran.err
