"""A newsroom's workspace on disk and the command line to run in it, as a person at a terminal has them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.cli import main

MONDAY = "2026-01-05T11:30:00+00:00"

SETTINGS = """
[site]
name = "The Harbor Courier"
url = "https://courier.example"
address = "1 Quay Street, Harbor"

[transport]
kind = "outbox"
path = "outbox"

[[sources]]
name = "newsroom"
kind = "folder"
path = "stories"

[[newsletters]]
id = "morning"
name = "Morning Watch"
from = "Morning Watch <morning@courier.example>"
list = "morning"
timezone = "America/New_York"
time = "06:30"
not_after = "10:30"
"""

TEXTS = {
    "Harbour bridge": "Engineers closed the harbour bridge on Sunday after rust was found in two of its cables. "
    "Drivers must go round by Mill Creek until spring.",
    "School budget": "The school board cut its spending by four percent on Friday, and eleven teachers will lose "
    "their posts. Parents filled the gallery and sang.",
    "Ferry strike": "Deck crews of the island ferries walked out at dawn over night pay. The company said it would "
    "talk once the boats were running again.",
    "Lighthouse opens again": "The old lighthouse took visitors for the first time in thirty years, and the queue "
    "reached the fish market. Its lamp was lit by a keeper's granddaughter.",
    "Merger of two banks": "Two savings banks founded by rival shipowners will become one in March. Their vaults "
    "stand on opposite sides of the same street.",
    "Secret talks": "Negotiators met in a villa outside the capital and said nothing about it afterwards. A gardener "
    "counted nine cars.",
    "Late arrival": "A comet that nobody had expected was seen by three amateurs with small telescopes. It will fade "
    "within a fortnight, the observatory said.",
    "Good news": "The town choir won a prize abroad and came home on the night train. Bakers opened early for it.",
}


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return what it printed as JSON."""
        return json.loads(self.out)


class Workspace:
    """A folder with digest.toml; ``run`` runs one command in it at the moment ``now``, and a second passes."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.now = MONDAY
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        folder.mkdir(exist_ok=True)
        (folder / "stories").mkdir(exist_ok=True)
        self.settings(SETTINGS)

    def settings(self, text: str) -> None:
        """Write digest.toml."""
        (self.folder / "digest.toml").write_text(text, encoding="utf-8")

    def run(self, *words: str) -> Ran:
        """Run ``digest WORDS`` and return what it said."""
        self._monkeypatch.chdir(self.folder)
        self._monkeypatch.setenv("DIGEST_NOW", self.now)
        saved = os.environ.pop("DIGEST_CONFIG", None)
        try:
            code = main(words)
        finally:
            os.environ.pop("DIGEST_CONFIG", None)
            if saved is not None:
                os.environ["DIGEST_CONFIG"] = saved
        self.now = (datetime.fromisoformat(self.now) + timedelta(seconds=1)).isoformat()
        said = self._capsys.readouterr()
        return Ran(code, said.out, said.err)

    def story(self, name: str, headline: str, text: str = "", **fields: str) -> Path:
        """Write a story file into the source folder."""
        head = "\n".join(f"{key}: {value}" for key, value in {"headline": f'"{headline}"', **fields}.items())
        body = text or TEXTS[headline]
        path = self.folder / "stories" / f"{name}.md"
        path.write_text(f"---\n{head}\n---\n{body}\n", encoding="utf-8")
        return path

    def mails(self) -> list[Path]:
        """Return the mails in the outbox."""
        return sorted((self.folder / "outbox" / "new").glob("*"))
