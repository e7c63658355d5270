"""What two requests of one reader do at the same moment: one of them does it, and the other finds it done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

import subscribers
from subscribers import KeyRing, reading, writing
from subscribers.consent import confirm, request_confirmation

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
CLICKS = 4


@pytest.fixture
def token(engine: sa.Engine, keys: KeyRing) -> str:
    """Return the link of a reader who was asked for a list."""
    with writing(engine) as conn:
        wanted = subscribers.ensure_list(conn, "morning", "Morning Watch")
        asked = subscribers.evidence(wanted, now=NOW)
        return request_confirmation(conn, "ann@example.org", "morning", consent=asked, now=NOW, keys=keys).token


def at_once(act: Callable[[int], bool]) -> list[bool]:
    """Do something several times at the same moment; return what each says it did."""
    barrier = Barrier(CLICKS)

    def wait_and_act(number: int) -> bool:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(CLICKS) as pool:
        return sorted(pool.map(wait_and_act, range(CLICKS)))


def test_of_several_clicks_on_a_confirmation_one_joins_and_its_evidence_stays(
    engine: sa.Engine, keys: KeyRing, token: str
) -> None:
    def click(number: int) -> bool:
        with writing(engine) as conn:
            moment = NOW + timedelta(minutes=number)
            return not confirm(conn, token, now=moment, keys=keys, ip=f"192.0.2.{number}").again

    assert at_once(click) == [False] * (CLICKS - 1) + [True]
    with reading(engine) as conn:
        [(_list, evidence)] = subscribers.iter_consents(conn, 1)
    assert evidence.confirmed_ip == f"192.0.2.{(evidence.confirmed_at - NOW) // timedelta(minutes=1)}"


def test_of_two_clicks_on_leaving_one_leaves(engine: sa.Engine, keys: KeyRing, token: str) -> None:
    with writing(engine) as conn:
        confirm(conn, token, now=NOW, keys=keys)

    def click() -> bool:
        with writing(engine) as conn:
            return subscribers.unsubscribe(conn, 1, "morning", now=NOW, keys=keys)

    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as conn:
            first = subscribers.unsubscribe(conn, 1, "morning", now=NOW, keys=keys)
            second = pool.submit(click)
            # Long enough for it to find them on the list still, and to wait for the first to be done.
            wait([second], timeout=1)

        assert (first, second.result()) == (True, False)
