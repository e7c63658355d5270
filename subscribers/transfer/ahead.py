"""Read a stream one item ahead, in a thread: while a database works, Python is free to prepare what comes next."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import Full, Queue
from typing import TypeVar

Item = TypeVar("Item")

_WAIT_S = 0.1
"""How often a thread that waits for room looks whether anybody still reads."""


class _Failed:
    """What ended the stream: an error, or nothing at its end."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def read_ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """Yield the items; while one is worked on the next is made, never more than that, so that memory stays flat.

    An error of the stream is raised where its item would have come. A reader that stops early stops the thread.
    """
    ready: Queue[Item | _Failed] = Queue(maxsize=1)
    stopped = threading.Event()
    thread = threading.Thread(target=_fill, args=(items, ready, stopped), name="read-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := ready.get(), _Failed):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


def _fill(items: Iterator[Item], ready: Queue[Item | _Failed], stopped: threading.Event) -> None:
    error: BaseException | None = None
    try:
        for item in items:
            if not _put(ready, item, stopped):
                return
    except BaseException as raised:  # noqa: BLE001 - raised again where the items are read
        error = raised
    _put(ready, _Failed(error), stopped)


def _put(ready: Queue[Item | _Failed], item: Item | _Failed, stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            ready.put(item, timeout=_WAIT_S)
        except Full:
            continue
        return True
    return False
