"""Keeps what editors did to an edition, in order, with author and time: the acts a rebuild replays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from digest.errors import UsageError
from digest.model import EditionKey
from digest.store import schema

ActName = Literal[
    "lead", "order", "pin", "move", "drop", "restore", "headline", "blurb", "kicker", "subject", "preheader",
    "merge", "split", "intro", "block", "unblock",
]  # fmt: skip

_a = schema.editorial_act


@dataclass(frozen=True, slots=True)
class Act:
    """One thing an editor did. ``id`` is 0 until it is stored.

    ``body`` by act: ``{"story"}`` for lead, pin, restore; ``{"story", "section"}`` for move; ``{"story",
    "reason"}`` for drop; ``{"story", "text"}`` for headline, blurb, kicker; ``{"text"}`` for subject, preheader and
    intro; ``{"name", "text"}``, the block's file, for block; ``{"name"}`` for unblock;
    ``{"stories"}`` for order, merge, split. An empty text takes an earlier act of the same name back.
    """

    act: ActName
    body: Mapping[str, Any] = field(default_factory=dict)
    author: str = ""
    at: datetime | None = None
    id: int = 0


def add_act(conn: sa.Connection, key: EditionKey, act: Act) -> int:
    """Keep an act after those of the same edition and return its id; raises UsageError on one without time or name."""
    if act.act not in get_args(ActName):
        raise UsageError(f"{act.act!r} is nothing an editor does; known are {', '.join(get_args(ActName))}.")
    if act.at is None:
        raise UsageError(f"The act {act.act!r} on {key} says no time: an editor's acts are replayed in order.")
    values = {
        "newsletter": key.newsletter,
        "day": key.day.isoformat(),
        "slot": key.slot,
        "at": act.at,
        "author": act.author,
        "act": act.act,
        "body": json.dumps(dict(act.body), ensure_ascii=True, sort_keys=True),
    }
    inserted = conn.execute(sa.insert(_a).values(**values)).inserted_primary_key
    assert inserted is not None
    return int(inserted[0])


def acts(conn: sa.Connection, key: EditionKey) -> list[Act]:
    """Return an edition's acts in the order they were made; there may be some before its first draft."""
    rows = conn.execute(sa.select(_a).where(_names(key)).order_by(_a.c.id))
    return [Act(row.act, json.loads(row.body), row.author, row.at, row.id) for row in rows]


def groupings(conn: sa.Connection) -> list[Act]:
    """Return every merge and split that an editor ever made, in order: they hold for all editions to come."""
    rows = conn.execute(sa.select(_a).where(_a.c.act.in_(("merge", "split"))).order_by(_a.c.id))
    return [Act(row.act, json.loads(row.body), row.author, row.at, row.id) for row in rows]


def remove_act(conn: sa.Connection, key: EditionKey, act_id: int) -> bool:
    """Take one act back; return whether it was there."""
    return conn.execute(sa.delete(_a).where(_names(key), _a.c.id == act_id)).rowcount == 1


def remove_acts(conn: sa.Connection, key: EditionKey) -> int:
    """Take all acts on an edition back; return how many there were."""
    return conn.execute(sa.delete(_a).where(_names(key))).rowcount


def _names(key: EditionKey) -> sa.ColumnElement[bool]:
    return sa.and_(_a.c.newsletter == key.newsletter, _a.c.day == key.day.isoformat(), _a.c.slot == key.slot)
