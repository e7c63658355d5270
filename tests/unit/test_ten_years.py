"""Ten simulated years of mornings: each due day is decided once, whatever the zone, holidays and downtime."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest

from digest.model import EditionKey
from digest.schedule import Rule, decide, due_moment, settled_until
from digest.store import State

BEGIN, END = date(2026, 1, 1), date(2036, 1, 1)
ZONES = sorted(available_timezones())


def live(zone: str, seed: int) -> tuple[Rule, Counter[EditionKey], set[EditionKey]]:
    """Run the schedule through ten years with outages; count the decisions of each day, and which were late."""
    chance = random.Random(seed)
    holidays = {BEGIN + timedelta(days=chance.randrange(3650)): "a holiday" for _ in range(100)}
    rule = Rule("morning", ("mon", "tue", "wed", "thu", "fri"), time(2, 30), zone, free=holidays)
    now = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(days=1)
    planned, decided, expired = None, Counter[EditionKey](), set[EditionKey]()
    existing: dict[EditionKey, State] = {}
    while now.date() < END:
        # Mostly a look every few hours; sometimes the machine is away for up to five days, or its clock goes back.
        away = chance.random()
        now += timedelta(hours=chance.uniform(24, 120) if away < 0.02 else chance.uniform(2, 9))
        seen = now - timedelta(hours=1) if away > 0.98 else now
        decisions = decide(rule, last_planned=planned, created=BEGIN, now=seen, existing=existing)
        for decision in decisions:
            decided[decision.key] += decision.verdict != "done"
            if decision.verdict in ("send", "late-send"):
                existing[decision.key] = State.SENT
            elif decision.verdict == "expired":
                expired.add(decision.key)
        again = decide(rule, last_planned=planned, created=BEGIN, now=seen, existing=existing)
        planned = settled_until(again) or planned
    return rule, decided, expired


@pytest.mark.parametrize("zone", random.Random(7).sample(ZONES, 12))
def test_every_due_day_is_decided_exactly_once(zone: str) -> None:
    rule, decided, _ = live(zone, seed=len(zone))

    days = (BEGIN + timedelta(days=n) for n in range((END - BEGIN).days - 7))
    due = {EditionKey("morning", day) for day in days if due_moment(rule, day) is not None}
    assert due - set(decided) == set()
    assert set(decided.values()) == {1}


def test_a_morning_missed_by_more_than_its_patience_is_given_up() -> None:
    _, _, expired = live("Europe/Kyiv", seed=3)

    assert expired
