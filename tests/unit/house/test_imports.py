"""Imports run one way: the contracts of import-linter in pyproject.toml, kept."""

from __future__ import annotations

import pytest
from importlinter.cli import lint_imports

from tests.tree import ROOT


def test_the_rooms_import_each_other_one_way_only(capsys: pytest.CaptureFixture[str]):
    kept = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    assert kept == 0, capsys.readouterr().out
