"""What is due, over ordinary days, changes of the clock, sleep and every zone there is."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import EditionKey
from digest.schedule import Decision, Rule, deadline_of, decide, due_moment, settled_until, upcoming
from digest.store import State

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS = WEEK[:5]
FRIDAY, MONDAY = date(2026, 1, 2), date(2026, 1, 5)
DUE = datetime(2026, 1, 5, 11, 30, tzinfo=UTC)


def rule(**changes: Any) -> Rule:
    plain: dict[str, Any] = {
        "newsletter": "morning",
        "days": WORKDAYS,
        "time": time(6, 30),
        "timezone": "America/New_York",
        "not_after": time(10, 30),
    }
    return Rule(**(plain | changes))


def decided(now: datetime, of: Rule | None = None, **known: Any) -> list[Decision]:
    plain: dict[str, Any] = {"last_planned": FRIDAY, "created": FRIDAY, "existing": {}}
    return decide(of or rule(), now=now, **(plain | known))


def test_an_edition_is_due_at_its_local_time() -> None:
    assert due_moment(rule(), MONDAY) == DUE
    assert due_moment(rule(), date(2026, 7, 6)) == datetime(2026, 7, 6, 10, 30, tzinfo=UTC)


def test_a_day_off_has_no_edition() -> None:
    assert due_moment(rule(), date(2026, 1, 4)) is None
    assert decided(datetime(2026, 1, 4, 23, tzinfo=UTC)) == []


def test_nothing_is_decided_before_the_time() -> None:
    assert decided(DUE - timedelta(microseconds=1)) == []


def test_an_edition_is_sent_when_its_time_comes() -> None:
    (decision,) = decided(DUE)

    assert (str(decision.key), decision.verdict, decision.due) == ("morning/2026-01-05", "send", DUE)
    assert decision.deadline == datetime(2026, 1, 5, 15, 30, tzinfo=UTC)


def test_an_edition_missed_for_a_while_is_sent_late_and_told_so() -> None:
    (decision,) = decided(DUE + timedelta(hours=2))

    assert decision.verdict == "late-send"
    assert "2 h 0 min late" in decision.because


def test_an_edition_past_its_last_moment_has_expired() -> None:
    deadline = DUE + timedelta(hours=4)

    assert decided(deadline)[0].verdict == "late-send"
    assert decided(deadline + timedelta(seconds=1))[0].verdict == "expired"


def test_three_days_of_sleep_give_each_due_day_its_decision() -> None:
    decisions = decided(datetime(2026, 1, 7, 12, tzinfo=UTC))

    assert [(d.key.day.day, d.verdict) for d in decisions] == [(5, "expired"), (6, "expired"), (7, "late-send")]


def test_a_new_newsletter_does_not_send_the_past() -> None:
    decisions = decided(DUE, last_planned=None, created=MONDAY)

    assert [d.key.day for d in decisions] == [MONDAY]


def test_a_skipped_date_is_decided_and_not_sent() -> None:
    (decision,) = decided(DUE, rule(skip_dates={MONDAY}))

    assert decision.verdict == "skip"


@pytest.mark.parametrize("state", [State.FROZEN, State.SENT, State.STOPPED, State.EXPIRED])
def test_a_day_whose_edition_is_on_its_way_is_done(state: State) -> None:
    (decision,) = decided(DUE, existing={EditionKey("morning", MONDAY): state})

    assert decision.verdict == "done"


@pytest.mark.parametrize("state", [State.DRAFT, State.HELD])
def test_a_draft_made_beforehand_is_sent_at_its_time(state: State) -> None:
    (decision,) = decided(DUE, existing={EditionKey("morning", MONDAY): state})

    assert decision.verdict == "send"


def test_an_edition_of_another_slot_does_not_count() -> None:
    (decision,) = decided(DUE, existing={EditionKey("morning", MONDAY, "breaking"): State.SENT})

    assert decision.verdict == "send"


def test_a_changed_schedule_sends_nothing_whose_time_had_passed() -> None:
    edited = DUE + timedelta(minutes=30)

    (decision,) = decided(edited + timedelta(minutes=1), edited_at=edited)

    assert decision.verdict == "skip"
    assert "schedule was changed" in decision.because


def test_a_rule_in_words_changes_with_days_time_and_zone_and_not_with_skipped_dates() -> None:
    assert rule().words() == "mon tue wed thu fri 06:30 not after 10:30 America/New_York"
    assert rule(not_after=None, skip_dates={MONDAY}).words() == "mon tue wed thu fri 06:30 America/New_York"


def test_a_clock_set_back_decides_nothing_again() -> None:
    assert decided(DUE - timedelta(hours=1), last_planned=MONDAY) == []


def test_without_a_last_moment_an_edition_waits_six_hours() -> None:
    assert deadline_of(rule(not_after=None), MONDAY) == DUE + timedelta(hours=6)


def test_a_late_evening_edition_may_leave_after_midnight() -> None:
    night = rule(time=time(22, 0), not_after=time(1, 0))

    assert deadline_of(night, MONDAY) == datetime(2026, 1, 6, 6, 0, tzinfo=UTC)


def test_a_plan_advances_up_to_the_first_day_that_still_asks_for_a_send() -> None:
    decisions = decided(datetime(2026, 1, 7, 12, tzinfo=UTC))

    assert settled_until(decisions) == date(2026, 1, 6)
    assert settled_until(decisions[2:]) is None


def test_the_next_decisions_start_after_now_and_tell_the_skipped() -> None:
    coming = upcoming(rule(skip_dates={date(2026, 1, 6)}), DUE, 3)

    assert [(d.key.day.day, d.verdict) for d in coming] == [(6, "skip"), (7, "send"), (8, "send")]


def test_thirty_decisions_of_a_weekly_newsletter_reach_into_summer() -> None:
    coming = upcoming(rule(days=("sun",)), DUE)

    assert len(coming) == 30
    assert coming[-1].key.day == date(2026, 8, 2)


def test_a_newsletter_without_days_has_nothing_coming() -> None:
    assert upcoming(rule(days=()), DUE) == []


def test_a_time_the_clock_leaps_over_is_due_an_hour_later() -> None:
    spring = date(2027, 3, 14)

    assert due_moment(rule(days=WEEK, time=time(2, 30)), spring) == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)


def test_a_time_the_clock_shows_twice_is_due_the_first_time() -> None:
    autumn = date(2027, 11, 7)

    assert due_moment(rule(days=WEEK, time=time(1, 30)), autumn) == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)


def test_a_day_that_does_not_exist_has_no_edition() -> None:
    apia = rule(days=WEEK, timezone="Pacific/Apia")

    assert due_moment(apia, date(2011, 12, 30)) is None
    assert due_moment(apia, date(2011, 12, 31)) is not None


@given(
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from(["America/New_York", "Europe/Kyiv", "Africa/Cairo", "Pacific/Chatham", "America/Santiago"]),
    gaps=st.lists(st.integers(min_value=1, max_value=60 * 80), min_size=1, max_size=60),
)
def test_however_seldom_it_is_asked_each_due_day_is_decided_once(at: time, zone: str, gaps: list[int]) -> None:
    daily = rule(days=WEEK, time=at, timezone=zone, not_after=None)
    now, last = datetime(2027, 3, 1, tzinfo=UTC), None
    seen: list[date] = []
    for gap in gaps:
        decisions = decide(daily, last_planned=last, created=date(2027, 3, 2), now=now, existing={})
        seen += [d.key.day for d in decisions]
        last = seen[-1] if seen else None
        now += timedelta(minutes=gap)

    assert seen == [date(2027, 3, 2) + timedelta(days=n) for n in range(len(seen))]


def test_in_every_zone_each_day_around_a_change_of_the_clock_is_due_once() -> None:
    checked = 0
    for name in sorted(zoneinfo.available_timezones()):
        for change in _changes(name):
            for minute in range(0, 24 * 60, 30):
                daily = rule(days=WEEK, timezone=name, time=time(minute // 60, minute % 60))
                found = [due_moment(daily, change + timedelta(days=n)) for n in range(-2, 3)]
                moments = [moment for moment in found if moment is not None]
                gaps = {later - earlier for earlier, later in pairwise(moments)}
                assert len(moments) == 5, (name, change)
                assert timedelta(hours=21) <= min(gaps) <= max(gaps) <= timedelta(hours=27), (name, change)
                checked += 1

    assert checked > 30_000


def _changes(name: str) -> Iterator[date]:
    """Yield the days of 2026 to 2028 on which a zone's clock is changed."""
    zone = zoneinfo.ZoneInfo(name)
    noon = datetime(2026, 1, 1, 12)
    before = zone.utcoffset(noon)
    for step in range(1, 3 * 365, 7):
        after = zone.utcoffset(noon + timedelta(days=step))
        if after != before:
            yield next(
                (noon + timedelta(days=day)).date()
                for day in range(step - 6, step + 1)
                if zone.utcoffset(noon + timedelta(days=day)) == after
            )
        before = after
