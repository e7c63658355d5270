"""What every command starts with: the clock, the workspace, the edition it is about, and how it prints."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.model import EditionKey
from digest.newsroom import Newsroom, open_newsroom
from digest.protocols import Clock
from digest.settings import NewsletterSettings, load

DEFAULT_CONFIG = Path("digest.toml")

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""The controls of ASCII and ISO 6429 but tab and line feed: a terminal takes them as orders."""


def system_clock() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def clock_from_environment() -> Clock:
    """Return the system's clock, or for rehearsals one that starts at ``DIGEST_NOW`` (an ISO moment with zone)."""
    written = os.environ.get("DIGEST_NOW", "")
    if not written:
        return system_clock
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise UsageError(f"DIGEST_NOW is {written!r}; write a moment like 2026-01-06T11:30:00+00:00.") from error
    if moment.tzinfo is None:
        raise UsageError(f"DIGEST_NOW is {written!r}; it needs a zone, like +00:00.")
    started = time.monotonic()
    return lambda: moment.astimezone(UTC) + timedelta(seconds=time.monotonic() - started)


def config_path() -> Path:
    """Return the settings file the command is about."""
    return Path(os.environ.get("DIGEST_CONFIG", "") or DEFAULT_CONFIG)


@contextmanager
def workspace(clock: Clock | None = None, config: Path | None = None) -> Iterator[Newsroom]:
    """Open the workspace for one command and close it afterwards."""
    newsroom = open_newsroom(load(config or config_path()), clock or clock_from_environment())
    try:
        yield newsroom
    finally:
        newsroom.close()


def edition_key(newsroom: Newsroom, newsletter: str, day: str, slot: str) -> EditionKey:
    """Name the edition a command is about; without a day it is today's in the newsletter's zone."""
    settings = newsroom.newsletter(newsletter)
    try:
        chosen = date.fromisoformat(day) if day else today(newsroom, settings)
        return EditionKey.parse(f"{newsletter}/{chosen.isoformat()}/{slot}")
    except ValueError as error:
        raise UsageError(f"--day {day} --slot {slot}: write a day as YYYY-MM-DD, a slot in small letters.") from error


def today(newsroom: Newsroom, newsletter: NewsletterSettings) -> date:
    """Return the local day of the newsletter."""
    return newsroom.clock().astimezone(ZoneInfo(newsletter.timezone)).date()


def emit(document: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def say(text: str = "") -> None:
    """Print a line for people on standard output, with what would steer their terminal escaped."""
    print(escaped(text))


def warn(text: str) -> None:
    """Print a line on standard error: what went wrong without stopping the command."""
    print(escaped(f"warning: {text}"), file=sys.stderr)


def escaped(text: str) -> str:
    r"""Return a text with control characters written out, like ``\x1b``; line ends and tabs stay."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def ask(question: str, *, yes: bool) -> None:
    """Ask for a go on the terminal; without one, ``--yes`` is needed. Raises UsageError or Abort."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask on: add --yes.")
    import typer

    typer.confirm(question, abort=True)
