"""Workspaces for the acceptance tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.workspace import Workspace


@pytest.fixture
def courier(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace without stories or readers."""
    return Workspace(tmp_path / "courier", capsys, monkeypatch)


@pytest.fixture
def staffed(courier: Workspace) -> Workspace:
    """Return a workspace with three stories on file and two readers on the list."""
    for name in ("Harbour bridge", "School budget", "Ferry strike"):
        courier.story(name.split()[0].lower(), name)
    assert courier.run("subscribers", "add", "ada@example.org", "ben@example.org", "--list", "morning").code == 0
    return courier
