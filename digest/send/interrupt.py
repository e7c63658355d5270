"""Lets the first Ctrl-C or SIGTERM end a send in order; the second one ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` on the first interrupt instead of raising; does nothing outside the main thread.

    The handler only sets a flag: raising KeyboardInterrupt between reading an answer and noting it would make a
    message ambiguous that need not be.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _ENDING}

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        act()

    for ending in _ENDING:
        signal.signal(ending, handle)
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)
