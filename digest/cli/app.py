"""Names every command and its options; each imports its own module when it is called, so that starting is cheap."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from digest.cli import acts_app, people_app, stories_app

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of words.")]
Day = Annotated[str, typer.Option("--day", help="The local day, YYYY-MM-DD. Default: today in the newsletter's zone.")]
Slot = Annotated[str, typer.Option("--slot", help="A deliberate second edition of the day, like breaking.")]
Newsletter = Annotated[str, typer.Argument(metavar="NEWSLETTER", help="A newsletter's id in digest.toml.")]
EditionName = Annotated[str, typer.Argument(metavar="EDITION", help="NEWSLETTER/YYYY-MM-DD[/SLOT].")]

# Typer carries a copy of click in newer versions and stood on click itself before; its own errors know their base.
WRONG_WORDS: Any = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="digest",
    help="The newsletter of a newsroom: stories in, one edition out, mailed to a list, once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="--config FILE works with every command (or DIGEST_CONFIG; else ./digest.toml).",
)
app.add_typer(stories_app.app, name="stories")
app.add_typer(people_app.subscribers, name="subscribers")
app.add_typer(people_app.lists, name="lists")
app.add_typer(acts_app.app)

signing = typer.Typer(help="The signature of outgoing mail (DKIM).", no_args_is_help=True)
app.add_typer(signing, name="dkim")
themes = typer.Typer(help="The looks a newsletter can have.", no_args_is_help=True)
app.add_typer(themes, name="themes")
database = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(database, name="db")


def run(words: list[str]) -> int:
    """Run the command that the words name and return its exit code; never lets a known error out as a traceback."""
    from digest.cli.failures import guarded

    return guarded(lambda: _call(words))


def _call(words: list[str]) -> Any:
    command = typer.main.get_command(app)
    try:
        return command.main(args=words, prog_name="digest", standalone_mode=False)
    except typer.Exit as ended:
        return ended.exit_code
    except WRONG_WORDS as error:
        error.show(file=sys.stderr)
        return 2


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"digest {installed('newsroom-digest')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def demo(
    dir: Annotated[Path, typer.Option("--dir", help="Where the demo's workspace goes.")] = Path("digest-demo"),
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the page in a browser.")] = False,
    json: Json = False,
) -> int:
    """Run the whole job on the bundled newsroom: no network, key, server or configuration."""
    from digest.cli.demo import demo as command

    return command(dir, open_page=not no_open, as_json=json)


@app.command()
def init(
    dir: Annotated[Path, typer.Argument(metavar="DIR", help="The new workspace's folder.")],
    name: Annotated[str, typer.Option("--name", help="The paper's name.")] = "",
    url: Annotated[str, typer.Option("--url", help="The public base of its pages.")] = "",
    address: Annotated[str, typer.Option("--address", help="The postal address printed in every mail.")] = "",
    newsletter: Annotated[str, typer.Option("--newsletter", help="The newsletter's name.")] = "",
    sender: Annotated[str, typer.Option("--from", help="Name <address> that mails come from.")] = "",
    timezone: Annotated[str, typer.Option("--timezone", help="An IANA zone.")] = "",
    time: Annotated[str, typer.Option("--time", help="When it goes out, HH:MM.")] = "",
    feed: Annotated[list[str] | None, typer.Option("--feed", help="A feed's address; may be repeated.")] = None,
    smtp: Annotated[str, typer.Option("--smtp", help="HOST:PORT of a mail server; else mails go to a folder.")] = "",
    smtp_security: Annotated[str, typer.Option("--smtp-security", help="starttls, tls or none.")] = "starttls",
    smtp_user: Annotated[str, typer.Option("--smtp-user", help="Login; its password in SMTP_PASSWORD.")] = "",
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Feeds may be on this network.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take the defaults.")] = False,
) -> int:
    """Make a new workspace: asks what it is not told."""
    from digest.cli.init import Answers
    from digest.cli.init import init as command

    answers = Answers(name, url, address, newsletter, sender, timezone, time, tuple(feed or ()), smtp)
    return command(dir, answers, security=smtp_security, user=smtp_user, allow_private=allow_private, ask=not yes)


@app.command()
def gather(source: Annotated[str, typer.Option("--source", help="Only this source.")] = "", json: Json = False) -> int:
    """Pull stories from the sources."""
    from digest.cli.editions import gather as command

    return command(source or None, as_json=json)


@app.command()
def build(newsletter: Newsletter, day: Day = "", slot: Slot = "main", json: Json = False) -> int:
    """Make or refresh an edition's draft."""
    from digest.cli.editions import build as command

    return command(newsletter, day, slot, as_json=json)


@app.command()
def lint(
    newsletter: Newsletter,
    day: Day = "",
    slot: Slot = "main",
    form: Annotated[str, typer.Option("--format", help="text, json or sarif.")] = "text",
    links: Annotated[bool, typer.Option("--links", help="Ask after every link, too: needs the network.")] = False,
    json: Json = False,
) -> int:
    """Look an edition's mail over: what would stop its send, and what deserves a look."""
    from digest.cli.lint import lint as command

    return command(newsletter, day, slot, form="json" if json else form, links=links)


@app.command()
def shots(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="NEWSLETTER/DAY, or NEWSLETTER for its latest.")],
    dir: Annotated[Path, typer.Option("--dir", help="Folder for the pictures.")] = Path("shots"),
) -> int:
    """Take pictures of an edition's mail: 320, 375 and 640 pixels, light and dark."""
    from digest.cli.lint import shots as command

    return command(edition, dir)


@app.command()
def preview(
    newsletter: Annotated[str, typer.Argument(metavar="[NEWSLETTER]", help="Default: the first one.")] = "",
    day: Day = "",
    slot: Slot = "main",
    port: Annotated[int, typer.Option("--port", help="Loopback port; 0 picks a free one.")] = 8030,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> int:
    """Show an edition on a local page as it would be sent."""
    from digest.cli.serving import preview as command

    return command(newsletter, day, slot, port=port, open_page=not no_open)


@app.command()
def send(
    newsletter: Newsletter,
    day: Day = "",
    slot: Slot = "main",
    test: Annotated[list[str] | None, typer.Option("--test", help="Mail a proof here instead; repeatable.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but hand over mail.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    json: Json = False,
) -> int:
    """Send an edition to its list; builds it if there is no draft."""
    from digest.cli.sending import send as command

    return command(newsletter, day, slot, proofs=tuple(test or ()), dry_run=dry_run, yes=yes, as_json=json)


@app.command("run")
def run_job(newsletter: Newsletter, day: Day = "", slot: Slot = "main", json: Json = False) -> int:
    """Do the whole job as the schedule does it: gather, build, check, send."""
    from digest.cli.sending import run as command

    return command(newsletter, day, slot, as_json=json)


@app.command()
def report(
    edition: Annotated[str, typer.Argument(metavar="NEWSLETTER[/DAY[/SLOT]]", help="Without a day: the latest.")],
    who: Annotated[bool, typer.Option("--who", help="List every delivery.")] = False,
    json: Json = False,
) -> int:
    """Say who got an edition: counts that add up."""
    from digest.cli.reports import report as command

    return command(edition, who=who, as_json=json)


@app.command()
def schedule(
    count: Annotated[int, typer.Option("--count", help="How many decisions.")] = 30, json: Json = False
) -> int:
    """Print the next decisions of the schedule, and the last ones."""
    from digest.cli.reports import schedule as command

    return command(count, as_json=json)


@app.command()
def log(
    newsletter: Annotated[str, typer.Argument(metavar="[NEWSLETTER]")] = "",
    count: Annotated[int, typer.Option("--count", help="How many lines, newest last.")] = 40,
    json: Json = False,
) -> int:
    """Print the run log: what was decided and done, without addresses."""
    from digest.cli.reports import log as command

    return command(newsletter, count, as_json=json)


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port", help="Default: web.port of digest.toml.")] = 0,
    host: Annotated[str, typer.Option("--host", help="Default: web.host of digest.toml.")] = "",
) -> int:
    """Run the schedule and the reader's web pages until stopped."""
    from digest.cli.serving import serve as command

    return command(host, port)


@app.command()
def tick(json: Json = False) -> int:
    """Do what is due now, once: for cron or a systemd timer."""
    from digest.cli.serving import tick as command

    return command(as_json=json)


@app.command()
def doctor(
    json: Json = False,
    accept_restored: Annotated[
        bool, typer.Option("--accept-restored", help="Send again from a database brought back from a backup.")
    ] = False,
) -> int:
    """Look the workspace over: settings, database, secrets, links, transport."""
    from digest.cli.doctor import accept_restored as accept
    from digest.cli.doctor import doctor as command

    return accept() if accept_restored else command(as_json=json)


@app.command("try", context_settings={"ignore_unknown_options": True, "help_option_names": []})
def try_stage(words: Annotated[list[str] | None, typer.Argument(metavar="STAGE")] = None) -> int:
    """Try one stage (clean, blurb, section, cluster) on your own input: JSON lines in and out."""
    from digest.cli import trying

    return trying.run(words or [])


@themes.command("list")
def themes_list(json: Json = False) -> int:
    """Name the themes there are and the newsletters that use them."""
    from digest.cli.themes import show as command

    return command(as_json=json)


@themes.command("copy")
def themes_copy(
    theme: Annotated[str, typer.Argument(metavar="THEME", help="The theme to begin with.")],
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="The copy's name; else it takes the theme's place.")
    ] = "",
) -> int:
    """Copy a theme into the workspace, to be changed."""
    from digest.cli.themes import copy as command

    return command(theme, name)


@database.command("upgrade")
def database_upgrade() -> int:
    """Bring the database to this version's tables; make a backup first."""
    from digest.cli.doctor import upgrade as command

    return command()


@signing.command()
def keygen(
    domain: Annotated[str, typer.Option("--domain", help="The domain of the sender's address.")],
    selector: Annotated[str, typer.Option("--selector", help="The key's name in the domain's DNS.")] = "digest",
    kind: Annotated[str, typer.Option("--kind", help="rsa or ed25519.")] = "rsa",
    out: Annotated[Path | None, typer.Option("--out", help="The new key file. Default: dkim-SELECTOR.pem.")] = None,
    json: Json = False,
) -> int:
    """Make a signing key and print its DNS record."""
    from digest.cli.dkim import keygen as command

    return command(domain, selector, kind, out, as_json=json)
