"""Notices a clock that was set, or a machine that slept: wall time and steady time part between two looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from digest.protocols import Clock

JUMP = timedelta(minutes=5)
"""A smaller step is a time server's daily work."""

GRACE_S = 300.0
"""Seconds after a jump in which nothing goes by itself: time for a time server, or a person, to set the clock right."""


class JumpWatch:
    """Remembers when it looked last; ``monotonic`` counts seconds and is never set."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._seen: tuple[datetime, float] | None = None
        self._jumped_at = float("-inf")

    def look(self) -> timedelta:
        """Return by how much the clock jumped since the last look, forward or back; zero when it did not."""
        now, steady = self._clock(), self._monotonic()
        before, self._seen = self._seen, (now, steady)
        if before is None:
            return timedelta(0)
        jump = (now - before[0]) - timedelta(seconds=steady - before[1])
        if abs(jump) < JUMP:
            return timedelta(0)
        self._jumped_at = steady
        return jump

    @property
    def is_settled(self) -> bool:
        """Tell whether the last jump is long enough ago for the schedule to go on."""
        return self._monotonic() - self._jumped_at >= GRACE_S
