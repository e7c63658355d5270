"""What drafting an edition costs as its day grows: CPU seconds a story, for days of 1,000 to 10,000 stories.

``python -m benchmarks draft [--data DIR] [--stories 1000,2500,10000] [--memory 300] [--json]``. Each size is a process
of its own. The stories are published ones, beyond the stock their words shuffled. An earlier edition printed
``--memory`` of them, so that memory is asked too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import copies, job
from benchmarks.data import data_folder
from digest import store
from digest.drafting import draft
from digest.gather import content_hash
from digest.model import EditionKey, Story
from digest.newsroom import Newsroom, open_newsroom
from digest.settings import load

SIZES = "1000,2500,5000,10000"
NOW = datetime(2026, 1, 6, 6, tzinfo=UTC)


def run(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks draft", description=__doc__)
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stories", default=SIZES, help=f"sizes with commas between (default {SIZES})")
    parser.add_argument("--memory", type=int, default=300, help="stories that an earlier edition printed")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.one:
        print(json.dumps(_measure(data_folder(given.data), int(given.stories), given.memory)))
        return 0
    sizes = [_in_child(given, size) for size in given.stories.split(",")]
    first, last = sizes[0], sizes[-1]
    report = {"sizes": sizes, "a_story_last_to_first": round(last["ms_a_story"] / first["ms_a_story"], 2)}
    print(json.dumps(report, indent=None if given.json else 1))
    return 0


def _in_child(given: argparse.Namespace, size: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks", "draft", "--one", "--stories", size, "--memory", str(given.memory)]
    data = ["--data", given.data] if given.data else []
    ran = subprocess.run([*command, *data], capture_output=True, text=True, check=True)
    return dict(json.loads(ran.stdout))


def _measure(folder: Path, size: int, memory: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="digest-draft-") as place:
        workspace = Path(place)
        job._write_settings(workspace, port=25)
        newsroom = open_newsroom(load(workspace / "digest.toml"), lambda: NOW)
        stories = copies.many(folder, size)
        _store(newsroom, stories)
        _print_before(newsroom, memory)
        start = time.process_time()
        made = draft(newsroom, EditionKey("morning", NOW.date()))
        spent = time.process_time() - start
        newsroom.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "stories": made.offered,
        "printed": len(made.edition.items()),
        "cpu_s": round(spent, 2),
        "ms_a_story": round(1000 * spent / size, 3),
        "peak_mb": round(peak),
    }


def _store(newsroom: Newsroom, stories: Sequence[Story]) -> None:
    with newsroom.writing() as conn:
        for number, story in enumerate(stories):
            known = NOW - timedelta(hours=12) + timedelta(seconds=number)
            named = replace(story, id=f"{number:032x}", key=str(number), source="newsroom", published=known)
            store.save(conn, named, content_hash=content_hash(named), url_key="", now=known)


def _print_before(newsroom: Newsroom, count: int) -> None:
    """Mark the first stories as printed by yesterday's edition."""
    edition, printed = store.schema.edition, store.schema.edition_story
    sent = NOW - timedelta(days=1)
    row = {"newsletter": "morning", "day": str(sent.date()), "slot": "main", "state": "sent", "body": "{}"}
    times = {"since": sent - timedelta(days=1), "until": sent, "built_at": sent, "frozen_at": sent, "finished_at": sent}
    with newsroom.writing() as conn:
        made = conn.execute(sa.insert(edition).values(**row, **times, content_hash="", accepted_count=1))
        key = made.inserted_primary_key
        assert key is not None
        same = {"edition_id": key[0], "version": 1, "content_hash": "", "headline": "", "printed": True}
        rows = [{**same, "story_id": f"{place:032x}", "place": place} for place in range(count)]
        conn.execute(sa.insert(printed), rows)
