"""How fast mail may leave, by a clock of the test's own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.send.smtp.queue import Queue
from digest.send.throttle import Throttle, WarmUp, asks_to_slow_down
from tests.sends import message


def sent_in(throttle: Throttle, seconds: float, *, domain: str = "example.org", start: float = 100.0) -> list[float]:
    """Return when messages leave that go as soon as they may."""
    moments, now = [], start
    while now < start + seconds:
        now = max(now, throttle.take(domain, now))
        moments.append(now)
    return [moment for moment in moments if moment < start + seconds]


@given(rate=st.floats(min_value=0.5, max_value=2000))
def test_no_second_holds_more_than_the_rate(rate: float) -> None:
    moments = sent_in(Throttle(rate), 3.0)

    busiest = max(sum(1 for other in moments if 0 <= other - moment < 1.0) for moment in moments[:500])
    assert busiest <= max(1.0, rate * 1.0) + 1


def test_nearly_all_of_the_rate_is_used() -> None:
    assert len(sent_in(Throttle(100), 10.0)) >= 950


def test_a_pause_is_not_made_up_for_by_a_burst() -> None:
    throttle = Throttle(10)
    sent_in(throttle, 1.0)

    assert len(sent_in(throttle, 1.0, start=500.0)) <= 11


def test_a_domain_has_its_own_rate_and_leaves_the_others_alone() -> None:
    throttle = Throttle(domains={"Slow.example": 2})

    assert len(sent_in(throttle, 5.0, domain="slow.example")) <= 11
    assert throttle.due("example.org", 200.0) == 200.0


@pytest.mark.parametrize(
    ("code", "reply", "asks"),
    [
        ("421", "too many messages", True),
        ("421", "4.7.0 too fast", True),
        ("421", "4.3.2 going down", False),
        ("454", "Throttling failure: Maximum sending rate exceeded.", True),
        ("450", "4.7.1 greylisted", True),
        ("451", "4.7.650 too many", True),
        ("452", "4.2.2 mailbox full", False),
        ("451", "4.3.0 local trouble", False),
    ],
)
def test_what_asks_for_a_slower_pace(code: str, reply: str, asks: bool) -> None:
    assert asks_to_slow_down(code, reply) is asks


def test_a_421_halves_the_rate_once_however_often_it_is_said() -> None:
    throttle = Throttle(100)
    for _ in range(8):
        throttle.slow_down("example.org", "421", 50.0, seen=80.0)

    assert throttle.rate_of() == 50


def test_without_a_limit_half_of_what_was_seen_becomes_the_limit() -> None:
    throttle = Throttle()

    throttle.slow_down("example.org", "421", 110.0, seen=100.0)

    assert throttle.rate_of() == 50


def test_a_policy_reply_slows_its_domain_alone() -> None:
    throttle = Throttle(100)

    throttle.slow_down("example.org", "451", 50.0, seen=80.0)

    assert throttle.rate_of() == 100 and throttle.rate_of("example.org") < 100


def test_a_slowed_rate_recovers_slowly_and_not_beyond_its_ceiling() -> None:
    throttle = Throttle(100)
    throttle.slow_down("", "421", 50.0, seen=80.0)

    rates = []
    for now in range(60, 2000, 10):
        throttle.take("example.org", float(now))
        rates.append(throttle.rate_of())

    assert rates[1] == 50 and rates == sorted(rates) and rates[-1] == 100


def test_messages_for_a_slow_domain_let_the_others_pass() -> None:
    queue = Queue([], Throttle(domains={"slow.example": 0.1}))
    waiting = [message(1, address="a@slow.example"), message(2, address="b@slow.example"), message(3), message(4)]
    pull = iter(waiting)

    first = []
    while (found := queue.next(lambda: next(pull, None), 100.0)) is not None:
        queue.wait_s(found, 100.0)
        first.append(found.subscriber_id)

    assert first == [1, 3, 4] and len(queue) == 1
    assert queue.next(lambda: None, 111.0) is not None


def test_a_new_sender_grows_day_by_day() -> None:
    plan = WarmUp(date(2026, 1, 5), first=200, factor=2)

    assert [plan.allowed(date(2026, 1, day)) for day in (4, 5, 6, 8)] == [0, 200, 400, 1600]
    assert plan.rate(date(2026, 1, 5), hours=1) == pytest.approx(200 / 3600)


def test_over_the_days_of_a_warm_up_no_day_gets_more_than_its_allowance_and_none_is_wasted() -> None:
    plan = WarmUp(date(2026, 1, 5), first=200, factor=1.5)
    hours = 6.0

    for day in range(10):
        today = plan.since + timedelta(days=day)
        throttle, now, left = Throttle(plan.rate(today, hours=hours)), 0.0, 0
        while (now := throttle.take("example.org", now)) < hours * 3600:
            left += 1

        assert 0.96 * plan.allowed(today) <= left <= plan.allowed(today)
