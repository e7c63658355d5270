"""``digest subscribers …`` and ``digest lists …``: the options of their commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

subscribers = typer.Typer(help="The people on the lists.", no_args_is_help=True)
lists = typer.Typer(help="The lists.", no_args_is_help=True)

MAX_NUMBER = 2**31 - 1
"""The highest number an import can have: PostgreSQL's integer."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ListId = Annotated[str, typer.Option("--list", help="A list's id.")]
Where = Annotated[str | None, typer.Option("--where", help="A rule, like: tag vip and joined before 2026-01-01")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS")]


@subscribers.command()
def add(
    list_id: ListId,
    addresses: Annotated[list[str] | None, typer.Argument(metavar="[ADDRESS…]")] = None,
    name: Annotated[str, typer.Option("--name")] = "",
    tags: Annotated[str, typer.Option("--tags", help="Separated by commas.")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Ask them first by mail (double opt-in).")] = False,
    file: Annotated[Path | None, typer.Option("--from", help="A file with one address a line; - reads them.")] = None,
    evidence: Annotated[str, typer.Option("--evidence", help="How they asked for it, to be kept.")] = "",
) -> int:
    """Put people on a list who asked for it."""
    from digest.cli.people import add as command

    if not addresses and file is None:
        raise typer.BadParameter("name an address, or a file of them with --from")
    return command(addresses or (), list_id, name=name, tags=tags, confirm=confirm, file=file, evidence=evidence)


@subscribers.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    list_id: ListId,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, change nothing.")] = False,
    refused: Annotated[Path | None, typer.Option("--refused", help="Write refused rows to this CSV file.")] = None,
    column: Annotated[list[str] | None, typer.Option("--column", help="FIELD=COLUMN, for an unusual table.")] = None,
    dates: Annotated[str, typer.Option("--dates", help="How 03-04-2024 is meant: day-first, month-first.")] = "",
    json: Json = False,
) -> int:
    """Import a file of subscribers, or a zip of them; nobody is mailed and nobody who left comes back."""
    from digest.cli.people_files import import_people as command

    return command(file, list_id, dry_run=dry_run, refused=refused, columns=column or (), dates=dates, as_json=json)


@subscribers.command()
def imports(json: Json = False) -> int:
    """List the imports, the latest first."""
    from digest.cli.people_files import show_imports

    return show_imports(as_json=json)


@subscribers.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="IMPORT", min=1, max=MAX_NUMBER)],
    yes: Annotated[bool, typer.Option("--yes")] = False,
) -> int:
    """Take one import back; who left or must not be mailed stays noted."""
    from digest.cli.people_files import undo as command

    return command(number, yes=yes)


@subscribers.command()
def export(
    list_id: Annotated[str, typer.Option("--list", help="Only this list.")] = "",
    format: Annotated[
        str, typer.Option("--format", help="csv, jsonl, listmonk, mailchimp, ghost or buttondown.")
    ] = "csv",
) -> int:
    """Write the subscribers to standard output."""
    from digest.cli.people_files import export as command

    return command(list_id or None, format)


@subscribers.command()
def count(list_id: ListId, where: Where = None, json: Json = False) -> int:
    """Count whom a rule picks of a list."""
    from digest.cli.people_bulk import count as command

    return command(list_id, where, as_json=json)


@subscribers.command()
def tag(
    name: Annotated[str, typer.Argument(metavar="TAG")],
    list_id: ListId,
    where: Where = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag away.")] = False,
) -> int:
    """Tag everybody of a list whom a rule picks."""
    from digest.cli.people_bulk import tag as command

    return command(name, list_id, where, remove=remove)


@subscribers.command()
def move(
    list_id: ListId,
    to: Annotated[str, typer.Option("--to", help="The other list's id.")],
    where: Where = None,
    yes: Annotated[bool, typer.Option("--yes")] = False,
) -> int:
    """Move everybody whom a rule picks to another list."""
    from digest.cli.people_bulk import move as command

    return command(list_id, to, where, yes=yes)


@subscribers.command("read-mail")
def read_mail(
    place: Annotated[Path, typer.Argument(metavar="MAILDIR", help="The unsubscribe mailbox; - reads one message.")],
) -> int:
    """Unsubscribe who wrote to the unsubscribe mailbox."""
    from digest.cli.people_bulk import read_mail as command

    return command(place)


@subscribers.command("list")
def list_people(
    list_id: Annotated[str, typer.Option("--list", help="Only this list.")] = "",
    status: Annotated[str, typer.Option("--status", help="pending, active or ended.")] = "",
    json: Json = False,
) -> int:
    """List subscribers."""
    from digest.cli.people import list_people as command

    return command(list_id or None, status or None, as_json=json)


@subscribers.command()
def show(address: Address, json: Json = False) -> int:
    """Show all that is known of one person."""
    from digest.cli.people import show as command

    return command(address, as_json=json)


@subscribers.command()
def unsubscribe(
    address: Address,
    list_id: Annotated[str, typer.Option("--list", help="Only from this list; default: from all.")] = "",
) -> int:
    """Take someone off a list for good."""
    from digest.cli.people import unsubscribe as command

    return command(address, list_id or None)


@subscribers.command()
def suppress(
    address: Address,
    reason: Annotated[str, typer.Option("--reason", help="manual, bounced or complained.")] = "manual",
) -> int:
    """Never mail an address again, on any list."""
    from digest.cli.people import suppress as command

    return command(address, reason)


@subscribers.command()
def allow(address: Address) -> int:
    """Let somebody sign up again who was suppressed by mistake, or whose mailbox works again."""
    from digest.cli.people import allow as command

    return command(address)


@subscribers.command()
def forget(address: Address, yes: Annotated[bool, typer.Option("--yes")] = False) -> int:
    """Erase a person; only a keyed hash stays, so that no import brings them back."""
    from digest.cli.people import forget as command

    return command(address, yes=yes)


@lists.command("add")
def add_list(
    id: Annotated[str, typer.Argument(metavar="ID")],
    name: Annotated[str, typer.Option("--name")] = "",
    single_opt_in: Annotated[bool, typer.Option("--single-opt-in", help="Sign-ups need no confirmation.")] = False,
) -> int:
    """Make a list."""
    from digest.cli.people import add_list as command

    return command(id, name, double_opt_in=not single_opt_in)


@lists.command("show")
def show_lists(id: Annotated[str, typer.Argument(metavar="[ID]")] = "", json: Json = False) -> int:
    """Show the lists and how many read each."""
    from digest.cli.people import show_lists as command

    return command(id or None, as_json=json)


@lists.command("form")
def list_form(id: Annotated[str, typer.Argument(metavar="ID")]) -> int:
    """Print a sign-up form to paste into any page; it needs no JavaScript."""
    from digest.cli.people import list_form as command

    return command(id)
