"""``digest subscribers …`` and ``digest lists …``: the options of their commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

subscribers = typer.Typer(help="The people on the lists.", no_args_is_help=True)
lists = typer.Typer(help="The lists.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ListId = Annotated[str, typer.Option("--list", help="A list's id.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS")]


@subscribers.command()
def add(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…")],
    list_id: ListId,
    name: Annotated[str, typer.Option("--name")] = "",
    tags: Annotated[str, typer.Option("--tags", help="Separated by commas.")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Ask them first by mail (double opt-in).")] = False,
) -> int:
    """Put people on a list who asked for it."""
    from digest.cli.people import add as command

    return command(addresses, list_id, name=name, tags=tags, confirm=confirm)


@subscribers.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    list_id: ListId,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, change nothing.")] = False,
    refused: Annotated[Path | None, typer.Option("--refused", help="Write refused rows to this CSV file.")] = None,
    json: Json = False,
) -> int:
    """Import a file of subscribers; nobody is mailed and nobody who left comes back."""
    from digest.cli.people import import_people as command

    return command(file, list_id, dry_run=dry_run, refused=refused, as_json=json)


@subscribers.command()
def export(
    list_id: Annotated[str, typer.Option("--list", help="Only this list.")] = "",
    format: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
) -> int:
    """Write the subscribers to standard output."""
    from digest.cli.people import export as command

    return command(list_id or None, format)


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
