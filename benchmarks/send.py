"""Sending: rate and CPU beside smtp-source, a far server's rate, DKIM, the ledger's share, a million readers.

``send speed | pace | dkim | ledger | leaving | peers | million``; without a word all but the last. All goes to
loopback, which says nothing about what a provider lets through. *CPU* is user + system of the client; *steady* leaves
out starting, reading, rendering and freezing, which is told as *whole* and *start*.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.sends import growth, leaving, pace, peers, signing, speed

PARTS = ("speed", "pace", "dkim", "ledger", "leaving", "peers", "million")


def run(argv: Sequence[str]) -> int:
    """Measure and print; 1 when a message was lost or refused."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks send", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", help="not used: the stories are invented")
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the far server is sent to")
    options = parser.parse_args(argv)
    say: Callable[[str], None] = lambda words: print(words, file=sys.stderr, flush=True)  # noqa: E731
    report: dict[str, Any] = {"benchmark": "send", "conditions": _conditions()}
    for part in options.parts or PARTS[:-1]:
        report[part] = _measure(part, options, say)
    print(json.dumps(report, indent=2))
    return 0


def _measure(part: str, options: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    if part == "speed":
        return speed.measure(options.readers, options.runs, say)
    if part == "pace":
        return pace.measure(100.0, 8, 80.0, options.seconds, say)
    if part == "dkim":
        return signing.measure(options.runs, say)
    if part == "ledger":
        return growth.ledger_share(options.readers, min(options.runs, 3), say)
    if part == "leaving":
        return leaving.measure(6_000, 0.02, say)
    if part == "peers":
        return peers.measure(20_000, min(options.runs, 3), say)
    return growth.measure(1_000_000, say)


def _conditions() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "load": [round(value, 2) for value in os.getloadavg()],
    }
