"""What a million readers cost beside fifty thousand: CPU a reader, memory, and the ledger's share of the CPU."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.sends.workspace import prepare, send
from benchmarks.sink import discarding

FEW = 50_000


def measure(readers: int, say: Any) -> dict[str, Any]:
    """Return both sizes and their ratio; every message is counted by the sink."""
    sizes = []
    with tempfile.TemporaryDirectory(prefix="digest-send-") as name:
        for count in (FEW, readers):
            say(f"preparing {count} readers")
            prepared = prepare(Path(name), count)
            with discarding() as sink:
                ours, spent = send(prepared, Path(name), sink.port)
            sizes.append(
                {
                    "readers": count,
                    "taken_by_the_sink": sink.messages,
                    "accepted": ours["accepted"],
                    "whole_cpu_us": round(1e6 * spent.cpu_s / count, 2),
                    "steady_cpu_us": round(ours["steady_cpu_us"], 2),
                    "steady_per_s": round(ours["steady_per_s"]),
                    "peak_mb": round(ours["peak_mb"], 1),
                    "seconds": round(spent.seconds, 1),
                }
            )
            say(str(sizes[-1]))
    return {
        "sizes": sizes,
        "cpu_ratio": round(sizes[1]["steady_cpu_us"] / sizes[0]["steady_cpu_us"], 3),
        "whole_cpu_ratio": round(sizes[1]["whole_cpu_us"] / sizes[0]["whole_cpu_us"], 3),
        "all_accepted": all(s["taken_by_the_sink"] == s["accepted"] == s["readers"] for s in sizes),
    }


def ledger_share(readers: int, runs: int, say: Any) -> dict[str, Any]:
    """Return the share of a send's steady CPU that passes inside the ledger's calls."""
    shares = []
    with tempfile.TemporaryDirectory(prefix="digest-send-") as name:
        prepared = prepare(Path(name), readers)
        for _ in range(runs):
            with discarding() as sink:
                ours, _ = send(prepared, Path(name), sink.port, "--ledger-share")
            shares.append(round(ours["ledger_share"], 3))
            say(f"share {shares[-1]}")
    return {"readers": readers, "runs": shares, "median": sorted(shares)[len(shares) // 2]}
