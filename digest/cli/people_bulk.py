"""What ``digest subscribers count``, ``tag`` and ``move`` do: many people by a rule."""

from __future__ import annotations

import subscribers
from digest.cli.opening import ask, emit, say, workspace
from digest.newsroom import Newsroom
from subscribers import Rule


def count(list_id: str, where: str, *, as_json: bool) -> int:
    """Tell how many of a list a rule picks, of how many."""
    rule = _rule(where)
    with workspace() as newsroom, newsroom.reading() as conn:
        subscribers.get_list(conn, list_id)
        now = newsroom.clock()
        picked = subscribers.count_segment(conn, list_id, rule, now=now)
        everybody = subscribers.count_segment(conn, list_id, None, now=now)
    if as_json:
        emit({"list": list_id, "where": where, "picked": picked, "of": everybody})
    else:
        say(f"{picked:,} of {everybody:,} on {list_id}")
    return 0


def tag(name: str, list_id: str, where: str, *, remove: bool) -> int:
    """Tag, or untag, everybody of a list whom a rule picks."""
    rule = _rule(where)
    with workspace() as newsroom, newsroom.writing() as conn:
        act = subscribers.remove_tag if remove else subscribers.add_tag
        changed = act(conn, name, list_id, rule, now=newsroom.clock())
    say(f"{changed:,} of {list_id} {'lost' if remove else 'got'} the tag {name}.")
    return 0


def move(list_id: str, to: str, where: str, *, yes: bool) -> int:
    """Move everybody whom a rule picks to another list."""
    rule = _rule(where)
    with workspace() as newsroom:
        ask(f"Move {_picked(newsroom, list_id, rule):,} people from {list_id} to {to}?", yes=yes)
        with newsroom.writing() as conn:
            left, joined = subscribers.move_members(conn, list_id, to, rule, now=newsroom.clock())
    say(f"{left:,} left {list_id}, {joined:,} joined {to}.")
    if joined < left:
        say(f"{left - joined:,} are or were on {to} already, or must not be mailed there.")
    return 0


def _picked(newsroom: Newsroom, list_id: str, rule: Rule | None) -> int:
    with newsroom.reading() as conn:
        subscribers.get_list(conn, list_id)
        return subscribers.count_segment(conn, list_id, rule, now=newsroom.clock())


def _rule(where: str) -> Rule | None:
    return subscribers.parse_rule(where) if where else None
