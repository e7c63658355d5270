"""Who is told when a send makes no progress."""

from __future__ import annotations

import threading

from digest.send.watchdog import watching


def test_a_silence_is_told_once_and_the_next_one_again() -> None:
    told: list[float] = []
    heard = threading.Semaphore(0)
    done = [0]

    def tell(seconds: float) -> None:
        told.append(seconds)
        heard.release()

    with watching(tell, lambda: done[0], limit_s=0.02):
        assert heard.acquire(timeout=10)
        done[0] += 1
        assert heard.acquire(timeout=10)

    assert len(told) == 2 and min(told) >= 0.02


def test_nobody_watches_without_somebody_to_tell() -> None:
    before = threading.active_count()

    with watching(None, lambda: 0):
        assert threading.active_count() == before
