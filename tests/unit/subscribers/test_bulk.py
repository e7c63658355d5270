"""Many people are tagged and moved at once, and nobody who left is brought back by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from subscribers import (
    Consent,
    ConsentHow,
    KeyRing,
    add_tag,
    count_segment,
    create_list,
    get_subscriber,
    iter_consents,
    move_members,
    parse_rule,
    remove_tag,
    set_choices,
    subscribe,
    unsubscribe,
    writing,
)
from subscribers.errors import SubscribersError, UnknownList
from subscribers.model import List, SubscriptionStatus
from subscribers.store import find_subscription

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def conn(engine: sa.Engine, keys: KeyRing) -> Iterator[sa.Connection]:
    """Ann, Ben and Cay read the morning letter; Cay has left the evening letter."""
    with writing(engine) as conn:
        for id in ("morning", "evening"):
            create_list(conn, List(id, id.title()))
        consent = Consent(at=NOW, how=ConsentHow.OPERATOR)
        for name in ("ann", "ben", "cay"):
            subscribe(conn, f"{name}@example.org", "morning", consent=consent, now=NOW, keys=keys, tags=[name])
        subscribe(conn, "cay@example.org", "evening", consent=consent, now=NOW, keys=keys)
        unsubscribe(conn, 3, "evening", now=NOW, keys=keys)
        yield conn


def _count(conn: sa.Connection, list_id: str, rule: str = "") -> int:
    return count_segment(conn, list_id, parse_rule(rule) if rule else None, now=NOW)


def test_a_tag_is_added_to_whom_a_rule_picks_and_taken_again(conn: sa.Connection) -> None:
    rule = parse_rule("tag ann or tag ben")

    added = [add_tag(conn, "early", "morning", rule, now=NOW) for _ in range(2)]
    removed = remove_tag(conn, "early", "morning", parse_rule("tag ann"), now=NOW)

    assert (added, removed) == ([2, 0], 1)
    assert _count(conn, "morning", "tag early") == 1


def test_moving_ends_one_subscription_and_begins_another_with_its_evidence(conn: sa.Connection) -> None:
    moved = move_members(conn, "morning", "evening", parse_rule("tag ann"), now=NOW)

    assert moved == (1, 1)
    assert (_count(conn, "morning"), _count(conn, "evening")) == (2, 1)
    assert "moved from the list morning" in [consent.provenance for _, consent in iter_consents(conn, 1)]
    assert {s.list_id: s.reason for s in get_subscriber(conn, 1).subscriptions}["morning"] == "moved to evening"


def test_moving_brings_nobody_back_who_left(conn: sa.Connection) -> None:
    moved = move_members(conn, "morning", "evening", None, now=NOW)

    assert moved == (3, 2)
    assert _count(conn, "evening") == 2


def test_who_pauses_is_tagged_and_moved_like_everybody_and_goes_on_pausing(conn: sa.Connection) -> None:
    until = NOW + timedelta(days=7)
    set_choices(conn, 1, "morning", text_only=True, sections=("world",), paused_until=until)

    tagged = add_tag(conn, "early", "morning", parse_rule("tag ann"), now=NOW)
    moved = move_members(conn, "morning", "evening", parse_rule("tag ann"), now=NOW)

    assert (tagged, moved) == (1, (1, 1))
    evening = find_subscription(conn, 1, "evening")
    assert (evening.text_only, evening.sections, evening.paused_until) == (True, ("world",), until)
    assert _count(conn, "evening") == 0


def test_who_waits_for_a_confirmation_on_the_other_list_does_not_get_lost_by_a_move(
    conn: sa.Connection, keys: KeyRing
) -> None:
    asked = {"consent": Consent(NOW, ConsentHow.DOUBLE_OPT_IN), "status": SubscriptionStatus.PENDING}
    subscribe(conn, "ann@example.org", "evening", now=NOW, keys=keys, **asked)

    assert move_members(conn, "morning", "evening", parse_rule("tag ann"), now=NOW) == (1, 1)
    assert _count(conn, "evening") == 1


def test_who_was_moved_can_be_moved_back(conn: sa.Connection) -> None:
    move_members(conn, "morning", "evening", parse_rule("tag ann"), now=NOW)

    moved = move_members(conn, "evening", "morning", None, now=NOW)

    assert (moved, _count(conn, "morning"), _count(conn, "evening")) == ((1, 1), 3, 0)


def test_who_left_after_a_move_is_not_moved_back(conn: sa.Connection, keys: KeyRing) -> None:
    move_members(conn, "morning", "evening", parse_rule("tag ann"), now=NOW)
    unsubscribe(conn, 1, "morning", now=NOW, keys=keys)

    assert move_members(conn, "evening", "morning", None, now=NOW) == (1, 0)


def test_moving_may_be_repeated_in_one_transaction(conn: sa.Connection) -> None:
    move_members(conn, "morning", "evening", parse_rule("tag ann"), now=NOW)

    assert move_members(conn, "morning", "evening", parse_rule("tag ann"), now=NOW) == (0, 0)


def test_what_cannot_be_moved_or_tagged_is_refused(conn: sa.Connection) -> None:
    with pytest.raises(SubscribersError, match="itself"):
        move_members(conn, "morning", "morning", None, now=NOW)
    with pytest.raises(UnknownList):
        move_members(conn, "morning", "weekly", None, now=NOW)
    with pytest.raises(SubscribersError, match="no tag"):
        add_tag(conn, " ", "morning", None, now=NOW)


@pytest.mark.postgres
@pytest.mark.parametrize(("before", "given"), [("4MB", "64MB"), ("1GB", "1GB")])
def test_postgresql_looks_a_large_list_through_in_memory_and_is_given_no_less_than_it_had(
    postgres_engine: sa.Engine, before: str, given: str
) -> None:
    with writing(postgres_engine) as conn:
        create_list(conn, List("morning", "Morning"))
        conn.exec_driver_sql(f"SET LOCAL work_mem = '{before}'")

        add_tag(conn, "early", "morning", None, now=NOW)

        assert conn.exec_driver_sql("SHOW work_mem").scalar() == given
