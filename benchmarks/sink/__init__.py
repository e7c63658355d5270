"""An SMTP server on loopback that forgets what it takes, and says afterwards how much that was.

It is compiled from C when there is a compiler, so that it is not what a benchmark measures; else it is Python.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass
class Sink:
    """A running sink. After the ``with`` block: how many messages and bytes it took, and its own CPU seconds."""

    port: int
    kind: str
    messages: int = 0
    octets: int = 0
    cpu_s: float = 0.0


@contextmanager
def discarding() -> Iterator[Sink]:
    """Run a sink for the length of the block."""
    kind, command = _program()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        sink = Sink(int(process.stdout.readline()), kind)
        try:
            yield sink
        finally:
            process.send_signal(signal.SIGTERM)
            counted = process.stdout.read().split()
            process.wait()
        sink.messages, sink.octets, sink.cpu_s = int(counted[0]), int(counted[1]), float(counted[2])


@cache
def _program() -> tuple[str, list[str]]:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is not None:
        target = Path(_folder().name) / "discard"
        built = subprocess.run(
            [compiler, "-O2", "-o", str(target), str(HERE / "discard.c")], capture_output=True, text=True, check=False
        )
        if built.returncode == 0:
            return "C, epoll", [str(target)]
        print(f"the sink in C does not compile here, taking Python: {built.stderr[:200]}", file=sys.stderr)
    return "Python, selectors", [sys.executable, str(HERE / "discard.py")]


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="digest-sink-")
