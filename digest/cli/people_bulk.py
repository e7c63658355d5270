"""What ``digest subscribers count``, ``tag``, ``move`` and ``read-mail`` do: many people at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

import subscribers
from digest.cli.opening import ask, emit, say, warn, workspace
from digest.errors import UsageError
from digest.newsroom import Newsroom
from digest.text.counting import plural
from subscribers import Rule


def count(list_id: str, where: str | None, *, as_json: bool) -> int:
    """Tell how many of a list a rule picks, of how many."""
    rule = _rule(where)
    with workspace() as newsroom, newsroom.reading() as conn:
        subscribers.get_list(conn, list_id)
        now = newsroom.clock()
        picked = subscribers.count_segment(conn, list_id, rule, now=now, paused=True)
        paused = picked - subscribers.count_segment(conn, list_id, rule, now=now)
        everybody = picked
        if rule is not None:
            everybody = subscribers.count_segment(conn, list_id, None, now=now, paused=True)
            _warn_of_unknown(newsroom, conn, list_id, rule)
    if as_json:
        emit({"list": list_id, "where": where or "", "picked": picked, "of": everybody, "paused": paused})
    else:
        pausing = f", {paused:,} of them paused" if paused else ""
        say(f"{picked:,} of {everybody:,} on {list_id}{pausing}")
    return 0


def _warn_of_unknown(newsroom: Newsroom, conn: Connection, list_id: str, rule: Rule) -> None:
    """Tell what a rule names that is not there: misspelt, it picks nobody or everybody without a word."""
    for name in subscribers.unknown_attributes(conn, list_id, rule):
        warn(f"nobody on {list_id} has an attribute {name!r}: small and large letters count")
    for name in subscribers.unknown_tags(conn, list_id, rule):
        warn(f"nobody on {list_id} has the tag {name!r}")
    sections = [id for id, _title in newsroom.settings.sections_of(list_id)]
    for name in subscribers.sections_named(rule):
        if sections and name not in sections:
            warn(f"no newsletter of {list_id} has a section {name!r}; there is {', '.join(sections)}")


def tag(name: str, list_id: str, where: str | None, *, remove: bool) -> int:
    """Tag, or untag, everybody of a list whom a rule picks."""
    rule = _rule(where)
    with workspace() as newsroom, newsroom.writing() as conn:
        act = subscribers.remove_tag if remove else subscribers.add_tag
        changed = act(conn, name, list_id, rule, now=newsroom.clock())
    say(f"{changed:,} of {list_id} {'lost' if remove else 'got'} the tag {name}.")
    return 0


def move(list_id: str, to: str, where: str | None, *, yes: bool) -> int:
    """Move everybody whom a rule picks to another list."""
    rule = _rule(where)
    with workspace() as newsroom:
        picked = _picked(newsroom, list_id, rule)
        ask(f"Move {picked:,} {'person' if picked == 1 else 'people'} from {list_id} to {to}?", yes=yes)
        with newsroom.writing() as conn:
            left, joined = subscribers.move_members(conn, list_id, to, rule, now=newsroom.clock())
    say(f"{left:,} left {list_id}, {joined:,} joined {to}.")
    if joined < left:
        say(f"{left - joined:,} are or were on {to} already, or must not be mailed there.")
    return 0


def _picked(newsroom: Newsroom, list_id: str, rule: Rule | None) -> int:
    with newsroom.reading() as conn:
        subscribers.get_list(conn, list_id)
        return subscribers.count_segment(conn, list_id, rule, now=newsroom.clock(), paused=True)


def _rule(where: str | None) -> Rule | None:
    """Read a rule; without one everybody is meant, but never by an empty one, as a script's unset variable leaves."""
    return None if where is None else subscribers.parse_rule(where)


def read_mail(place: Path) -> int:
    """Unsubscribe who wrote to the unsubscribe mailbox: one message on standard input, or a Maildir's new ones.

    A message of a Maildir is moved to ``cur`` when it was dealt with; what names nobody is moved too, and counted.
    """
    left = unknown = 0
    with workspace() as newsroom:
        for message, settle in _messages(place):
            with newsroom.writing() as conn:
                found = subscribers.leave_by_mail(conn, message, now=newsroom.clock(), keys=newsroom.keys)
            settle()
            left += bool(found)
            unknown += found is None
    say(f"{left} left by mail; {plural(unknown, 'message')} named nobody.")
    return 0


def _messages(place: Path) -> Iterator[tuple[bytes, Callable[[], object]]]:
    if str(place) == "-":
        yield sys.stdin.buffer.read(), lambda: None
        return
    if not (place / "new").is_dir() or not (place / "cur").is_dir():
        raise UsageError(f"{place} is no Maildir (it needs the folders new and cur); or write - for standard input.")
    for path in sorted((place / "new").iterdir()):
        try:
            message = path.read_bytes()
        except FileNotFoundError:  # another run has taken it meanwhile: cron starts one every minute
            continue
        yield message, partial(_mark_seen, path, place / "cur")


def _mark_seen(path: Path, folder: Path) -> None:
    """Say the Maildir way that a message was seen."""
    with suppress(FileNotFoundError):
        path.rename(folder / f"{path.name}:2,S")
