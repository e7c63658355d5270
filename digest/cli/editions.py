"""What ``digest gather`` and ``digest build`` do, and how an edition is told in words and JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from digest import store
from digest.cli.opening import edition_key, emit, say, warn, workspace
from digest.drafting import Draft, draft
from digest.editorial import differences
from digest.gathering import Gathered
from digest.gathering import gather as gather_stories
from digest.model import Edition, Item


def gather(source: str | None, *, as_json: bool) -> int:
    """Pull from the sources; 1 when one of them failed."""
    with workspace() as newsroom:
        reports = gather_stories(newsroom, only=source, on_source=None if as_json else tell_gathered)
    if as_json:
        emit([dataclasses.asdict(report) for report in reports])
    if not reports:
        say("No sources yet: name one under [[sources]] in digest.toml.")
    return 1 if any(report.error for report in reports) else 0


def tell_gathered(report: Gathered) -> None:
    """Tell what one source brought."""
    for warning in report.warnings:
        warn(f"{report.source}: {warning}")
    if report.error:
        warn(f"source {report.source}: {report.error}")
    else:
        say(f"{report.source}: {report.new} new, {report.changed} changed, {report.same} known")


def build(newsletter: str, day: str, slot: str, *, as_json: bool) -> int:
    """Make or refresh a draft and tell what is in it and what is not."""
    with workspace() as newsroom:
        key = edition_key(newsroom, newsletter, day, slot)
        with newsroom.reading() as conn:
            before = store.load(conn, key)
        made = draft(newsroom, key)
    changes = differences(before.edition, made.edition) if before is not None else ()
    if as_json:
        emit({**as_document(made), "changes": list(changes)})
        return 0
    tell_draft(made)
    if before is not None:
        tell_changes(changes)
    say(f"Look at it: {key.command('preview')}")
    return 0


def tell_changes(changes: Sequence[str]) -> None:
    """Tell what a build changed."""
    say("\nSince the last build: " + ("" if changes else "nothing changed."))
    for change in changes:
        say(f"  {change}")


def tell_draft(made: Draft) -> None:
    """Tell a draft: what it prints, what it leaves out and why."""
    edition = made.edition
    for warning in (*made.warnings, *(f"an edit no longer applies: {u}" for u in made.unapplied)):
        warn(warning)
    say(f"{edition.key}  {edition.masthead.name}")
    say(f"Subject:   {edition.subject}")
    say(f"Preheader: {edition.preheader}")
    if edition.lead:
        say(f"\nLEAD\n{_line(edition.lead)}")
    for section in edition.sections:
        say(f"\n{section.title.upper()}")
        for item in section.items:
            say(_line(item))
    if edition.briefs:
        say("\nIN BRIEF")
        for item in edition.briefs:
            say(_line(item))
    say()
    tell_left_out(made)


def tell_left_out(made: Draft) -> None:
    """Tell the sum: so many in, so many printed, so many left out, with the reasons."""
    edition = made.edition
    say(f"{made.offered} in, {len(edition.items())} printed, {len(edition.left_out)} left out")
    for left in edition.left_out:
        say(f"  - {left.headline}: {left.reason}")
    for each in made.possible:
        ids = ",".join(story.id[:8] for story in each.stories)
        say(f"\nPerhaps one event; if so: digest edit {edition.key} --merge {ids}")
        for story in each.stories:
            say(f"  ? {story.headline}")


def as_document(made: Draft) -> dict[str, Any]:
    """Return an edition as JSON: with spans, sections, reasons, and the list of what was left out."""
    edition = made.edition
    document = edition_document(edition)
    document |= {
        "offered": made.offered,
        "printed": len(edition.items()),
        "state": str(made.stored.state),
        "content_hash": made.stored.content_hash,
        "warnings": list(made.warnings),
        "unapplied_edits": list(made.unapplied),
        "possible": [
            {
                "ids": [story.id for story in each.stories],
                "headlines": [story.headline for story in each.stories],
                "evidence": each.evidence,
            }
            for each in made.possible
        ],
    }
    return document


def edition_document(edition: Edition) -> dict[str, Any]:
    """Return the edition's own values as plain JSON values, its key written as on the command line."""
    return {**dataclasses.asdict(edition), "key": str(edition.key), "edition": str(edition.key)}


def _line(item: Item) -> str:
    label = f"[{item.label}] " if item.label else ""
    lines = [f"* {label}{item.headline}  ({item.story_id[:8]})"]
    if item.blurb.text:
        lines.append(f"    {item.blurb.text}")
    if item.also:
        lines.append(f"    Also: {', '.join(credit.source for credit in item.also)}")
    return "\n".join(lines)
