"""Keeps Python's collector of reference cycles from walking through the whole program while mail goes out."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 50_000
"""So many new objects before the collector looks: a few dozen batches of claims, messages and outcomes.
Almost none of them is in a cycle, and at Python's 700 looking for those cost a twentieth of a send."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector look seldom and not at what is there already; as before when the block ends."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG, before[1], before[2])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
