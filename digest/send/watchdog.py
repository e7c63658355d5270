"""Tells when a send makes no progress: nothing may hang unseen, whatever it hangs on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LIMIT_S = 120.0
"""How long nothing may happen before somebody is told: twice the patience with most steps of a mail server."""


@contextmanager
def watching(
    tell: Callable[[float], None] | None,
    progress: Callable[[], object],
    *,
    limit_s: float = LIMIT_S,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[None]:
    """Watch ``progress`` while the block runs; ``tell`` gets the seconds it has not changed, once for each silence.

    Both are called in another thread. Without ``tell`` nothing is watched.
    """
    if tell is None:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(tell, progress, limit_s, monotonic, ended), name="watchdog", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _watch(
    tell: Callable[[float], None],
    progress: Callable[[], object],
    limit_s: float,
    monotonic: Callable[[], float],
    ended: threading.Event,
) -> None:
    seen, since, is_told = progress(), monotonic(), False
    while not ended.wait(limit_s / 4):
        now, found = monotonic(), progress()
        if found != seen:
            seen, since, is_told = found, now, False
        elif now - since >= limit_s and not is_told:
            is_told = True
            tell(now - since)
