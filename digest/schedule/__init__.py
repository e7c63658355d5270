"""Says which editions are due: a pure rule over days, without a clock, a database or a timer.

A day's moment is made by our own arithmetic on IANA zones, never by a timer's cron rule: those skip and double days
at the changes of the clock. One due day gives one decision, whatever is asked how often.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as TimeOfDay
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from digest.model import EditionKey
from digest.store import State

Verdict = Literal["send", "late-send", "expired", "skip", "done"]

PATIENCE = timedelta(hours=6)
"""How long after its time an edition may still leave when the newsletter names no ``not_after``."""

LATE_AFTER = timedelta(minutes=5)
"""Beyond this a send is told as late: the alarm clock itself ticks every 20 seconds."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GONE = (State.FROZEN, State.SENT, State.STOPPED, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a newsletter is due. ``time`` and ``not_after`` are local to ``timezone``; ``days`` are mon … sun.

    ``free`` are days without an edition and why: holidays, and what an editor took out.
    A ``not_after`` earlier in the day than ``time`` belongs to the next day; None gives ``PATIENCE``.
    """

    newsletter: str
    days: Sequence[str]
    time: TimeOfDay
    timezone: str
    skip_dates: Collection[date] = frozenset()
    free: Mapping[date, str] = field(default_factory=dict)
    not_after: TimeOfDay | None = None
    slot: str = "main"

    def why_skipped(self, day: date) -> str:
        """Return why a day has no edition, or an empty string."""
        if day in self.free:
            return f"{day.isoformat()}: {self.free[day]}"
        return f"{day.isoformat()} is a date to skip" if day in self.skip_dates else ""

    def words(self) -> str:
        """Return the rule as text: what a plan compares to see that it was changed."""
        until = f" not after {self.not_after:%H:%M}" if self.not_after else ""
        return f"{' '.join(self.days)} {self.time:%H:%M}{until} {self.timezone}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one due day and why. ``deadline`` is the last moment at which it may still leave."""

    key: EditionKey
    due: datetime
    deadline: datetime
    verdict: Verdict
    because: str


def due_moment(rule: Rule, day: date) -> datetime | None:
    """Return the moment, in UTC, at which a day's edition is due, or None for a day without one.

    A time that the clock shows twice is due the first time; one that it leaps over is due when it would have been
    shown without the leap (PEP 495, fold=0). A local day that does not exist (Apia had no 2011-12-30) has no
    moment. Skipped dates do have one.
    """
    if _WEEKDAYS[day.weekday()] not in rule.days:
        return None
    return _local_moment(day, rule.time, rule.timezone)


def deadline_of(rule: Rule, day: date) -> datetime | None:
    """Return the last moment, in UTC, at which the day's edition may leave, or None for a day without one."""
    due = due_moment(rule, day)
    if due is None:
        return None
    if rule.not_after is None:
        return due + PATIENCE
    after_midnight = rule.not_after <= rule.time
    last = _local_moment(day + timedelta(days=1) if after_midnight else day, rule.not_after, rule.timezone)
    return due + PATIENCE if last is None or last <= due else last


def moment_after(due: datetime, at: TimeOfDay, day: date, timezone: str) -> datetime | None:
    """Return the first moment after ``due`` at which the zone's clock shows ``at``, on the due day or the next."""
    for local in (day, day + timedelta(days=1)):
        moment = _local_moment(local, at, timezone)
        if moment is not None and moment > due:
            return moment
    return None


def decide(
    rule: Rule,
    *,
    last_planned: date | None,
    created: date,
    now: datetime,
    existing: Mapping[EditionKey, State],
    edited_at: datetime | None = None,
) -> list[Decision]:
    """Return one decision for each due day after ``last_planned`` (at the earliest ``created``) whose time has come.

    Oldest first. ``existing`` is how far the newsletter's editions have come; ``done`` is a day whose edition is on
    its way or at its end. A moment that lay in the past when the rule was edited is skipped: nothing leaves
    unasked because somebody changed a setting.
    """
    today = now.astimezone(_zone(rule.timezone)).date()
    first = created if last_planned is None else max(created, last_planned + timedelta(days=1))
    decisions = []
    for day in _days(first, today):
        due, deadline = due_moment(rule, day), deadline_of(rule, day)
        if due is None or deadline is None or due > now:
            continue
        key = EditionKey(rule.newsletter, day, rule.slot)
        verdict, because = _verdict(rule, day, due, deadline, now, existing.get(key), edited_at)
        decisions.append(Decision(key, due, deadline, verdict, because))
    return decisions


def decide_extra(key: EditionKey, due: datetime, *, now: datetime, state: State | None) -> Decision | None:
    """Return what to do about an extra edition that an editor put on the calendar; None before its time."""
    if due > now:
        return None
    deadline = due + PATIENCE
    if state in _GONE:
        return Decision(key, due, deadline, "done", f"its edition is {state}")
    late = now - due
    if now > deadline:
        return Decision(key, due, deadline, "expired", f"an extra edition due {due:%H:%M} UTC; {_span(late)} late")
    verdict: Verdict = "late-send" if late > LATE_AFTER else "send"
    return Decision(key, due, deadline, verdict, f"an extra edition, due {due:%Y-%m-%d %H:%M} UTC")


def settled_until(decisions: Sequence[Decision]) -> date | None:
    """Return the last day up to which no decision asks for a send any more: what a plan may advance to."""
    settled = None
    for decision in decisions:
        if decision.verdict in ("send", "late-send"):
            break
        settled = decision.key.day
    return settled


def upcoming(rule: Rule, now: datetime, n: int = 30) -> list[Decision]:
    """Return the next ``n`` decisions after ``now``, as they would fall today; fewer when no day is ever due."""
    found: list[Decision] = []
    today = now.astimezone(_zone(rule.timezone)).date()
    # Of any seven days one is due unless none ever is; the second margin is for days that do not exist.
    for day in _days(today - timedelta(days=1), today + timedelta(days=7 * (n + 2))):
        due, deadline = due_moment(rule, day), deadline_of(rule, day)
        if due is None or deadline is None or due <= now:
            continue
        skipped = rule.why_skipped(day)
        because = skipped or f"{rule.time:%H:%M} in {rule.timezone}"
        key = EditionKey(rule.newsletter, day, rule.slot)
        found.append(Decision(key, due, deadline, "skip" if skipped else "send", because))
        if len(found) >= n:
            break
    return found


def _verdict(
    rule: Rule,
    day: date,
    due: datetime,
    deadline: datetime,
    now: datetime,
    state: State | None,
    edited_at: datetime | None,
) -> tuple[Verdict, str]:
    if state in _GONE:
        return "done", f"its edition is {state}"
    if skipped := rule.why_skipped(day):
        return "skip", skipped
    if edited_at is not None and due < edited_at:
        return "skip", f"the schedule was changed at {edited_at:%Y-%m-%d %H:%M} UTC, after this edition's time"
    late = now - due
    if now > deadline:
        return "expired", f"due {due:%Y-%m-%d %H:%M} UTC, not after {deadline:%H:%M}; it is {_span(late)} late"
    if late > LATE_AFTER:
        return "late-send", f"due {due:%Y-%m-%d %H:%M} UTC; {_span(late)} late, allowed until {deadline:%H:%M}"
    return "send", f"due {due:%Y-%m-%d %H:%M} UTC"


def _span(late: timedelta) -> str:
    minutes = int(late.total_seconds() // 60)
    if minutes >= 48 * 60:
        return f"{minutes // 1440} days"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _local_moment(day: date, at: TimeOfDay, timezone: str) -> datetime | None:
    zone = _zone(timezone)
    local = datetime.combine(day, at, tzinfo=zone)
    moment = local.astimezone(UTC)
    # A leap of the clock moves a time by hours; a day that comes out as another one does not exist there.
    shown = moment.astimezone(zone)
    if shown.date() == day:
        return moment
    return None if abs(shown.replace(tzinfo=None) - local.replace(tzinfo=None)) >= timedelta(hours=23) else moment


def _days(first: date, last: date) -> Iterator[date]:
    for step in range((last - first).days + 1):
        yield first + timedelta(days=step)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
