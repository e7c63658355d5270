"""The editor's commands: edit, approve, hold, pause, resume, stop, ambiguous."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()

EditionName = Annotated[str, typer.Argument(metavar="EDITION", help="NEWSLETTER/YYYY-MM-DD[/SLOT].")]
StoryId = Annotated[str | None, typer.Option(help="A story's id or a unique beginning of it.")]


@app.command()
def edit(
    edition: EditionName,
    lead: Annotated[str | None, typer.Option(help="The story that leads; empty: none is asked for.")] = None,
    drop: StoryId = None,
    restore: StoryId = None,
    pin: StoryId = None,
    order: Annotated[str | None, typer.Option("--order", help="Story ids in print order, between commas.")] = None,
    section: Annotated[str | None, typer.Option("--section", help="STORY=SECTION moves a story.")] = None,
    headline: Annotated[str | None, typer.Option("--headline", help="STORY=TEXT")] = None,
    blurb: Annotated[str | None, typer.Option("--blurb", help="STORY=TEXT, marked as the editor's words.")] = None,
    kicker: Annotated[str | None, typer.Option("--kicker", help="STORY=TEXT")] = None,
    subject: Annotated[str | None, typer.Option("--subject")] = None,
    preheader: Annotated[str | None, typer.Option("--preheader")] = None,
    intro: Annotated[str | None, typer.Option("--intro", help="The introduction, in Markdown.")] = None,
    block: Annotated[str | None, typer.Option("--block", help="A block's file, for this edition alone.")] = None,
    no_block: Annotated[str | None, typer.Option("--no-block", help="The name of a block to leave out.")] = None,
    merge: Annotated[str | None, typer.Option("--merge", help="Stories of one event, between commas.")] = None,
    split: Annotated[str | None, typer.Option("--split", help="Stories to keep apart for good.")] = None,
    author: Annotated[str, typer.Option("--author", help="Who edits; default: the login name.")] = "",
) -> int:
    """Change a draft; the change survives every rebuild. An empty TEXT or SECTION takes an earlier change back."""
    from digest.cli.acts import edit as command

    simple = {"lead": lead, "pin": pin, "drop": drop, "restore": restore, "order": order, "subject": subject}
    simple |= {"preheader": preheader, "merge": merge, "split": split}
    simple |= {"intro": intro, "block": block, "unblock": no_block}
    paired = {"move": section, "headline": headline, "blurb": blurb, "kicker": kicker}
    given = {name: value for name, value in (simple | paired).items() if value is not None}
    return command(edition, given, author)


@app.command()
def approve(
    edition: EditionName,
    author: Annotated[str, typer.Option("--author", help="Who approves; default: the login name.")] = "",
    hash: Annotated[str, typer.Option("--hash", help="Only if the draft is still this one.")] = "",
) -> int:
    """Lock a draft's bytes as approved, and let a held one go."""
    from digest.cli.acts import approve as command

    return command(edition, author, hash)


@app.command()
def hold(
    edition: EditionName,
    author: Annotated[str, typer.Option("--author", help="Who holds it; default: the login name.")] = "",
) -> int:
    """Keep an edition from being sent until it is approved."""
    from digest.cli.acts import hold as command

    return command(edition, author)


@app.command()
def skip(
    newsletter: Annotated[str, typer.Argument(metavar="NEWSLETTER")],
    day: Annotated[str, typer.Option("--day", help="The local day without an edition, YYYY-MM-DD.")],
    undo: Annotated[bool, typer.Option("--undo", help="Put it back on the calendar.")] = False,
    author: Annotated[str, typer.Option("--author", help="Who says so; default: the login name.")] = "",
) -> int:
    """Take one day out of a newsletter's calendar."""
    from digest.cli.planning import skip as command

    return command(newsletter, day, undo=undo, author=author)


@app.command()
def extra(
    newsletter: Annotated[str, typer.Argument(metavar="NEWSLETTER")],
    slot: Annotated[str, typer.Option("--slot", help="Its slot, like breaking or evening.")],
    at: Annotated[str, typer.Option("--at", help="HH:MM in the newsletter's zone.")] = "",
    day: Annotated[str, typer.Option("--day", help="The local day; default: today.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take it off the calendar again.")] = False,
    author: Annotated[str, typer.Option("--author", help="Who says so; default: the login name.")] = "",
) -> int:
    """Put one extra edition on a newsletter's calendar."""
    from digest.cli.planning import extra as command

    return command(newsletter, slot, at, day, undo=undo, author=author)


@app.command()
def correct(
    edition: EditionName,
    story: Annotated[str, typer.Option("--story", help="The story's id or a unique beginning of it.")],
    text: Annotated[str, typer.Option("--text", help="What was wrong and what is right.")],
    send: Annotated[bool, typer.Option("--send", help="Mail it to exactly those who have the edition.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    author: Annotated[str, typer.Option("--author", help="Who corrects; default: the login name.")] = "",
) -> int:
    """Correct a sent edition: its page and the next edition say so; with --send, those who have it too."""
    from digest.cli.planning import correct as command

    return command(edition, story, text, send=send, yes=yes, author=author)


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
