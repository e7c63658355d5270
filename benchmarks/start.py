"""How long a command takes to begin: ``digest try blurb`` of one story beside an interpreter that does nothing.

A process each, in turns; the medians' difference is what the program adds, the blurb itself included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

from benchmarks.data import median

PASSES = 21
STORY = {
    "id": 1,
    "headline": "Harbour bridge closed",
    "text": "Engineers closed the harbour bridge on Sunday after rust was found in two of its cables. Drivers must go "
    "round by Mill Creek until spring. The port will pay for a second ferry in the mornings.",
}


def run(argv: list[str]) -> int:
    """Print the medians in milliseconds and their difference."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks start")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    ways = {
        "nothing": [sys.executable, "-c", "pass"],
        "blurb": [sys.executable, "-m", "digest", "try", "blurb"],
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(PASSES + 1):
        for name, command in ways.items():
            began = time.perf_counter()
            subprocess.run(command, input=json.dumps(STORY).encode(), capture_output=True, check=True)
            if turn:
                spent[name].append(1000 * (time.perf_counter() - began))
    found = {f"{name}_ms": median(times) for name, times in spent.items()}
    found["added_ms"] = found["blurb_ms"] - found["nothing_ms"]
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        told = f"{found['blurb_ms']:.0f} ms, an interpreter alone {found['nothing_ms']:.0f} ms"
        print(f"digest try blurb: {told}: {found['added_ms']:.0f} ms more (median of {PASSES})")
    return 0
