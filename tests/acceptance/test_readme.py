"""The README, word for word: its commands are run, and what they leave behind is looked at."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.tree import ROOT

PROGRAMS = Path(sysconfig.get_path("scripts"))
LIMIT_S = 120

STORY = """---
headline: Ferry to run until midnight
section: city
---
The ferry between the two quays will run until midnight from Monday, the harbour board said.

The later boats are to cost the same as the earlier ones. Until now the last one left at nine.
"""

pytestmark = pytest.mark.skipif(not (PROGRAMS / "digest").exists(), reason="digest is not installed beside this Python")


def test_the_two_commands_stand_in_the_first_block():
    install, test = _blocks()[0]

    assert install.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert install.endswith("-c constraints.txt -e '.[test]' && .venv/bin/digest demo")
    assert test == ".venv/bin/pytest"


def test_the_demo_runs_as_written_and_mails_nobody_a_second_time(tmp_path: Path):
    demo = _blocks()[0][0].rpartition(" && ")[2].replace(".venv/bin/", "")

    first = _shell(demo, tmp_path)
    mails = _mails(tmp_path)
    second = _shell(demo, tmp_path)

    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert mails
    assert _mails(tmp_path) == mails
    assert "already sent" in second.stdout


def test_from_nothing_to_a_first_edition_as_written(tmp_path: Path):
    (tmp_path / "story.md").write_text(STORY, encoding="utf-8")
    block = next(block for block in _blocks() if block[0].startswith("digest init"))

    done = _shell("\n".join(block), tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(_mails(tmp_path)) == 1
    assert "Ferry to run until midnight" in done.stdout + _mails(tmp_path)[0].read_text(encoding="ascii")


def test_what_the_demo_prints_is_what_the_readme_shows(tmp_path: Path):
    shown = re.findall(r"^```text\n(.*?)^```$", _readme(), re.MULTILINE | re.DOTALL)[0]

    printed = _shell("digest demo --no-open", tmp_path).stdout

    missing = [line for line in shown.splitlines() if line.strip(" …") and line.rstrip() not in printed]
    assert not missing


def _readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks() -> list[list[str]]:
    """Return the lines of each block marked ``sh``, comments left out."""
    found = re.findall(r"^```sh\n(.*?)^```$", _readme(), re.MULTILINE | re.DOTALL)
    return [[line for line in block.splitlines() if line and not line.startswith("#")] for block in found]


def _shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as a reader would who has the environment's programs on PATH, no display and no terminal."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "PYTHONWARNINGS": "default"}
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def _mails(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name == "new")
