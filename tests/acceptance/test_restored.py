"""A database that was brought back from a backup: nothing goes out from it until somebody says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.workspace import SETTINGS, Workspace
from tests.smtp_sink import DROP, Sink

FRIDAY, MONDAY = "2026-01-02T11:30:05+00:00", "2026-01-05T11:30:05+00:00"
ALERTS = '\n[alerts]\nto = ["desk@example.org"]\nfolder = "alarms"\n'


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Return a mail server that keeps what it takes."""
    with Sink() as made:
        yield made


@pytest.fixture
def begun(staffed: Workspace, sink: Sink) -> Workspace:
    """Return a workspace that mails to the sink and whose schedule began on Thursday, with a backup of then."""
    smtp = f'kind = "smtp"\nhost = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"'
    staffed.settings(SETTINGS.replace('kind = "outbox"\npath = "outbox"', smtp) + ALERTS)
    staffed.now = "2026-01-01T20:00:00+00:00"
    assert staffed.run("tick").code == 0
    copy(staffed.folder / "digest.db", staffed.folder / "backup.db")
    return staffed


def copy(database: Path, target: Path) -> None:
    for journal in ("-wal", "-shm"):
        assert not database.with_name(database.name + journal).exists(), "no command runs, so it is whole"
        target.with_name(target.name + journal).unlink(missing_ok=True)
    shutil.copy(database, target)


def restore(courier: Workspace) -> None:
    copy(courier.folder / "backup.db", courier.folder / "digest.db")


def at(courier: Workspace, now: str) -> Workspace:
    courier.now = now
    return courier


def test_an_edition_that_left_does_not_leave_again_and_the_desk_is_told(begun: Workspace, sink: Sink) -> None:
    at(begun, FRIDAY).run("tick")
    restore(begun)

    ran = begun.run("tick")

    assert (ran.code, sorted(sink.recipients)) == (3, ["ada@example.org", "ben@example.org"])
    assert list((begun.folder / "alarms" / "new").iterdir())
    assert "brought back from a backup" in begun.run("log", "morning").out


def test_no_later_edition_goes_to_who_left_since_the_backup(begun: Workspace, sink: Sink) -> None:
    at(begun, FRIDAY).run("tick")
    begun.run("subscribers", "remove", "ada@example.org", "--list", "morning")
    restore(begun)
    begun.story("merger", "Merger of two banks")

    ran = at(begun, MONDAY).run("tick")

    assert (ran.code, len(sink.recipients)) == (3, 2)
    assert "NOT  backup" in begun.run("doctor").out


def test_once_accepted_new_editions_go_and_old_ones_stay_sent(begun: Workspace, sink: Sink) -> None:
    at(begun, FRIDAY).run("tick")
    restore(begun)
    accepted = begun.run("doctor", "--accept-restored")

    again = begun.run("run", "morning")
    begun.story("merger", "Merger of two banks")
    later = at(begun, MONDAY).run("run", "morning")

    assert "morning/2026-01-02 left" in accepted.out
    assert (again.code, "before the database was brought back" in again.err) == (3, True)
    assert (later.code, len(sink.recipients)) == (0, 4)


def test_a_database_that_is_empty_again_sends_nothing_by_itself(begun: Workspace, sink: Sink) -> None:
    at(begun, FRIDAY).run("tick")
    (begun.folder / "digest.db").write_bytes(b"")
    begun.run("subscribers", "add", "new@example.org", "--list", "morning")

    ran = at(begun, MONDAY).run("run", "morning")

    assert (ran.code, "does not know" in ran.err, len(sink.recipients)) == (3, True, 2)


def test_a_line_that_a_crash_cut_off_is_passed_over(begun: Workspace, sink: Sink) -> None:
    at(begun, FRIDAY).run("tick")
    with (begun.folder / ".editions").open("a", encoding="utf-8") as marks:
        marks.write("2026-01-0")
    begun.story("merger", "Merger of two banks")

    ran = at(begun, MONDAY).run("tick")

    assert (ran.code, len(sink.recipients)) == (0, 4)


def test_an_outbox_needs_no_marks(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    assert not (staffed.folder / ".editions").exists()


def test_ambiguous_mail_may_go_again_without_looking_like_a_backup(begun: Workspace, sink: Sink) -> None:
    def dropping(step: str, argument: str) -> str | None:
        return DROP if step == "END" and len(sink.taken) == 1 else None

    sink.answer = dropping
    at(begun, FRIDAY).run("tick")
    listed = begun.run("ambiguous", "morning/2026-01-02", "--json").json
    begun.run("ambiguous", "morning/2026-01-02", "--resend")
    sink.answer = lambda step, argument: None

    ran = begun.run("send", "morning", "--day", "2026-01-02", "--yes")

    assert (len(listed), ran.code) == (1, 0)
    assert sorted(set(sink.recipients)) == ["ada@example.org", "ben@example.org"]
