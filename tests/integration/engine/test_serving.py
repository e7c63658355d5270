"""Whole processes of ``digest serve`` and ``digest send`` near the due time: one edition, nobody twice, nobody lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.workspace import SETTINGS, Workspace
from tests.smtp_sink import DROP, Sink

READERS = 120
SUNDAY = "2026-01-04T11:30:10+00:00"
JUST_DUE = "2026-01-05T11:30:01+00:00"
PATIENCE_S = 60


@pytest.fixture
def newsroom(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace whose schedule began yesterday, with a story of today and readers enough to share."""
    made = Workspace(tmp_path / "courier", capsys, monkeypatch)
    readers = made.folder / "readers.csv"
    readers.write_text("email\n" + "".join(f"reader{n}@example.org\n" for n in range(READERS)), encoding="utf-8")
    made.now = SUNDAY
    assert made.run("tick").code == 0
    assert made.run("subscribers", "import", str(readers), "--list", "morning").code == 0
    made.story("bridge", "Harbour bridge")
    return made


def mails_to(newsroom: Workspace, sink: Sink) -> None:
    """Let the newsroom's mail go to the sink, over three connections."""
    smtp = f'kind = "smtp"\nhost = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"\nconnections = 3'
    newsroom.settings(SETTINGS.replace('kind = "outbox"\npath = "outbox"', smtp))


@contextmanager
def running(newsroom: Workspace, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``digest WORDS`` as a process of its own that ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", *words],
        cwd=newsroom.folder,
        env={**os.environ, "DIGEST_NOW": JUST_DUE, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait until it happened; a test that waits too long fails."""
    give_up = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.05)


def report(newsroom: Workspace) -> dict[str, int]:
    newsroom.now = JUST_DUE
    return newsroom.run("report", "morning", "--json").json


def test_two_servers_at_once_send_the_edition_once(newsroom: Workspace) -> None:
    with Sink() as sink:
        mails_to(newsroom, sink)
        with running(newsroom, "serve", "--port", "0"), running(newsroom, "serve", "--port", "0"):
            wait_for(lambda: len(sink.taken) >= READERS)

    assert sorted(Counter(sink.recipients).values()) == [1] * READERS


def test_a_server_killed_in_the_middle_and_started_again_finishes(newsroom: Workspace) -> None:
    third, go_on = threading.Event(), threading.Event()

    def pausing(step: str, argument: str) -> str | None:
        if step == "END" and len(sink.taken) == READERS // 3:
            third.set()
            go_on.wait(PATIENCE_S)
            return DROP
        return None

    with Sink(pausing) as sink:
        mails_to(newsroom, sink)
        with running(newsroom, "serve", "--port", "0") as doomed:
            wait_for(third.is_set)
            doomed.kill()
            doomed.wait()
        go_on.set()
        told = report(newsroom)
        with running(newsroom, "serve", "--port", "0"):
            wait_for(lambda: report(newsroom)["pending"] == 0)

    counts = report(newsroom)
    assert told["accepted"] >= READERS // 4, "the dead server's journal belongs into the report"
    assert max(Counter(sink.recipients).values()) == 1
    assert counts["accepted"] + counts["ambiguous"] == READERS
    assert counts["ambiguous"] <= 3
    assert counts["accepted"] <= len(sink.taken)


def test_two_senders_started_together_share_one_edition(newsroom: Workspace) -> None:
    send = ("send", "morning", "--day", "2026-01-05", "--yes")
    newsroom.now = "2026-01-05T11:20:00+00:00"
    assert newsroom.run("gather").code == 0

    with Sink() as sink:
        mails_to(newsroom, sink)
        with running(newsroom, *send) as one, running(newsroom, *send) as other:
            codes = [one.wait(PATIENCE_S), other.wait(PATIENCE_S)]
        with running(newsroom, *send) as last:
            assert last.wait(PATIENCE_S) == 0

    assert 0 in codes
    assert sorted(Counter(sink.recipients).values()) == [1] * READERS


def test_a_kill_in_the_middle_stops_the_send_and_the_correction_goes_to_who_has_it(newsroom: Workspace) -> None:
    under_way, go_on = threading.Event(), threading.Event()

    def slowing(step: str, argument: str) -> str | None:
        if step == "MAIL" and len(sink.taken) >= READERS // 6:
            under_way.set()
            go_on.wait(PATIENCE_S)
            # The wrong edition leaves slowly enough for the stop to be looked at, twice a second.
            threading.Event().wait(0.05)
        return None

    newsroom.now = "2026-01-05T11:20:00+00:00"
    newsroom.run("gather")
    story = newsroom.run("stories", "list", "--json").json[0]["id"]
    with Sink(slowing) as sink:
        mails_to(newsroom, sink)
        with running(newsroom, "send", "morning", "--day", "2026-01-05", "--yes") as sender:
            wait_for(under_way.is_set)
            killed = newsroom.run("stories", "kill", story)
            go_on.set()
            sender.wait(PATIENCE_S)
        wrong = set(sink.recipients)
        listed = newsroom.run("report", "morning/2026-01-05", "--who")
        wording = ("correct", "morning/2026-01-05", "--story", story, "--text", "The bridge is open.")
        corrected = newsroom.run(*wording, "--send", "--yes")

    counts = report(newsroom)
    assert (killed.code, corrected.code) == (0, 0), corrected.err
    assert READERS // 6 <= len(wrong) < READERS
    told = [line.split() for line in listed.out.splitlines() if "accepted" in line]
    assert {word for words in told for word in words if "@" in word} == wrong
    assert counts["expected"] == READERS
    assert Counter(sink.recipients) == dict.fromkeys(wrong, 2)
