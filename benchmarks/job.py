"""The whole job at newspaper size: a day of 200 stories to 10,000 and to 50,000 readers, beside Postfix's smtp-source.

Each run is a process of its own that gathers, drafts and sends through SMTP to a sink on loopback; smtp-source sends a
mail of that edition as often to the same kind of sink over as many connections, right after it. CPU is user + system.
*Whole* counts the process from its first instruction, interpreter, imports, reading and rendering included; *steady* is
from 20 % of the readers on. Loopback says nothing about what a provider lets through.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import subscribers
from benchmarks.data import median
from benchmarks.day import SECTIONS, write_day, write_readers
from benchmarks.sink import discarding
from digest.model import EditionKey
from digest.newsroom import open_newsroom
from digest.settings import load

STORIES = 200
CONNECTIONS = 8
SMALL, LARGE = 10_000, 50_000
NEVER_PER_READER = ("template", "premailer", "encode", "stdlib_mime")

SETTINGS = """
[site]
name = "The Harbor Courier"
url = "https://courier.example"
address = "1 Quay Street, Harbor"
[transport]
kind = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = {connections}
max_messages = 1000000
[[sources]]
name = "newsroom"
kind = "folder"
path = "stories"
[[newsletters]]
id = "morning"
name = "Morning Watch"
from = "Morning Watch <morning@courier.example>"
list = "morning"
"""
SECTION = '[[newsletters.sections]]\nid = "{id}"\ntitle = "{title}"\n'


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took: CPU seconds, seconds on the clock, peak memory in MB."""

    cpu_s: float
    seconds: float
    peak_mb: float
    output: str = ""


def run(argv: Sequence[str]) -> int:
    """Measure and print; 1 when a message was lost or work grew with the readers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks job", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", help="not used: the stories are invented")
    parser.add_argument("--runs", type=int, default=5, help=f"interleaved runs at {SMALL} readers")
    parser.add_argument("--runs-large", type=int, default=1, help=f"runs at {LARGE} readers")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="digest-job-") as folder:
        sizes = [
            _measure(Path(folder), readers, runs, quiet=options.json)
            for readers, runs in ((SMALL, options.runs), (LARGE, options.runs_large))
            if runs
        ]
    independent = len({json.dumps(size["calls_not_per_reader"], sort_keys=True) for size in sizes}) == 1
    lost = [size["readers"] for size in sizes if not size["all_accepted"]]
    report = {"benchmark": "job", "conditions": _conditions(), "independent_of_readers": independent, "sizes": sizes}
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _tell(report)
    return 0 if independent and not lost else 1


def _measure(folder: Path, readers: int, runs: int, *, quiet: bool) -> dict[str, Any]:
    prepared = folder / f"prepared-{readers}"
    _prepare(prepared, readers)
    rounds = []
    for number in range(runs):
        rounds.append(_round(folder, prepared, readers))
        if not quiet:
            print(f"{readers} readers, run {number + 1} of {runs} done", file=sys.stderr)
    shutil.rmtree(prepared)
    first = rounds[0]
    same = all(r["ours"]["calls"] == first["ours"]["calls"] for r in rounds)
    return {
        "readers": readers,
        "runs": runs,
        "stories": first["ours"]["offered"],
        "printed": first["ours"]["printed"],
        "message_bytes": first["message_bytes"],
        "all_accepted": all(r["ours"]["accepted"] == r["taken"] == readers for r in rounds),
        "same_calls_in_every_run": same,
        "calls_not_per_reader": {name: first["ours"]["calls"][name] for name in NEVER_PER_READER},
        "joins": first["ours"]["calls"]["join"],
        "digest": _medians([r["digest"] for r in rounds]),
        "smtp_source": _medians([r["smtp_source"] for r in rounds if r["smtp_source"]]),
        "ratios": _medians([r["ratios"] for r in rounds if r["ratios"]]),
    }


def _prepare(workspace: Path, readers: int) -> None:
    """Make a workspace with its readers and stories; none of this is measured."""
    workspace.mkdir(parents=True)
    now = datetime.now(UTC)
    write_day(workspace / "stories", STORIES, now)
    write_readers(workspace / "readers.csv", readers)
    _write_settings(workspace, port=25)
    newsroom = open_newsroom(load(workspace / "digest.toml"), lambda: now)
    subscribers.import_file(newsroom.engine, workspace / "readers.csv", "morning", keys=newsroom.keys, now=now)
    newsroom.close()


def _write_settings(workspace: Path, port: int) -> None:
    sections = "".join(SECTION.format(id=name, title=name.capitalize()) for name in SECTIONS)
    text = SETTINGS.format(port=port, connections=CONNECTIONS) + sections
    (workspace / "digest.toml").write_text(text, encoding="utf-8")


def _round(folder: Path, prepared: Path, readers: int) -> dict[str, Any]:
    """Send once with digest and once with smtp-source, to a fresh sink each."""
    workspace = folder / "run"
    shutil.copytree(prepared, workspace)
    with discarding() as sink:
        _write_settings(workspace, port=sink.port)
        spent = _spend([sys.executable, "-m", "benchmarks.job_run", str(workspace / "digest.toml")])
    ours = json.loads(spent.output)
    message = _one_message(workspace)
    source, source_sink = _smtp_source(folder, message, readers)
    shutil.rmtree(workspace)
    digest = {
        "cpu_s_per_1000_whole": 1000 * spent.cpu_s / readers,
        "cpu_s_per_1000_steady": 1000 * ours["steady"]["cpu_s"] / ours["steady"]["messages"],
        "messages_per_s_steady": ours["steady"]["messages"] / ours["steady"]["seconds"],
        "peak_mb": spent.peak_mb,
        "cpu_s_before_the_send": ours["cpu_s"]["start"] + ours["cpu_s"]["gather"] + ours["cpu_s"]["draft"],
        "sink_cpu_s_per_1000": 1000 * sink.cpu_s / readers,
        "seconds": spent.seconds,
    }
    peer = {}
    if source is not None:
        peer = {
            "cpu_s_per_1000": 1000 * source.cpu_s / readers,
            "messages_per_s": readers / source.seconds,
            "peak_mb": source.peak_mb,
            "sink_cpu_s_per_1000": 1000 * source_sink / readers,
        }
    return {
        "ours": ours,
        "taken": sink.messages,
        "message_bytes": len(message),
        "digest": digest,
        "smtp_source": peer,
        "ratios": _ratios(digest, peer),
    }


def _ratios(digest: dict[str, float], peer: dict[str, float]) -> dict[str, float]:
    if not peer:
        return {}
    return {
        "cpu_whole": digest["cpu_s_per_1000_whole"] / peer["cpu_s_per_1000"],
        "cpu_steady": digest["cpu_s_per_1000_steady"] / peer["cpu_s_per_1000"],
        "rate_steady": digest["messages_per_s_steady"] / peer["messages_per_s"],
    }


def _one_message(workspace: Path) -> bytes:
    """Return one mail of the edition just sent, as a reader got it."""
    from digest import mailing, store

    newsroom = open_newsroom(load(workspace / "digest.toml"), lambda: datetime.now(UTC))
    with newsroom.reading() as conn:
        stored = store.load(conn, EditionKey("morning", newsroom.clock().date()))
    assert stored is not None
    message = mailing.proof(newsroom, stored).message
    newsroom.close()
    return message


def _smtp_source(folder: Path, message: bytes, count: int) -> tuple[Spent | None, float]:
    program = shutil.which("smtp-source", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        return None, 0.0
    file = folder / "message"
    file.write_bytes(message.replace(b"\r\n", b"\n"))
    with discarding() as sink:
        spent = _spend(
            [
                *(program, "-4", "-d", "-s", str(CONNECTIONS), "-m", str(count), "-F", str(file)),
                *("-f", "morning@courier.example", "-t", "reader@example.org", f"127.0.0.1:{sink.port}"),
            ]
        )
    if sink.messages != count:
        raise SystemExit(f"smtp-source sent {sink.messages} of {count} messages: its figure would be wrong.")
    return spent, sink.cpu_s


def _spend(command: list[str]) -> Spent:
    """Run a program to its end; raises SystemExit with its own words when it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        if process.returncode:
            raise SystemExit(f"{command[0]} ended with {process.returncode}")
        out.seek(0)
        return Spent(used.ru_utime + used.ru_stime, seconds, used.ru_maxrss / 1024, out.read().decode())


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the middle value of each figure; with them the spread of the runs, lowest and highest."""
    if not rows:
        return {}
    found: dict[str, Any] = {name: round(median([row[name] for row in rows]), 4) for name in rows[0]}
    spread = {name: [round(min(r[name] for r in rows), 4), round(max(r[name] for r in rows), 4)] for name in rows[0]}
    return {**found, "spread": spread} if len(rows) > 1 else found


def _conditions() -> dict[str, Any]:
    with discarding() as sink:
        kind = sink.kind
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "sink": f"on loopback, discards ({kind})",
        "connections": CONNECTIONS,
        "database": "SQLite in a temporary folder",
        "cpu": "user + system; whole process, and steady from 20 % of the readers on",
        "peer": "smtp-source -d, same message, whole process" if shutil.which("smtp-source") else "no smtp-source here",
    }


def _tell(report: dict[str, Any]) -> None:
    for name, value in report["conditions"].items():
        print(f"{name:12} {value}")
    for size in report["sizes"]:
        _tell_size(size)
    print(f"\ntemplate, premailer and MIME work independent of readers: {report['independent_of_readers']}")


def _tell_size(size: dict[str, Any]) -> None:
    ours, peer, ratios = size["digest"], size["smtp_source"], size["ratios"]
    calls = ", ".join(f"{count} {name}" for name, count in size["calls_not_per_reader"].items())
    print(f"\n{size['readers']:,} readers, {size['stories']} stories in, {size['printed']} printed,")
    print(f"{size['message_bytes']:,} bytes a mail, median of {size['runs']}")
    print(f"  once an edition   {calls}; {size['joins']:,} joins")
    print(f"  CPU s per 1,000   {ours['cpu_s_per_1000_whole']:.3f} whole, {ours['cpu_s_per_1000_steady']:.3f} steady")
    print(f"  messages a second {ours['messages_per_s_steady']:,.0f}; peak memory {ours['peak_mb']:.0f} MB")
    if not peer:
        return
    print(f"  smtp-source       {peer['cpu_s_per_1000']:.3f} CPU s per 1,000; {peer['messages_per_s']:,.0f} a second")
    print(f"  ratios            CPU {ratios['cpu_whole']:.2f} whole, {ratios['cpu_steady']:.2f} steady;", end=" ")
    print(f"rate {ratios['rate_steady']:.2f}")
