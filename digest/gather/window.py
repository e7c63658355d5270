"""Says which span of time an edition draws from, by the moment a story became known to us."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.model import Window

FIRST_SPAN = timedelta(hours=24)
"""How far back the first edition of a newsletter looks."""


def first_window(now: datetime, max_age: timedelta) -> Window:
    """Return the window of a newsletter's first edition: the last 24 hours, or less if ``max_age`` is less."""
    return Window(now - min(FIRST_SPAN, max_age), now)


def next_window(last_cutoff: datetime | None, now: datetime, max_age: timedelta) -> Window:
    """Return the window since the cut-off of the last sent edition of the newsletter and slot.

    So Monday covers the weekend, and a late arrival falls between no two windows. Nothing older than ``max_age``
    is offered. A cut-off in the future (a clock was set back) gives an empty window, never a reversed one.
    """
    if last_cutoff is None:
        return first_window(now, max_age)
    return Window(min(now, max(last_cutoff, now - max_age)), now)
