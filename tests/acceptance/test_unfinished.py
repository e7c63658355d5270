"""Sends that do not reach everybody: what the command says of those left, and with which exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

import subscribers
from digest import store
from digest.model import EditionKey
from tests.acceptance.workspace import MONDAY, SETTINGS, Workspace
from tests.smtp_sink import Sink

OUTBOX = 'kind = "outbox"\npath = "outbox"\n'
SMTP = 'kind = "smtp"\nhost = "127.0.0.1"\nport = {}\nsecurity = "none"\nconnections = 1\n'
NAME = "morning/2026-01-05"


@pytest.fixture
def frozen(staffed: Workspace) -> Workspace:
    """Return a workspace whose edition was frozen before its server could be reached."""
    staffed.settings(SETTINGS.replace(OUTBOX, SMTP.format(9)))
    assert staffed.run("run", "morning").code == 1
    staffed.settings(SETTINGS)
    return staffed


@contextmanager
def another_sender(courier: Workspace, holds: int) -> Iterator[None]:
    engine = subscribers.open_engine(f"sqlite:///{courier.folder / 'digest.db'}")
    with subscribers.reading(engine) as conn:
        number = store.get_edition(conn, EditionKey.parse(NAME)).id
    with store.open_ledger(engine, lambda: datetime.fromisoformat(MONDAY), folder=courier.folder) as ledger:
        assert len(ledger.claim(number, holds)) == holds
        yield
    engine.dispose()


def test_readers_whom_another_living_sender_holds_are_not_unfinished(frozen: Workspace) -> None:
    with another_sender(frozen, holds=1):
        ran = frozen.run("send", "morning", "--yes")

    assert (ran.code, len(frozen.mails())) == (0, 1)
    assert "Another process is sending 1 of them." in ran.out
    assert "Unfinished" not in ran.out


def test_a_tick_beside_another_sender_rings_no_alarm(frozen: Workspace) -> None:
    with another_sender(frozen, holds=1):
        ticked = frozen.run("tick", "--json")

    assert (ticked.code, [each["result"] for each in ticked.json]) == (0, ["sending"])


def test_what_a_sender_held_that_ended_is_sent(frozen: Workspace) -> None:
    with another_sender(frozen, holds=1):
        pass

    ran = frozen.run("send", "morning", "--yes")

    assert (ran.code, len(frozen.mails())) == (0, 2)


def test_a_stopped_send_says_that_it_was_stopped_and_does_not_ask_to_be_run_again(frozen: Workspace) -> None:
    frozen.run("stop", NAME)

    stopped = frozen.run("send", "morning", "--yes")
    again = frozen.run("send", "morning", "--yes")

    assert stopped.code == 1 and "stopped by an editor: 2 readers did not get it" in stopped.out
    assert "Unfinished" not in stopped.out
    assert again.code == 3 and "stopped by an editor, which is for good" in again.err
    assert frozen.mails() == []


def test_a_stop_is_not_taken_back_by_resuming(frozen: Workspace) -> None:
    frozen.run("stop", NAME)

    ran = frozen.run("resume", NAME)

    assert ran.code == 2 and "that is for good" in ran.err


def test_ctrl_c_says_how_far_it_came_and_how_to_go_on(frozen: Workspace) -> None:
    with Sink(record=lambda recipient, content: os.kill(os.getpid(), signal.SIGINT)) as sink:
        frozen.settings(SETTINGS.replace(OUTBOX, SMTP.format(sink.port)))
        ran = frozen.run("send", "morning", "--yes")

    assert ran.code == 130
    assert f"{NAME} was interrupted: 2 readers: 1 accepted, 1 pending." in ran.err
    assert "`digest send morning --day 2026-01-05 --yes`" in ran.err
