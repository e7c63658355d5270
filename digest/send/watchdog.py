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
    *,
    limit_s: float = LIMIT_S,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Callable[[], None]]:
    """Yield what to call whenever something happened; ``tell`` gets the seconds of a silence, once for each.

    ``tell`` runs in another thread. Without it nothing is watched.
    """
    if tell is None:
        yield _nothing
        return
    state = {"at": monotonic(), "told": float("-inf")}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(limit_s / 4):
            silent_s = monotonic() - state["at"]
            if silent_s >= limit_s and state["told"] != state["at"]:
                state["told"] = state["at"]
                tell(silent_s)

    def seen() -> None:
        state["at"] = monotonic()

    thread = threading.Thread(target=watch, name="watchdog", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _nothing() -> None:
    """Take note of nothing."""
