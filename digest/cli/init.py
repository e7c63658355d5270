"""``digest init``: writes a workspace that works at once, asking only what it is not told."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from digest.cli.opening import say, warn
from digest.errors import SettingsError, UsageError
from digest.newsroom import open_newsroom
from digest.settings import SECRETS_FILE, load, make_secrets


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new workspace must know; an empty answer is asked for, or takes its default."""

    name: str = ""
    url: str = ""
    address: str = ""
    newsletter: str = ""
    sender: str = ""
    timezone: str = ""
    time: str = ""
    feeds: tuple[str, ...] = ()
    smtp: str = ""


_QUESTIONS = {
    "name": ("The paper's name", ""),
    "url": ("Public address of its web pages", ""),
    "address": ("Postal address, printed in every mail", "Postal address, still to be written"),
    "newsletter": ("The newsletter's name", "Morning"),
    "sender": ("Mails come from", ""),
    "timezone": ("Time zone", "UTC"),
    "time": ("It goes out at", "06:30"),
}

_THE_PAPERS_OWN = ("name", "url", "address", "sender")
_OPTIONS = {"sender": "--from"}


def init(folder: Path, answers: Answers, *, security: str, user: str, allow_private: bool, ask: bool) -> int:
    """Write digest.toml, the secrets file and the folders; an existing digest.toml is never touched."""
    config = folder / "digest.toml"
    if config.exists():
        raise UsageError(f"{config} is there already and was not touched.")
    ask = ask and sys.stdin.isatty()
    untold = () if ask else tuple(name for name in _THE_PAPERS_OWN if not getattr(answers, name))
    if untold and answers.smtp:
        # A trial into a folder may begin with stand-ins; what is to reach readers may not.
        options = ", ".join(_OPTIONS.get(name, f"--{name}") for name in untold)
        raise UsageError(f"init with --smtp mails real readers: give {options} as well, or leave --smtp for later.")
    answers = _complete(answers, folder, ask=ask)
    text = settings_text(answers, security=security, user=user, allow_private=allow_private)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "digest.toml.new"
    fresh.write_text(text, encoding="utf-8")
    try:
        settings = load(fresh)
    except SettingsError:
        fresh.unlink()
        raise
    (folder / "stories").mkdir(exist_ok=True)
    (folder / "blocks").mkdir(exist_ok=True)
    if not (folder / SECRETS_FILE).exists():
        make_secrets(folder / SECRETS_FILE)
    fresh.replace(config)
    from digest.cli.opening import system_clock

    open_newsroom(settings, system_clock).close()
    newsletter = settings.newsletters[0].id
    for name in untold:
        warn(f"{_QUESTIONS[name][0]} was not told; {config} has {getattr(answers, name)!r} until you change it.")
    say(f"{config} is written, and {folder / SECRETS_FILE} beside it (keep a copy; nobody else may read it).")
    say("\nNext, in that folder:")
    say(f"  digest subscribers add you@example.org --list {newsletter}")
    say("  digest gather" if answers.feeds else "  digest stories add story.md")
    say(f"  digest preview {newsletter}")
    say(f"  digest send {newsletter}")
    return 0


def settings_text(answers: Answers, *, security: str, user: str, allow_private: bool) -> str:
    """Return the text of digest.toml for the answers."""
    newsletter_id = _id(answers.newsletter)
    quoted = {field.name: _quoted(str(getattr(answers, field.name))) for field in fields(answers)}
    parts = [
        f"[site]\nname = {quoted['name']}\nurl = {quoted['url']}\naddress = {quoted['address']}\n",
        '[database]\nurl = "sqlite:///digest.db"\n',
        _transport(answers.smtp, security, user),
        '[[sources]]\nname = "newsroom"\nkind = "folder"\npath = "stories"\n',
        *(_feed(i, feed, allow_private=allow_private) for i, feed in enumerate(answers.feeds)),
        f'[[newsletters]]\nid = "{newsletter_id}"\nname = {quoted["newsletter"]}\nfrom = {quoted["sender"]}\n'
        f'list = "{newsletter_id}"\ntimezone = {quoted["timezone"]}\n'
        f'days = ["mon", "tue", "wed", "thu", "fri"]\ntime = {quoted["time"]}\ntheme = "broadsheet"\n',
        "# Sections in print order; a story comes here by its own section, by tags, or by its source's section.\n"
        '# [[newsletters.sections]]\n# id = "world"\n# title = "World"\n'
        '# description = "International affairs, diplomacy, war and peace"\n# max_items = 5\n',
    ]
    return "\n".join(parts)


def _complete(answers: Answers, folder: Path, *, ask: bool) -> Answers:
    """Ask for what is missing, or take what the folder's name and the answers before it suggest."""
    word = folder.resolve().name
    for name, (question, default) in _QUESTIONS.items():
        if getattr(answers, name):
            continue
        if name == "name":
            default = word.replace("-", " ").replace("_", " ").title() or "Newsroom"
        elif name == "url":
            default = f"https://{_id(word.replace(' ', '-'))}.example"
        elif name == "sender":
            host = urlsplit(answers.url).hostname or "newsroom.example"
            default = f"{answers.newsletter} <{_id(answers.newsletter)}@{host}>"
        value = typer.prompt(question, default=default) if ask else default
        given: dict[str, Any] = {name: value}
        answers = replace(answers, **given)
    return answers


def _transport(smtp: str, security: str, user: str) -> str:
    if not smtp:
        return '[transport]\nkind = "outbox"        # a folder of mails; later smtp or resend\npath = "outbox"\n'
    host, _, port = smtp.rpartition(":")
    if not host:
        host, port = smtp, ""
    lines = ["[transport]", 'kind = "smtp"', f"host = {_quoted(host)}", f"security = {_quoted(security)}"]
    if port:
        if not port.isdigit():
            raise UsageError(f"--smtp {smtp}: write HOST:PORT.")
        lines.append(f"port = {port}")
    if user:
        lines += [f"username = {_quoted(user)}", 'password_env = "SMTP_PASSWORD"']
    return "\n".join(lines) + "\n"


def _feed(index: int, url: str, *, allow_private: bool) -> str:
    host = urlsplit(url).hostname
    if not host:
        raise UsageError(f"--feed {url}: write a whole address that starts with https://.")
    name = _id(host.removeprefix("www.")) + (f"-{index + 1}" if index else "")
    private = "allow_private = true\n" if allow_private else ""
    return f'[[sources]]\nname = "{name}"\nkind = "feed"\nurl = {_quoted(url)}\n{private}'


def _id(name: str) -> str:
    letters = (
        "".join(c if c.isascii() and c.isalnum() else "-" for c in name.split()[0].lower()) if name.split() else ""
    )
    return letters.strip("-") or "newsletter"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
