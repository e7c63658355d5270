"""One send of one edition in a process of its own, for ``benchmarks.job``: does the job and prints what it cost.

Counts every call of what must not depend on the number of readers: templates rendered, pages inlined by premailer,
messages encoded, and messages built by the standard library. Run as ``python -m benchmarks.job_run DIGEST_TOML``.
"""

from __future__ import annotations

import email.generator
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import premailer

from digest import job
from digest.model import EditionKey
from digest.newsroom import open_newsroom
from digest.render import Encoded
from digest.settings import load

WARM = 0.2
"""The share of readers after which a send counts as steady."""


def main(config: Path) -> None:
    """Do the whole job once and print one JSON document."""
    calls = _count_calls()
    marks: list[tuple[int, float, float]] = []
    newsroom = open_newsroom(load(config), lambda: datetime.now(UTC))
    key = EditionKey("morning", newsroom.clock().date())
    steps = {"start": time.process_time()}
    job.gather(newsroom)
    steps["gather"] = time.process_time()
    made = job.draft(newsroom, key)
    steps["draft"] = time.process_time()
    delivered = job.deliver(
        newsroom, key, on_progress=lambda p: marks.append((p.done, time.process_time(), time.monotonic()))
    )
    steps["deliver"] = time.process_time()
    expected = delivered.counts.expected
    newsroom.close()
    print(
        json.dumps(
            {
                "offered": made.offered,
                "printed": len(made.edition.items()),
                "expected": expected,
                "accepted": delivered.counts.accepted,
                "calls": dict(calls),
                "cpu_s": _differences(steps),
                "steady": _steady(marks, expected),
            }
        )
    )


def _count_calls() -> Counter[str]:
    """Wrap what is to be counted; the wrapped functions do what they did."""
    calls: Counter[str] = Counter(template=0, premailer=0, encode=0, stdlib_mime=0, join=0)

    def counted(owner: Any, name: str, what: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            calls[what] += 1
            return original(*args, **kwargs)

        setattr(owner, name, wrapper)

    counted(jinja2.Template, "render", "template")
    counted(premailer.Premailer, "transform", "premailer")
    counted(Encoded, "__init__", "encode")
    counted(Encoded, "message", "join")
    counted(email.generator.Generator, "flatten", "stdlib_mime")
    return calls


def _differences(steps: dict[str, float]) -> dict[str, float]:
    spent = {name: steps[name] - steps[before] for before, name in pairwise(steps)}
    return {"start": steps["start"], **spent}


def _steady(marks: list[tuple[int, float, float]], expected: int) -> dict[str, float]:
    """Return CPU seconds, seconds and messages between the warm mark and the last."""
    warm = next((mark for mark in marks if mark[0] >= WARM * expected), None)
    if warm is None or marks[-1][0] <= warm[0]:
        return {}
    last = marks[-1]
    return {"messages": last[0] - warm[0], "cpu_s": last[1] - warm[1], "seconds": last[2] - warm[2]}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
