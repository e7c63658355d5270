"""What ``digest stories …`` does."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest import corrections, store
from digest.cli.opening import emit, say, warn, workspace
from digest.errors import StoryError, UsageError
from digest.gathering import add_story
from digest.model import Status, Story

_CHANGES = {"new": "stored", "changed": "stored as version {version}", "same": "already known, unchanged"}


def add(paths: list[Path], overrides: dict[str, object], *, as_json: bool) -> int:
    """Store files as stories; an unreadable one is told and the others are stored. 1 if any failed."""
    if len(paths) > 1 and "headline" in overrides:
        raise UsageError("--headline names one story: give one PATH with it.")
    added: list[dict[str, Any]] = []
    failed = 0
    with workspace() as newsroom:
        for path in paths:
            try:
                saved = add_story(newsroom, path, overrides)
            except StoryError as error:
                warn(str(error))
                failed += 1
                continue
            added.append({"path": str(path), "change": saved.change, **_summary(saved.story)})
            if not as_json:
                _tell(path, saved.change, saved.story)
    if as_json:
        emit({"added": added, "failed": failed})
    return 1 if failed else 0


def list_stories(since: str, *, as_json: bool) -> int:
    """List what is stored."""
    with workspace() as newsroom, newsroom.reading() as conn:
        rows = [_summary(story) for story in store.iter_stories(conn, since=_day(since))]
    if as_json:
        emit(rows)
        return 0
    for row in rows:
        state = "" if row["status"] == "usable" else f"  [{row['status']}]"
        say(f"{row['id'][:8]}  {str(row['known_at'])[:16]}  {row['source']:<14}  {row['headline']}{state}")
    if not rows:
        say("No stories yet. Add some with `digest stories add PATH…` or `digest gather`.")
    return 0


def show(written: str, *, as_json: bool) -> int:
    """Show one story."""
    with workspace() as newsroom, newsroom.reading() as conn:
        story = store.resolve(conn, written)
    if as_json:
        emit(_everything(story))
        return 0
    say(story.headline)
    for name in ("id", "version", "source", "url", "published", "known_at", "byline", "credit", "section", "status"):
        value = getattr(story, name)
        if value:
            say(f"  {name}: {value}")
    say()
    say(story.text)
    for line in story.dropped:
        say(f"\n[left out: {line.rule}] {line.text}")
    for note in story.notes:
        say(f"[note] {note}")
    return 0


def order(written: str, status: str) -> int:
    """Hold, release or kill a story by an editor's order, which stands above its source."""
    with workspace() as newsroom, newsroom.writing() as conn:
        story = store.resolve(conn, written)
        store.order_status(conn, story.id, Status(status), newsroom.clock())
        corrections.queue(conn, story.id, newsroom.clock())
        store.log(conn, newsroom.clock(), f"story-{status}", story.id)
    say(f"{story.id[:8]} “{story.headline}” is now {status}.")
    return 0


def embargo(written: str, until: str, *, lift: bool) -> int:
    """Keep a story back until a moment by an editor's order, or lift its embargo."""
    if bool(until) == lift:
        raise UsageError("Say until when with --until 2026-01-05T07:00:00-05:00, or --lift.")
    with workspace() as newsroom, newsroom.writing() as conn:
        now = newsroom.clock()
        moment = now if lift else _moment(until)
        story = store.resolve(conn, written)
        store.order_embargo(conn, story.id, moment, now)
        store.log(conn, now, "story-embargo", f"{story.id}: {'lifted' if lift else f'until {moment.isoformat()}'}")
    word = "is free to run" if lift else f"runs not before {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    say(f"{story.id[:8]} “{story.headline}” {word}.")
    return 0


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise UsageError(f"--until {written}: write a moment like 2026-01-05T07:00:00-05:00.") from error
    if moment.tzinfo is None:
        raise UsageError(f"--until {written} says no zone: write one like 2026-01-05T07:00:00-05:00.")
    return moment


def _tell(path: Path, change: str, story: Story) -> None:
    say(f"{path}: {_CHANGES[change].format(version=story.version)} as {story.id[:8]} “{story.headline}”")
    for line in story.dropped:
        say(f"  left out ({line.rule}): {line.text[:100]}")
    for note in story.notes:
        say(f"  note: {note}")


def _summary(story: Story) -> dict[str, Any]:
    names = ("id", "version", "source", "headline", "url", "published", "known_at", "byline", "status", "notes")
    return {name: getattr(story, name) for name in names} | {"dropped": [dataclasses.asdict(d) for d in story.dropped]}


def _everything(story: Story) -> dict[str, Any]:
    return dataclasses.asdict(story)


def _day(written: str) -> datetime | None:
    if not written:
        return None
    try:
        return datetime.fromisoformat(written).replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"--since {written}: write a day as YYYY-MM-DD.") from error
