"""Remembers up to which day each newsletter's schedule has been dealt with, and since when it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from digest.store import schema
from digest.store.sql import insert_new

_p = schema.plan


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a newsletter's schedule stands; days are local to the newsletter.

    ``created`` is the first day it may be due; ``last_planned`` the last day that needs no more looking at;
    ``edited_at`` when its rule was made or last changed.
    """

    newsletter: str
    created: date
    last_planned: date | None
    edited_at: datetime | None = None


def ensure_plan(conn: sa.Connection, newsletter: str, *, now: datetime, timezone: str, rule: str = "") -> Plan:
    """Return a newsletter's plan, made today if it is new. ``rule`` is its schedule in words: a change is noted."""
    today = now.astimezone(ZoneInfo(timezone)).date().isoformat()
    insert_new(conn, _p, {"newsletter": newsletter, "since_day": today, "rule": rule, "edited_at": now})
    mine = _p.c.newsletter == newsletter
    if rule:
        # Of two processes that see the change one writes it; a plan without words only learns them.
        changed = sa.update(_p).where(mine, _p.c.rule != rule)
        conn.execute(changed.where(_p.c.rule != "").values(edited_at=now, rule=rule))
        conn.execute(changed.values(rule=rule))
    found = find_plan(conn, newsletter)
    assert found is not None
    return found


def find_plan(conn: sa.Connection, newsletter: str) -> Plan | None:
    """Return a newsletter's plan, or None before its schedule first ran."""
    row = conn.execute(sa.select(_p).where(_p.c.newsletter == newsletter)).one_or_none()
    if row is None:
        return None
    last = date.fromisoformat(row.last_planned) if row.last_planned else None
    return Plan(newsletter, date.fromisoformat(row.since_day), last, row.edited_at)


def advance(conn: sa.Connection, newsletter: str, day: date) -> bool:
    """Note that every day up to this one is dealt with; False when it was so already, so one process alone tells it.

    Belongs into the transaction that makes the edition or gives it up. Never goes back.
    """
    behind = sa.or_(_p.c.last_planned.is_(None), _p.c.last_planned < day.isoformat())
    moved = sa.update(_p).where(_p.c.newsletter == newsletter, behind).values(last_planned=day.isoformat())
    return conn.execute(moved).rowcount == 1
