"""Keeps the one process in which templates run: starts it, hands it jobs, ends and replaces one that misbehaves.

Nothing here knows Jinja or premailer. The other side is ``digest.render.child``; between the two go plain values.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import IO, Any

from digest.errors import RenderError
from digest.render.frames import LENGTH, pack, unpack


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use: processor and wall time in seconds, memory beyond the idle worker's, letters written."""

    cpu_s: float = 5.0
    deadline_s: float = 30.0
    memory_bytes: int = 256 * 2**20
    output_bytes: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Bundle:
    """The templates a job may use, by name: (file, text). Two bundles of one digest hold the same."""

    digest: str
    sources: Mapping[str, tuple[str, str]] = field(compare=False, repr=False)


_START = "import sys; sys.path[:] = {path!r}; from digest.render.child import main; main()"
_PASSED_ON = ("LD_LIBRARY_PATH",)
_CHUNK = 1 << 16


class Worker:
    """A process that renders, one job at a time, from any thread. Started by its first job; ``close`` ends it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    @property
    def pid(self) -> int | None:
        """Return the number of the process that would take the next job, None before the first."""
        return self._process.pid if self._process is not None else None

    def ask(self, job: Mapping[str, Any], *, what: str, bundle: Bundle | None = None) -> str:
        """Do a job and return its text. Raises RenderError, in which ``what`` names the thing rendered.

        A worker that ran out of time or memory, or died, is replaced: the next job finds a fresh one.
        """
        with self._lock:
            answer = self._answer(job, bundle)
            if answer is None or answer.get("spent"):
                self._end()
        if answer is None:
            raise RenderError(f"{what}: it took over {self._limits.deadline_s:g} seconds or ended the render worker.")
        if "error" in answer:
            raise RenderError(str(answer["error"]))
        return str(answer["text"])

    def close(self) -> None:
        """End the process, if there is one; a later job starts another."""
        with self._lock:
            self._end()

    def _answer(self, job: Mapping[str, Any], bundle: Bundle | None) -> dict[str, Any] | None:
        if bundle is None:
            return self._exchange(job)
        named = {**job, "templates": bundle.digest}
        answer = self._exchange(named)
        if answer is not None and "missing" in answer:
            answer = self._exchange({**named, "sources": dict(bundle.sources)})
        return answer

    def _exchange(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        process = self._started()
        try:
            _stdin(process).write(pack(message))
            _stdin(process).flush()
        except OSError:
            return None
        return _receive(process, time.monotonic() + self._limits.deadline_s)

    def _started(self) -> subprocess.Popen[bytes]:
        """Return the process, a fresh one if there is none, it died, or it belongs to the process we forked from."""
        if self._process is not None and (self._owner != os.getpid() or self._process.poll() is not None):
            self._end()
        if self._process is None:
            self._owner = os.getpid()
            # The child sees none of our variables: secrets may stand there.
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-X",
                    "utf8",
                    "-c",
                    _START.format(path=sys.path),
                    json.dumps(asdict(self._limits)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                cwd="/",
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            _stdin(process).close()
        if process.stdout is not None:
            process.stdout.close()
        if self._owner == os.getpid():
            process.kill()
            process.wait()


@cache
def shared() -> Worker:
    """Return this process's worker; it ends with the process."""
    worker = Worker()
    atexit.register(worker.close)
    return worker


def _stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdin is None:
        raise RenderError("The render worker has no standard input.")
    return process.stdin


def _receive(process: subprocess.Popen[bytes], until: float) -> dict[str, Any] | None:
    """Read one message; None when the moment (monotonic seconds) passes or the process ends before."""
    if process.stdout is None:
        return None
    pipe = process.stdout.fileno()
    head = _read(pipe, LENGTH.size, until)
    body = _read(pipe, LENGTH.unpack(head)[0], until) if head is not None else None
    return unpack(body) if body is not None else None


def _read(pipe: int, size: int, until: float) -> bytes | None:
    read = bytearray()
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while len(read) < size:
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            return None
        chunk = os.read(pipe, min(_CHUNK, size - len(read)))
        if not chunk:
            return None
        read += chunk
    return bytes(read)
