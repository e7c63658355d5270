"""The calendar on the command line: what a tick does, when, and once."""

from __future__ import annotations

import pytest

from digest.errors import DigestError
from tests.acceptance.workspace import SETTINGS, Workspace

BEFORE = "2026-01-05T11:29:00+00:00"
DUE = "2026-01-05T11:30:10+00:00"
TOO_LATE = "2026-01-05T16:00:00+00:00"
SUNDAY = "2026-01-04T11:30:10+00:00"


def begun(staffed: Workspace) -> Workspace:
    """The schedule has been running since the day before."""
    staffed.now = SUNDAY
    assert "Nothing is due" in staffed.run("tick").out
    return staffed


def test_a_tick_before_the_time_does_nothing(staffed: Workspace) -> None:
    begun(staffed).now = BEFORE

    ran = staffed.run("tick")

    assert (ran.code, staffed.mails()) == (0, [])


def test_a_tick_at_the_time_sends_the_edition_once(staffed: Workspace) -> None:
    begun(staffed).now = DUE

    first, second = staffed.run("tick", "--json"), staffed.run("tick", "--json")

    assert [t["result"] for t in first.json] == ["sent"]
    assert second.json == []
    assert len(staffed.mails()) == 2


def test_what_a_tick_tells_of_a_failed_edition_names_nobody(
    staffed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_words: object, **_options: object) -> None:
        raise DigestError("'ann@example.org' has letters outside ASCII.")

    begun(staffed).now = DUE
    monkeypatch.setattr("digest.job.run", fails)

    ran = staffed.run("tick")

    assert "failed: '(address)' has letters outside ASCII." in ran.out
    assert "ann@example.org" not in ran.out + ran.err


def test_an_edition_later_than_allowed_is_not_sent(staffed: Workspace) -> None:
    begun(staffed).now = TOO_LATE

    ran = staffed.run("tick", "--json")

    assert ran.code == 3
    assert [t["result"] for t in ran.json] == ["expired"]
    assert staffed.mails() == []


def test_a_new_workspace_sends_nothing_that_was_due_before_it_began(staffed: Workspace) -> None:
    staffed.now = "2026-01-05T23:00:00+00:00"

    ran = staffed.run("tick", "--json")

    assert staffed.mails() == []
    assert "sent" not in [t["result"] for t in ran.json]


def test_a_skipped_date_is_told_and_nothing_sent(staffed: Workspace) -> None:
    staffed.settings(SETTINGS + "skip_dates = [2026-01-05]\n")
    begun(staffed).now = DUE

    ran = staffed.run("tick")

    assert (ran.code, staffed.mails()) == (0, [])
    assert "skip" in staffed.run("log", "morning").out


def test_a_held_edition_waits_for_approval(staffed: Workspace) -> None:
    begun(staffed).now = BEFORE
    staffed.run("gather")
    staffed.run("build", "morning")
    staffed.run("hold", "morning/2026-01-05")

    staffed.now = DUE
    held = staffed.run("tick")
    staffed.run("approve", "morning/2026-01-05")
    approved = staffed.run("tick")

    assert (held.code, approved.code) == (3, 0)
    assert len(staffed.mails()) == 2


def test_the_schedule_prints_the_next_weekdays_in_the_newsletters_zone(staffed: Workspace) -> None:
    staffed.now = "2026-01-02T12:00:00+00:00"

    decisions = staffed.run("schedule", "--count", "3", "--json").json["next"]

    assert [d["edition"] for d in decisions] == ["morning/2026-01-05", "morning/2026-01-06", "morning/2026-01-07"]
    assert decisions[0]["due"].startswith("2026-01-05 11:30")
