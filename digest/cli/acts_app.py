"""The editor's commands: edit, approve, hold, pause, resume, stop, ambiguous."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()

EditionName = Annotated[str, typer.Argument(metavar="EDITION", help="NEWSLETTER/YYYY-MM-DD[/SLOT].")]
StoryId = Annotated[str, typer.Option(help="A story's id or a unique beginning of it.")]


@app.command()
def edit(
    edition: EditionName,
    lead: StoryId = "",
    drop: StoryId = "",
    restore: StoryId = "",
    order: Annotated[str, typer.Option("--order", help="Story ids in print order, separated by commas.")] = "",
    section: Annotated[str, typer.Option("--section", help="STORY=SECTION moves a story.")] = "",
    headline: Annotated[str, typer.Option("--headline", help="STORY=TEXT")] = "",
    blurb: Annotated[str, typer.Option("--blurb", help="STORY=TEXT, marked as the editor's words.")] = "",
    kicker: Annotated[str, typer.Option("--kicker", help="STORY=TEXT")] = "",
    subject: Annotated[str, typer.Option("--subject")] = "",
    preheader: Annotated[str, typer.Option("--preheader")] = "",
    author: Annotated[str, typer.Option("--author", help="Who edits; default: the login name.")] = "",
) -> int:
    """Change a draft; the change survives every rebuild."""
    from digest.cli.acts import edit as command

    simple = {"lead": lead, "drop": drop, "restore": restore, "order": order, "subject": subject}
    simple |= {"preheader": preheader}
    paired = {"move": section, "headline": headline, "blurb": blurb, "kicker": kicker}
    return command(edition, {k: v for k, v in simple.items() if v}, {k: v for k, v in paired.items() if v}, author)


@app.command()
def approve(edition: EditionName) -> int:
    """Lock a draft's bytes as approved, and let a held one go."""
    from digest.cli.acts import approve as command

    return command(edition)


@app.command()
def hold(edition: EditionName) -> int:
    """Keep an edition from being sent until it is approved."""
    from digest.cli.acts import hold as command

    return command(edition)


@app.command()
def pause(edition: EditionName) -> int:
    """Pause a running send; `digest resume` goes on."""
    from digest.cli.acts import flag as command

    return command(edition, "paused", True)


@app.command()
def resume(edition: EditionName) -> int:
    """Let a paused send go on."""
    from digest.cli.acts import flag as command

    return command(edition, "paused", False)


@app.command()
def stop(edition: EditionName) -> int:
    """Stop a send for good; the report says who has it."""
    from digest.cli.acts import flag as command

    return command(edition, "stop_requested", True)


@app.command()
def ambiguous(
    edition: EditionName,
    resend: Annotated[bool, typer.Option("--resend", help="Send to them again: some may get it twice.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Count them as not to be sent again.")] = False,
    json: Annotated[bool, typer.Option("--json")] = False,
) -> int:
    """List the deliveries nobody can be sure of, or decide on them."""
    from digest.cli.acts import ambiguous as command

    return command(edition, resend=resend, drop=drop, as_json=json)
