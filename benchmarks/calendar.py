"""Lives ten years in every zone there is and counts the decisions: one for each newsletter, slot and due day.

Each zone has newsletters with awkward times, holidays and a machine that sleeps now and then, for minutes or for
days. What is due is found a second time by asking every zone what its clock shows, without the rule's own arithmetic.

    python -m benchmarks calendar [--years 10] [--zones N] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import zoneinfo
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as TimeOfDay

from digest.model import EditionKey
from digest.schedule import PATIENCE, Decision, Rule, decide, settled_until
from digest.store import State

FIRST_DAY = date(2020, 1, 1)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AWAKE_STEP = timedelta(hours=15)
"""How often the simulated machine looks besides the moments around an edition's time."""

SLEEPS = (timedelta(minutes=3), timedelta(minutes=40), timedelta(hours=3), timedelta(hours=9), timedelta(days=3))
SLEEPY = 1 / 40
"""How likely the machine falls asleep at one look."""


@dataclass(slots=True)
class Life:
    """What one newsletter's years came to: verdicts by kind, and every fault in words."""

    due: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def rules_of(zone: str, holidays: dict[date, str]) -> tuple[Rule, ...]:
    """Return the newsletters of a zone: a weekday morning, the hours at which clocks change, and around midnight."""
    return (
        Rule("weekday", WEEK[:5], TimeOfDay(6, 30), zone, free=holidays, not_after=TimeOfDay(10, 30)),
        Rule("night", WEEK, TimeOfDay(2, 30), zone, free=holidays),
        Rule("late", WEEK, TimeOfDay(23, 45), zone, not_after=TimeOfDay(1, 15), slot="late"),
        Rule("first", WEEK, TimeOfDay(0, 0), zone, skip_dates=frozenset(holidays), not_after=TimeOfDay(4, 0)),
    )


def moments(rule: Rule, first: date, last: date) -> dict[date, datetime]:
    """Return the moment of each due day as its zone's clock shows it, found by looking at the clock alone.

    A time shown twice counts the first time; one never shown is taken by the clock before the leap; a day of which
    the zone shows no moment at all has none.
    """
    zone = zoneinfo.ZoneInfo(rule.timezone)
    found = {}
    for day in _days(first, last):
        if WEEK[day.weekday()] in rule.days and (moment := _shown(zone, datetime.combine(day, rule.time))):
            found[day] = moment
    return found


def live(rule: Rule, first: date, last: date, seed: int) -> Life:
    """Live from day to day with a machine that sleeps now and then, and compare its decisions with what was due."""
    chance = random.Random(f"{seed}:{rule.newsletter}:{rule.timezone}")
    expected = moments(rule, first, last)
    life = Life(due=len(expected))
    decided: dict[date, str] = {}
    existing: dict[EditionKey, State] = {}
    planned: date | None = None
    for now in _looks(sorted(expected.values()), chance, first, last):
        decisions = decide(rule, last_planned=planned, created=first, now=now, existing=existing)
        for decision in (d for d in decisions if d.key.day <= last):
            _note(decision, now, expected, decided, existing, life)
        # A send is over before the next look, so all that was decided lies behind the plan.
        again = decide(rule, last_planned=planned, created=first, now=now, existing=existing) if decisions else []
        planned = settled_until(again) or planned
    missing = sorted(set(expected) - set(decided))
    life.faults += [f"{rule.newsletter} {rule.timezone} {day}: no decision" for day in missing]
    return life


def _note(
    decision: Decision,
    now: datetime,
    expected: dict[date, datetime],
    decided: dict[date, str],
    existing: dict[EditionKey, State],
    life: Life,
) -> None:
    """Keep one decision and say what is wrong with it: a day not due or decided twice, or the wrong moment."""
    day, verdict = decision.key.day, decision.verdict
    where = f"{decision.key.newsletter} {day}"
    due = expected.get(day)
    if due is None:
        life.faults.append(f"{where}: decided and not due")
    elif due != decision.due:
        life.faults.append(f"{where}: due {decision.due}, the zone's clock says {due}")
    elif day in decided:
        life.faults.append(f"{where}: {decided[day]} and then {verdict}")
    elif verdict in ("send", "late-send") and now > decision.deadline:
        life.faults.append(f"{where}: sent at {now}, not allowed after {decision.deadline}")
    elif verdict == "expired" and now <= decision.deadline:
        life.faults.append(f"{where}: given up {now - due} after its time, allowed until {decision.deadline}")
    decided[day] = verdict
    life.verdicts[verdict] += 1
    if verdict in ("send", "late-send"):
        existing[decision.key] = State.SENT
    elif verdict == "expired":
        existing[decision.key] = State.EXPIRED


def _looks(due: Sequence[datetime], chance: random.Random, first: date, last: date) -> Iterator[datetime]:
    """Yield the moments at which the machine is awake and looks, in order; it sleeps now and then."""
    moment = datetime.combine(first, TimeOfDay(0), UTC) - timedelta(days=1)
    end = datetime.combine(last, TimeOfDay(0), UTC) + timedelta(days=3)
    wanted = sorted([*due, *_every(moment, end)])
    asleep_until = moment
    for at in wanted:
        look = at + timedelta(seconds=chance.uniform(0, 20))
        if look < asleep_until:
            continue
        if chance.random() < SLEEPY:
            asleep_until = look + chance.choice(SLEEPS)
            # It wakes at a moment of its own, not at the next edition's.
            look = asleep_until
        if look > moment:
            moment = look
            yield look
    yield end + PATIENCE


def _every(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += AWAKE_STEP


def _shown(zone: zoneinfo.ZoneInfo, local: datetime) -> datetime | None:
    """Return the first moment at which a zone's clock shows ``local``, in UTC."""
    plain = local.replace(tzinfo=UTC)
    # No zone goes two ways within three days: where the ends and the middle agree nothing changed in between.
    if len({offset := _offset(zone, plain + timedelta(hours=hours)) for hours in (-38, -19, 0, 19, 38)}) == 1:
        return plain - offset
    around = [plain + timedelta(hours=hours) for hours in range(-38, 39, 2)]
    offsets = list(dict.fromkeys(_offset(zone, moment) for moment in around))
    candidates = [plain - offset for offset in offsets]
    exact = [c for c in candidates if c.astimezone(zone).replace(tzinfo=None) == local]
    if exact:
        return min(exact)
    if not any(c.astimezone(zone).date() == local.date() for c in around):
        return None
    # The clock leapt over this time: the offset that held before the leap is the first of those around it.
    before = [
        c for c, offset in zip(candidates, offsets, strict=True) if _offset(zone, c - timedelta(hours=3)) == offset
    ]
    return min(before or candidates)


def _offset(zone: zoneinfo.ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _days(first: date, last: date) -> Iterator[date]:
    for step in range((last - first).days + 1):
        yield first + timedelta(days=step)


def _holidays(first: date, last: date) -> dict[date, str]:
    """Return eleven days off a year, among them days at which clocks change."""
    named = {
        (1, 1): "New Year",
        (3, 29): "Spring day",
        (5, 1): "Labour Day",
        (10, 25): "Autumn day",
        (12, 25): "Christmas",
    }
    chance = random.Random(11)
    for _ in range(6):
        named.setdefault((chance.randint(1, 12), chance.randint(1, 28)), "A local day")
    return {day: named[(day.month, day.day)] for day in _days(first, last) if (day.month, day.day) in named}


def run(argv: list[str]) -> int:
    """Live the years; print decisions by verdict and the faults, and return 1 if there was one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks calendar")
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--zones", type=int, default=0, help="only the first N zones; 0 takes all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args(argv)
    zones = sorted(zoneinfo.available_timezones())[: wanted.zones or None]
    last = date(FIRST_DAY.year + wanted.years - 1, 12, 31)
    holidays = _holidays(FIRST_DAY, last)
    total, start = Life(), time.monotonic()
    for number, zone in enumerate(zones, 1):
        for rule in rules_of(zone, holidays):
            life = live(rule, FIRST_DAY, last, wanted.seed)
            total.due += life.due
            total.verdicts += life.verdicts
            total.faults += life.faults
        if number % 50 == 0:
            print(f"{number} of {len(zones)} zones, {time.monotonic() - start:.0f} s", file=sys.stderr)
    figures = {
        "zones": len(zones), "years": wanted.years, "due": total.due, "decisions": sum(total.verdicts.values()),
        "verdicts": dict(total.verdicts), "faults": len(total.faults), "first_faults": total.faults[:20],
    }  # fmt: skip
    print(json.dumps(figures, indent=None if wanted.json else 2))
    return 1 if total.faults or sum(total.verdicts.values()) != total.due else 0
