"""Rate and CPU of a whole send beside Postfix's smtp-source: same sinks, same message, interleaved runs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data import median
from benchmarks.job import CONNECTIONS, _spend
from benchmarks.sends.workspace import one_message, prepare, send
from benchmarks.sink import discarding

PLACES = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


@dataclass
class _Postfix:
    port: int
    cpu_s: float = 0.0


def measure(readers: int, runs: int, say: Any) -> dict[str, Any]:
    """Return the medians of each side and of their ratios, against both sinks."""
    source = shutil.which("smtp-source", path=PLACES)
    report: dict[str, Any] = {"readers": readers, "runs": runs, "connections": CONNECTIONS}
    with tempfile.TemporaryDirectory(prefix="digest-send-") as name:
        folder = Path(name)
        prepared = prepare(folder, readers)
        for kind, sink in (("fast sink", discarding), ("smtp-sink", _smtp_sink)):
            if kind == "smtp-sink" and shutil.which("smtp-sink", path=PLACES) is None:
                report[kind] = "smtp-sink is not installed"
                continue
            rounds = []
            for number in range(runs):
                rounds.append(_round(folder, prepared, readers, sink, source))
                say(f"{kind}, run {number + 1} of {runs}: {_short(rounds[-1])}")
            report["message_bytes"] = len(one_message(folder))
            report[kind] = {key: _spread([r[key] for r in rounds if key in r]) for key in rounds[0]}
    return report


def _round(folder: Path, prepared: Path, readers: int, sink: Any, source: str | None) -> dict[str, float]:
    with sink() as server:
        ours, spent = send(prepared, folder, server.port)
    if ours["accepted"] != readers:
        raise SystemExit(f"{ours['accepted']} of {readers} were accepted")
    found = {
        "our_per_s": ours["steady_per_s"],
        "our_cpu_us": ours["steady_cpu_us"],
        "our_whole_cpu_us": 1e6 * spent.cpu_s / readers,
        "our_start_cpu_s": ours["start_cpu_s"],
        "our_peak_mb": ours["peak_mb"],
        "sink_cpu_us": 1e6 * server.cpu_s / readers,
    }
    if source is None:
        return found
    file = folder / "message"
    file.write_bytes(one_message(folder).replace(b"\r\n", b"\n"))
    with sink() as server:
        peer = _spend(
            [
                *(source, "-4", "-d", "-s", str(CONNECTIONS), "-m", str(readers), "-F", str(file)),
                *("-f", "morning@courier.example", "-t", "reader@example.org", f"127.0.0.1:{server.port}"),
            ]
        )
    per_s, cpu_us = readers / peer.seconds, 1e6 * peer.cpu_s / readers
    return found | {
        "source_per_s": per_s,
        "source_cpu_us": cpu_us,
        "rate_ratio": found["our_per_s"] / per_s,
        "cpu_ratio": found["our_cpu_us"] / cpu_us,
        "whole_cpu_ratio": found["our_whole_cpu_us"] / cpu_us,
    }


@contextmanager
def _smtp_sink() -> Iterator[_Postfix]:
    program = shutil.which("smtp-sink", path=PLACES)
    assert program is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, *(("-u", "nobody") if os.geteuid() == 0 else ()), "-c", f"127.0.0.1:{port}", "128"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = _Postfix(port)
    try:
        _wait_for(port)
        yield server
    finally:
        process.terminate()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
        server.cpu_s = used.ru_utime + used.ru_stime


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit("smtp-sink did not start")


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": round(median(values), 3), "lowest": round(min(values), 3), "highest": round(max(values), 3)}


def _short(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in found.items() if "ratio" in name or "per_s" in name)
