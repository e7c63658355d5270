"""Keeps Python's collector of reference cycles from walking through the whole program while mail goes out."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

SELDOM = 100
"""Every so many calls the collector also looks at what was there at the call before."""


@contextmanager
def collected_between() -> Iterator[Callable[[], None]]:
    """Let the collector look only when what is yielded is called, and not at what is there already.

    Call it where little is alive: between two batches it looks at the few thousand objects made since the last call.
    Looking whenever so many were made, as Python does, cost a tenth of a send, for almost none of them is in a cycle.
    """
    was_enabled = gc.isenabled()
    gc.freeze()
    gc.disable()
    calls = count(1)
    try:
        yield lambda: _collect(next(calls))
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def _collect(call: int) -> None:
    gc.collect(0 if call % SELDOM else 1)
