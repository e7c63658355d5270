"""Imports run one way: the contracts of import-linter in pyproject.toml, kept."""

from __future__ import annotations

import subprocess
import sys

from tests.tree import ROOT

CHECK = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def test_the_rooms_import_each_other_one_way_only():
    # In a process of its own: import-linter silences every logger that exists, and other tests listen to ours.
    done = subprocess.run([sys.executable, "-c", CHECK], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
