"""A clock that is set, and a machine that sleeps, seen by a server that runs on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.cli.opening import workspace
from digest.engine import is_to_be_trusted
from digest.engine.jumps import GRACE_S, JumpWatch
from tests.acceptance.workspace import SETTINGS, Workspace

ALERTS = '\n[alerts]\nto = ["desk@example.org"]\nfolder = "alarms"\n'


class Times:
    """A wall clock that can be set and a steady one that cannot."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
        self.steady = 0.0

    def clock(self) -> datetime:
        return self.wall

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds


def test_time_that_passes_is_no_jump() -> None:
    times = Times()
    watch = JumpWatch(times.clock, lambda: times.steady)
    watch.look()
    times.pass_by(20)
    times.wall += timedelta(seconds=90)

    assert (watch.look(), watch.is_settled) == (timedelta(0), True)


@pytest.mark.parametrize("hours", [1, -1, 72])
def test_a_jump_is_seen_once_and_settles_after_some_minutes(hours: int) -> None:
    times = Times()
    watch = JumpWatch(times.clock, lambda: times.steady)
    watch.look()
    times.wall += timedelta(hours=hours)

    seen, settled = watch.look(), watch.is_settled
    times.pass_by(GRACE_S)

    assert (seen, settled) == (timedelta(hours=hours), False)
    assert (watch.look(), watch.is_settled) == (timedelta(0), True)


def test_a_jump_is_told_and_keeps_the_schedule_waiting(
    tmp_path: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    courier = Workspace(tmp_path / "courier", capsys, monkeypatch)  # type: ignore[operator]
    courier.settings(SETTINGS + ALERTS)
    times = Times()
    with workspace(times.clock, courier.folder / "digest.toml") as newsroom:
        watch = JumpWatch(times.clock, lambda: times.steady)
        before = is_to_be_trusted(newsroom, watch)
        times.wall += timedelta(hours=1)
        after = is_to_be_trusted(newsroom, watch)
        times.pass_by(GRACE_S)
        settled = is_to_be_trusted(newsroom, watch)

    told = [path.read_text("ascii") for path in (courier.folder / "alarms" / "new").iterdir()]
    assert (before, after, settled) == (True, False, True)
    assert len(told) == 1
    assert "forward by 60 minutes" in " ".join(told[0].replace("=\n", "").split())
