"""Readers who leave while an edition goes out: is anybody's mail accepted later than a second after they left?

A send runs in a process of its own; this one plays the mail server, which notes when it took each message, and takes
random readers off the list, which notes when that was committed.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import subscribers
from benchmarks.job import _write_settings
from benchmarks.sends.workspace import prepare
from digest.newsroom import open_newsroom
from digest.settings import load
from tests.smtp_sink import Sink

ALLOWED_S = 1.0


def measure(readers: int, leave_every_s: float, say: Any) -> dict[str, Any]:
    """Return how many left, how many of them got mail after it, and how long after the last one did."""
    taken: dict[str, float] = {}
    chance = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="digest-send-") as name:
        workspace = prepare(Path(name), readers)
        with Sink(record=lambda recipient, content: taken.setdefault(recipient, time.monotonic()) and None) as sink:
            _write_settings(workspace, port=sink.port)
            newsroom = open_newsroom(load(workspace / "digest.toml"), lambda: datetime.now(UTC))
            command = [sys.executable, "-m", "benchmarks.sends.run", str(workspace / "digest.toml")]
            process = subprocess.Popen(command, stdout=subprocess.PIPE)
            left = _leave(newsroom, process, taken, readers, leave_every_s, chance)
            told = process.communicate()[0]
            newsroom.close()
    delays = sorted(taken[who] - at for who, at in left.items() if who in taken and taken[who] > at)
    say(f"{len(left)} left, {len(delays)} were sent to within {delays[-1] if delays else 0:.2f} s")
    return {
        "readers": readers,
        "accepted": json.loads(told)["accepted"],
        "left_during_the_send": len(left),
        "accepted_after_leaving": len(delays),
        "longest_after_s": round(delays[-1], 3) if delays else 0.0,
        "accepted_later_than_a_second": sum(1 for delay in delays if delay > ALLOWED_S),
    }


def _leave(
    newsroom: Any, process: subprocess.Popen[bytes], taken: dict[str, float], readers: int, pause_s: float, chance: Any
) -> dict[str, float]:
    left: dict[str, float] = {}
    while process.poll() is None:
        time.sleep(pause_s)
        if not taken:
            continue
        number = chance.randint(1, readers)
        with newsroom.reading() as conn:
            found = subscribers.get_subscriber(conn, number)
        if str(found.address) in taken or str(found.address) in left:
            continue
        with newsroom.writing() as conn:
            subscribers.unsubscribe(conn, number, "morning", now=datetime.now(UTC), keys=newsroom.keys)
        left[str(found.address)] = time.monotonic()
    return left
