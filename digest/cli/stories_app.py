"""``digest stories …``: the options of its commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The stored stories.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
StoryId = Annotated[str, typer.Argument(metavar="ID", help="A story's id, a unique beginning of it, or its address.")]
Field = Annotated[str, typer.Option(help="Overrides the file's own.")]


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help=".txt, .md or .html files.")],
    headline: Field = "",
    url: Field = "",
    published: Field = "",
    section: Field = "",
    byline: Field = "",
    priority: Field = "",
    kind: Field = "",
    tags: Field = "",
    embargo_until: Annotated[str, typer.Option("--embargo-until", help="Not before this moment.")] = "",
    source: Annotated[str, typer.Option("--source", help="Whose story it is; default: by-hand.")] = "",
    json: Json = False,
) -> int:
    """Store stories from files."""
    from digest.cli.stories import add as command

    given = {
        "headline": headline,
        "url": url,
        "published": published,
        "section": section,
        "byline": byline,
        "priority": priority,
        "kind": kind,
        "tags": tags,
        "embargo_until": embargo_until,
        "source": source,
    }
    return command(paths, {name: value for name, value in given.items() if value}, as_json=json)


@app.command("list")
def list_stories(
    since: Annotated[str, typer.Option("--since", help="Known since this day, YYYY-MM-DD.")] = "",
    json: Json = False,
) -> int:
    """List stored stories, the newest last."""
    from digest.cli.stories import list_stories as command

    return command(since, as_json=json)


@app.command()
def show(story: StoryId, json: Json = False) -> int:
    """Show a story, what the cleaner took out, and why."""
    from digest.cli.stories import show as command

    return command(story, as_json=json)


@app.command()
def hold(story: StoryId) -> int:
    """Keep a story from running until it is released."""
    from digest.cli.stories import order as command

    return command(story, "hold")


@app.command()
def release(story: StoryId) -> int:
    """Let a held story run again."""
    from digest.cli.stories import order as command

    return command(story, "usable")


@app.command()
def kill(story: StoryId) -> int:
    """See to it that a story never runs."""
    from digest.cli.stories import order as command

    return command(story, "killed")


@app.command()
def embargo(
    story: StoryId,
    until: Annotated[str, typer.Option("--until", help="A moment with its zone, 2026-01-05T07:00:00-05:00.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Let it run from now on.")] = False,
) -> int:
    """Keep a story from running before a moment; an edition that is being sent with it stops."""
    from digest.cli.stories import embargo as command

    return command(story, until, lift=lift)
