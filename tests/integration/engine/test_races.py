"""Two schedulers, an approving editor and a late wire update at the same moment: only approved bytes leave."""

from __future__ import annotations

import email
import os
import random
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from digest import store
from digest.cli.opening import workspace
from digest.engine import review, tick
from digest.errors import DigestError
from digest.model import EditionKey
from tests.acceptance.workspace import SETTINGS, Workspace

SEEDS = int(os.environ.get("DIGEST_RACES", "6"))
"""How many orders of events are tried; the long form tries 200."""

KEY = "morning/2026-01-05"
REVIEW = '\n[newsletters.review]\nbuild_at = "60m"\nunless_approved = "hold"\n'


def stored(folder: Path) -> tuple[str, str | None]:
    """Return the edition's content hash and the approved one."""
    with workspace(config=folder / "digest.toml") as newsroom, newsroom.reading() as conn:
        edition = store.get_edition(conn, EditionKey.parse(KEY))
        return edition.content_hash, edition.approved_hash


@pytest.fixture
def staffed(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace with a story and two readers."""
    made = Workspace(tmp_path / "courier", capsys, monkeypatch)
    made.story("harbour", "Harbour bridge")
    made.run("subscribers", "add", "ada@example.org", "ben@example.org", "--list", "morning")
    return made


@pytest.mark.parametrize("seed", range(SEEDS))
def test_only_the_approved_bytes_leave_and_once(staffed: Workspace, seed: int) -> None:
    staffed.settings(SETTINGS + REVIEW)
    staffed.now = "2026-01-04T20:00:00+00:00"
    staffed.run("tick")
    staffed.now = "2026-01-05T10:31:00+00:00"
    staffed.run("tick")
    read, _ = stored(staffed.folder)
    chance, barrier = random.Random(seed), threading.Barrier(4)
    waits = [chance.uniform(0, 0.05) for _ in range(4)]
    clock = _clock("2026-01-05T11:30:05+00:00")

    def scheduler(wait: float) -> None:
        with workspace(clock, staffed.folder / "digest.toml") as newsroom:
            _meet(barrier, wait)
            tick(newsroom)

    def editor(wait: float) -> None:
        with workspace(clock, staffed.folder / "digest.toml") as newsroom:
            _meet(barrier, wait)
            try:
                review.approve(newsroom, EditionKey.parse(KEY), read, "Ada")
            except DigestError:
                return

    def wire(wait: float) -> None:
        _meet(barrier, wait)
        staffed.story("harbour", "Harbour bridge", "The bridge will be closed for ten years, engineers say.")

    racers = [
        threading.Thread(target=t, args=(w,)) for t, w in zip((scheduler, scheduler, editor, wire), waits, strict=True)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    staffed.now = "2026-01-05T11:31:00+00:00"
    staffed.run("tick")

    now, approved = stored(staffed.folder)
    mails = [email.message_from_bytes(path.read_bytes()) for path in staffed.mails()]
    assert (now, approved) == (read, read)
    assert sorted(str(mail["To"]) for mail in mails) == ["ada@example.org", "ben@example.org"]


def _meet(barrier: threading.Barrier, wait: float) -> None:
    barrier.wait()
    threading.Event().wait(wait)


def _clock(written: str) -> Callable[[], datetime]:
    moment = datetime.fromisoformat(written)
    return lambda: moment
