"""A frozen edition of about 57 KB and its readers in a workspace, made without measuring anything."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.day import write_day, write_readers
from benchmarks.job import STORIES, _one_message, _spend, _write_settings
from digest import job
from digest.model import EditionKey
from digest.newsroom import open_newsroom
from digest.settings import load


def prepare(folder: Path, readers: int, port: int = 25) -> Path:
    """Make a workspace whose draft is ready to be sent to so many readers; return its folder."""
    import subscribers

    workspace = folder / f"ready-{readers}"
    workspace.mkdir(parents=True)
    now = datetime.now(UTC)
    write_day(workspace / "stories", STORIES, now)
    write_readers(workspace / "readers.csv", readers)
    _write_settings(workspace, port=port)
    newsroom = open_newsroom(load(workspace / "digest.toml"), lambda: now)
    subscribers.import_file(newsroom.engine, workspace / "readers.csv", "morning", keys=newsroom.keys, now=now)
    newsroom.close()
    (workspace / "readers.csv").unlink()
    newsroom = open_newsroom(load(workspace / "digest.toml"), lambda: datetime.now(UTC))
    job.gather(newsroom)
    job.draft(newsroom, EditionKey("morning", now.date()))
    with newsroom.engine.connect() as conn:
        conn.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    newsroom.close()
    return workspace


def send(prepared: Path, folder: Path, port: int, *options: str) -> tuple[dict[str, Any], Any]:
    """Send the edition in a process of its own; return what it measured and what the whole process took."""
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(prepared, run)
    _write_settings(run, port=port)
    spent = _spend([sys.executable, "-m", "benchmarks.sends.run", str(run / "digest.toml"), *options])
    return json.loads(spent.output), spent


def one_message(folder: Path) -> bytes:
    """Return one mail of the edition last sent in the folder."""
    return _one_message(folder / "run")
