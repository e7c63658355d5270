"""Brings stories into the store: from every source of the workspace, or from one file an editor names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest import corrections, store
from digest.errors import SourceError, StoryError, UnknownThing
from digest.gather import build_source, canonical_url, content_hash, read_document
from digest.model import Rights, Story, Window
from digest.newsroom import Newsroom
from digest.settings import SourceSettings
from digest.store import Saved

BY_HAND = "by-hand"
"""The source of stories that an editor adds one by one."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one source brought. ``error`` is why it was given up; ``warnings`` name single stories passed over."""

    source: str
    new: int = 0
    changed: int = 0
    same: int = 0
    warnings: tuple[str, ...] = ()
    error: str = ""


def gather(
    newsroom: Newsroom, *, only: str | None = None, on_source: Callable[[Gathered], None] | None = None
) -> tuple[Gathered, ...]:
    """Pull from every source, or the one named; a source that fails is told and never stops the others."""
    wanted = [s for s in newsroom.settings.sources if only in (None, s.name)]
    if only is not None and not wanted:
        names = ", ".join(s.name for s in newsroom.settings.sources) or "none"
        raise UnknownThing(f"There is no source {only!r}; digest.toml has {names}.")
    reports = []
    for settings in wanted:
        report = _gather_one(newsroom, settings)
        if on_source is not None:
            on_source(report)
        reports.append(report)
    with newsroom.writing() as conn:
        for report in reports:
            detail = report.error or f"{report.new} new, {report.changed} changed, {report.same} known"
            store.log(conn, newsroom.clock(), "gather", f"{report.source}: {detail}")
    return tuple(reports)


def add_story(newsroom: Newsroom, path: Path, overrides: dict[str, object]) -> Saved:
    """Store one file as a story; ``overrides`` are story fields given by hand. Raises StoryError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoryError(f"Cannot read the story {path}: {error.strerror}.") from error
    now = newsroom.clock()
    story = read_document(path, data, source=BY_HAND, rights=Rights.OWN, language="", now=now, overrides=overrides)
    with newsroom.writing() as conn:
        return save(conn, story, newsroom)


def save(conn: store.Connection, story: Story, newsroom: Newsroom) -> Saved:
    """Store a story under its identity; tells new, changed and known apart, and queues what readers must be told."""
    url_key = canonical_url(story.url) if story.url else ""
    saved = store.save(conn, story, content_hash=content_hash(story), url_key=url_key, now=newsroom.clock())
    if saved.change == "changed":
        corrections.queue(conn, saved.story.id, newsroom.clock())
    return saved


def _gather_one(newsroom: Newsroom, settings: SourceSettings) -> Gathered:
    warnings: list[str] = []
    counts = {"new": 0, "changed": 0, "same": 0}
    now = newsroom.clock()
    since = now - max(n.max_age for n in newsroom.settings.newsletters)
    try:
        with newsroom.client(settings.name) as client:
            source = build_source(settings, base=newsroom.base, client=client)
            with newsroom.reading() as conn:
                state = store.SqlSourceState(conn, settings.name)
                # Stories are read before the writing transaction begins: a slow server must not hold the database.
                stories = list(source.stories(Window(since, now), state, warnings.append))
        with newsroom.writing() as conn:
            for story in stories:
                counts[save(conn, _with_defaults(story, settings, newsroom), newsroom).change] += 1
            state.flush(conn)
    except SourceError as error:
        return Gathered(settings.name, warnings=tuple(warnings), error=str(error))
    return Gathered(settings.name, counts["new"], counts["changed"], counts["same"], tuple(warnings))


def _with_defaults(story: Story, settings: SourceSettings, newsroom: Newsroom) -> Story:
    """Give a story its source's language, and take our own name off our own stories."""
    language = story.language or settings.language
    outlet = "" if _plain(story.outlet) == _plain(newsroom.settings.site.name) else story.outlet
    return dataclasses.replace(story, language=language, outlet=outlet)


def _plain(name: str) -> str:
    return name.casefold().strip().removeprefix("the ")
