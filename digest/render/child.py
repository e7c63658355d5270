"""The render worker's own process: reads jobs from its standard input, writes answers, and can open nothing.

Before the first job it takes from itself, for good, the right to open a file or a socket, to start a process and to
fill the memory. What a template tries, it tries in here.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from digest.errors import RenderError
from digest.render import frames, inliners, sandbox

_KEPT = 8
_WARM_PAGE = "<html><head><style>p{margin:0}a:hover{color:#111111}</style></head><body><p>x</p></body></html>"
_GRACE_S = 2


def main() -> None:
    """Work until standard input ends; the limits are the first argument, as JSON."""
    limits = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which ends this process itself
    signal.signal(signal.SIGPROF, _time_is_up)
    reading, writing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print of a library must not stand among the answers
    _warm_up()
    _renounce(limits["memory_bytes"])
    worker = _Jobs(limits)
    while (job := frames.receive(reading)) is not None:
        writing.write(frames.pack(worker.answer(job)))
        writing.flush()


class _Jobs:
    """Does one job after another; keeps the compiled templates of the last few themes."""

    def __init__(self, limits: Mapping[str, Any]) -> None:
        self._cpu_s: float = limits["cpu_s"]
        self._max_bytes: int = limits["output_bytes"]
        self._environments: OrderedDict[str, sandbox.Environment] = OrderedDict()

    def answer(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``{"text"}``, or ``{"error", "spent"}``: spent means that this process should be replaced.

        ``{"missing"}`` asks for the same job again with its templates' sources.
        """
        if not self._has_templates(job):
            return {"missing": True}
        try:
            self._start_watch()
            try:
                return {"text": self._do(job)}
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
        except RenderError as error:
            return {"error": str(error), "spent": isinstance(error.__cause__, (MemoryError, sandbox.Exhausted))}
        except (MemoryError, sandbox.Exhausted) as error:
            return {"error": str(error) or "out of memory", "spent": True}

    def _start_watch(self) -> None:
        """Give the job its processor time: a signal that the template can be told of, then one that kills."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        soft = int(used.ru_utime + used.ru_stime + self._cpu_s) + _GRACE_S
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
        signal.setitimer(signal.ITIMER_PROF, self._cpu_s)

    def _do(self, job: Mapping[str, Any]) -> str:
        if job["do"] == "inline":
            return inliners.inline(job["page"], job["inliner"])
        context = frames.unseal(job["context"])
        made = self._environments[job["templates"]]
        return sandbox.render(made, job["name"], context, max_bytes=self._max_bytes)

    def _has_templates(self, job: Mapping[str, Any]) -> bool:
        """Tell whether the job can be done; take the sources that came with it."""
        digest = job.get("templates", "")
        if "sources" in job:
            named = {name: sandbox.Source(*source) for name, source in job["sources"].items()}
            self._environments[digest] = sandbox.environment(named)
            if len(self._environments) > _KEPT:
                self._environments.popitem(last=False)
        elif digest in self._environments:
            self._environments.move_to_end(digest)
        return not digest or digest in self._environments


def _time_is_up(number: int, frame: object) -> None:
    raise sandbox.Exhausted("it needs more processor time than a mail may")


def _warm_up() -> None:
    """Use every library once, its errors too: what they import late cannot be opened afterwards."""
    made = sandbox.environment({"x.j2": sandbox.Source("x.j2", "{{ 'a b c d'|tie|wrap }}{{ nothing }}")})
    for name in ("x.j2", "gone.j2"):
        _try(partial(sandbox.render, made, name, {}, max_bytes=100))
    for inliner, page in product(inliners.INLINERS, (_WARM_PAGE, "")):
        _try(partial(inliners.inline, page, inliner))
    gc.collect()
    gc.freeze()


def _try(action: Callable[[], object]) -> None:
    try:
        action()
    except RenderError:
        return


def _renounce(memory_bytes: int) -> None:
    """Give up, for good, what no rendering needs. The kernel refuses from here on; no code of ours has to."""
    statm = Path("/proc/self/statm")
    mapped = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 2**30
    _lower(resource.RLIMIT_AS, mapped + memory_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_NOFILE, 0)  # no file, no socket, no directory; what is open stays open


def _lower(what: int, to: int) -> None:
    hard = resource.getrlimit(what)[1]
    limit = to if hard == resource.RLIM_INFINITY else min(to, hard)
    resource.setrlimit(what, (limit, limit))
