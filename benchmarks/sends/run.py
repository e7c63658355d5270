"""Sends the draft of a workspace, once, in this process, and prints what it cost as one JSON document.

Run as ``python -m benchmarks.sends.run DIGEST_TOML [--ledger-share]``. *Steady* is from a tenth of the readers to the
last of them, so that starting, reading, rendering and freezing are outside of it. ``--ledger-share`` also times every
call of the ledger in CPU seconds.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest import job
from digest.model import EditionKey
from digest.newsroom import open_newsroom
from digest.settings import load
from digest.store.ledger import SqlLedger

WARM = 0.1
"""The share of the readers after which a send counts as steady."""


def main(config: Path, *, share: bool) -> None:
    """Send and print."""
    marks: list[tuple[int, float, float, float]] = []
    ledger_s = [0.0]
    if share:
        for name in ("claim", "record", "release", "heartbeat"):
            setattr(SqlLedger, name, _timed(getattr(SqlLedger, name), ledger_s))
    newsroom = open_newsroom(load(config), lambda: datetime.now(UTC))
    key = EditionKey("morning", newsroom.clock().date())
    started = time.process_time()
    delivered = job.deliver(
        newsroom,
        key,
        on_progress=lambda p: marks.append((p.done, time.process_time(), time.monotonic(), ledger_s[0])),
    )
    ended = time.process_time()
    newsroom.close()
    expected = delivered.counts.expected
    warm = next(mark for mark in marks if mark[0] >= WARM * expected)
    last = marks[-1]
    count = last[0] - warm[0]
    print(
        json.dumps(
            {
                "accepted": delivered.counts.accepted,
                "expected": expected,
                "start_cpu_s": started,
                "whole_cpu_us": 1e6 * ended / expected,
                "steady_cpu_us": 1e6 * (last[1] - warm[1]) / count,
                "steady_per_s": count / (last[2] - warm[2]),
                "ledger_share": (last[3] - warm[3]) / (last[1] - warm[1]) if share else None,
                "peak_mb": _peak_mb(),
            }
        )
    )


def _peak_mb() -> float:
    """Return the most memory this program held; ``getrusage`` also counts what stood here before it was loaded."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


def _timed(call: Callable[..., Any], total: list[float]) -> Callable[..., Any]:
    def timed(*given: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return call(*given, **named)
        finally:
            total[0] += time.process_time() - began

    return timed


if __name__ == "__main__":
    main(Path(sys.argv[1]), share="--ledger-share" in sys.argv)
