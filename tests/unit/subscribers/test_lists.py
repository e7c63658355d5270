"""Joining, leaving and being suppressed; and whom an edition goes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

import subscribers
from subscribers import (
    BadAddress,
    Consent,
    ConsentHow,
    DatabaseError,
    KeyRing,
    List,
    SubscribersError,
    SubscriptionStatus,
    Suppressed,
    SuppressionReason,
    UnknownList,
    UnknownSubscriber,
    reading,
    writing,
)

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
ASKED = Consent(NOW, ConsentHow.OPERATOR)
CONFIRMED = Consent(NOW, ConsentHow.DOUBLE_OPT_IN, confirmed_at=NOW)


@pytest.fixture
def conn(engine: sa.Engine):
    with writing(engine) as connection:
        subscribers.ensure_list(connection, "morning", "Morning Watch")
        subscribers.ensure_list(connection, "evening", "Evening Watch")
        yield connection


def _join(conn: sa.Connection, keys: KeyRing, address: str = "ann@example.org", **more: object) -> int:
    options = {"consent": ASKED, "now": NOW, "keys": keys} | more
    return subscribers.subscribe(conn, address, "morning", **options).id


def _going_to(conn: sa.Connection, now: datetime = NOW) -> list[str]:
    return [row.address for row in conn.execute(subscribers.recipients("morning", now=now))]


def test_lists_are_numbered_in_the_order_they_are_made(conn: sa.Connection) -> None:
    assert [(each.id, each.number) for each in subscribers.iter_lists(conn)] == [("morning", 1), ("evening", 2)]


def test_ensuring_a_list_keeps_the_one_there_is(conn: sa.Connection) -> None:
    assert subscribers.ensure_list(conn, "morning", "Another name").name == "Morning Watch"


@pytest.mark.parametrize("id", ["morning", "", "Morning", "a b", "-a", "a" * 65])
def test_a_list_needs_a_new_and_plain_id(conn: sa.Connection, id: str) -> None:
    with pytest.raises(SubscribersError):
        subscribers.create_list(conn, List(id, "Any"))


def test_an_unknown_list_is_named_beside_those_there_are(conn: sa.Connection, keys: KeyRing) -> None:
    with pytest.raises(UnknownList, match=r"'noon'.*morning, evening"):
        subscribers.subscribe(conn, "ann@example.org", "noon", consent=ASKED, now=NOW, keys=keys)


def test_who_joins_receives_and_can_be_found_in_any_spelling(conn: sa.Connection, keys: KeyRing) -> None:
    _join(conn, keys, "Ann@Example.org", name="Ann", tags=["vip", "press"], attributes={"city": "Turin"})

    found = subscribers.find_subscriber(conn, "ann@example.ORG")

    assert found is not None
    assert (found.address, found.name, found.tags) == ("Ann@example.org", "Ann", ("press", "vip"))
    assert found.attributes == {"city": "Turin"}
    assert found.created_at == NOW
    assert _going_to(conn) == ["Ann@example.org"]


def test_joining_again_adds_what_was_missing_and_keeps_the_rest(conn: sa.Connection, keys: KeyRing) -> None:
    first = _join(conn, keys, name="Ann", attributes={"city": "Turin"})

    again = _join(conn, keys, "ANN@example.org", name="Anna", tags=["vip"], attributes={"city": "Rome", "age": 40})

    found = subscribers.get_subscriber(conn, again)
    assert (again, found.name, found.tags) == (first, "Ann", ("vip",))
    assert found.attributes == {"city": "Turin", "age": 40}
    assert subscribers.count_active(conn, "morning") == 1


def test_every_consent_is_kept_as_evidence(conn: sa.Connection, keys: KeyRing) -> None:
    evidence = Consent(NOW, "form", "I want it", "2", "/s/morning", "192.0.2.1", NOW, "192.0.2.2", "by hand")

    known = _join(conn, keys, consent=evidence)

    assert list(subscribers.iter_consents(conn, known)) == [("morning", evidence)]


def test_a_bad_address_does_not_join(conn: sa.Connection, keys: KeyRing) -> None:
    with pytest.raises(BadAddress):
        _join(conn, keys, "ann@localhost")


def test_who_waits_for_a_confirmation_receives_nothing(conn: sa.Connection, keys: KeyRing) -> None:
    _join(conn, keys, status=SubscriptionStatus.PENDING)

    assert _going_to(conn) == []


def test_asking_again_does_not_make_an_active_subscription_pending(conn: sa.Connection, keys: KeyRing) -> None:
    _join(conn, keys)

    _join(conn, keys, status=SubscriptionStatus.PENDING)

    assert _going_to(conn) == ["ann@example.org"]


def test_leaving_ends_the_subscription_and_suppresses_on_that_list_alone(conn: sa.Connection, keys: KeyRing) -> None:
    known = _join(conn, keys)
    subscribers.subscribe(conn, "ann@example.org", "evening", consent=ASKED, now=NOW, keys=keys)

    left = subscribers.unsubscribe(conn, known, "morning", reason="too many", now=NOW, keys=keys)

    morning = next(each for each in subscribers.get_subscriber(conn, known).subscriptions if each.list_id == "morning")
    assert left
    assert (morning.status, morning.reason) == (SubscriptionStatus.ENDED, "too many")
    assert subscribers.is_suppressed(conn, "ANN@example.org", "morning", keys) is SuppressionReason.UNSUBSCRIBED
    assert subscribers.is_suppressed(conn, "ann@example.org", "evening", keys) is None
    assert subscribers.count_active(conn, "evening") == 1


def test_leaving_twice_changes_nothing(conn: sa.Connection, keys: KeyRing) -> None:
    known = _join(conn, keys)
    subscribers.unsubscribe(conn, known, "morning", now=NOW, keys=keys)

    assert not subscribers.unsubscribe(conn, known, "morning", now=NOW + timedelta(days=1), keys=keys)
    assert not subscribers.unsubscribe(conn, 999, "morning", now=NOW, keys=keys)


def test_who_left_does_not_come_back_without_a_confirmation(conn: sa.Connection, keys: KeyRing) -> None:
    known = _join(conn, keys)
    subscribers.unsubscribe(conn, known, "morning", now=NOW, keys=keys)

    with pytest.raises(Suppressed, match="new confirmed sign-up"):
        _join(conn, keys)
    subscribers.lift_suppression(conn, "ann@example.org", keys=keys, list_id="morning")
    with pytest.raises(Suppressed, match="new confirmed sign-up"):
        _join(conn, keys)


def test_who_left_comes_back_by_confirming_a_new_sign_up(conn: sa.Connection, keys: KeyRing) -> None:
    known = _join(conn, keys)
    subscribers.unsubscribe(conn, known, "morning", now=NOW, keys=keys)

    _join(conn, keys, consent=CONFIRMED)

    assert _going_to(conn) == ["ann@example.org"]


@pytest.mark.parametrize("reason", [SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED, SuppressionReason.MANUAL])
def test_what_the_reader_did_not_do_a_confirmation_does_not_undo(
    conn: sa.Connection, keys: KeyRing, reason: SuppressionReason
) -> None:
    subscribers.suppress(conn, "ann@example.org", reason, now=NOW, keys=keys)

    with pytest.raises(Suppressed) as refused:
        _join(conn, keys, consent=CONFIRMED)

    assert refused.value.reason == reason


def test_suppressing_everywhere_ends_every_subscription(conn: sa.Connection, keys: KeyRing) -> None:
    known = _join(conn, keys)
    subscribers.subscribe(conn, "ann@example.org", "evening", consent=ASKED, now=NOW, keys=keys)

    subscribers.suppress(conn, "Ann@example.org", SuppressionReason.COMPLAINED, now=NOW, keys=keys, note="by mail")

    statuses = {each.status for each in subscribers.get_subscriber(conn, known).subscriptions}
    assert statuses == {SubscriptionStatus.ENDED}
    assert [each.note for each in subscribers.iter_suppressions(conn)] == ["by mail"]


def test_the_stricter_reason_stands(conn: sa.Connection, keys: KeyRing) -> None:
    for reason in (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED, SuppressionReason.UNSUBSCRIBED):
        subscribers.suppress(conn, "ann@example.org", reason, now=NOW, keys=keys)

    assert subscribers.is_suppressed(conn, "ann@example.org", "", keys) is SuppressionReason.COMPLAINED


def test_lifting_a_suppression_says_whether_there_was_one(conn: sa.Connection, keys: KeyRing) -> None:
    subscribers.suppress(conn, "ann@example.org", SuppressionReason.MANUAL, now=NOW, keys=keys)

    lifted = [subscribers.lift_suppression(conn, "ann@example.org", keys=keys) for _ in range(2)]

    assert lifted == [True, False]


def test_who_is_let_sign_up_comes_back_by_their_own_confirmation_alone(conn: sa.Connection, keys: KeyRing) -> None:
    subscribers.suppress(conn, "ann@example.org", SuppressionReason.BOUNCED, now=NOW, keys=keys)

    let = [subscribers.let_sign_up(conn, "ann@example.org", keys=keys) for _ in range(2)]

    assert let == [True, False]
    with pytest.raises(Suppressed):
        _join(conn, keys)
    _join(conn, keys, consent=CONFIRMED)
    assert _going_to(conn) == ["ann@example.org"]


def test_a_suppression_without_a_subscriber_row_holds_in_the_selectable(conn: sa.Connection, keys: KeyRing) -> None:
    _join(conn, keys)
    conn.execute(
        sa.insert(subscribers.schema.suppression),
        {
            "key_hash": keys.hash_address("ann@example.org"),
            "list_id": "",
            "reason": "manual",
            "at": NOW,
            "note": "",
        },
    )

    assert _going_to(conn) == []


def test_an_edition_goes_out_in_the_order_of_subscribers_with_their_choices(conn: sa.Connection, keys: KeyRing) -> None:
    _join(conn, keys, "zoe@example.org")
    known = _join(conn, keys, "ann@bücher.example", name="Ann")
    subscribers.set_choices(conn, known, "morning", text_only=True, sections=("world", "sport"))

    rows = conn.execute(subscribers.recipients("morning")).all()

    assert [row.address for row in rows] == ["zoe@example.org", "ann@xn--bcher-kva.example"]
    assert rows[1]._asdict() | {"subscriber_id": 0} == {
        "subscriber_id": 0,
        "address": "ann@xn--bcher-kva.example",
        "name": "Ann",
        "text_only": True,
        "sections": '["world", "sport"]',
    }


def test_a_pause_ends_by_itself(conn: sa.Connection, keys: KeyRing) -> None:
    known = _join(conn, keys)
    subscribers.set_choices(conn, known, "morning", paused_until=NOW + timedelta(days=7))

    assert _going_to(conn) == []
    assert _going_to(conn, NOW + timedelta(days=7)) == ["ann@example.org"]


def test_without_a_moment_the_databases_own_time_judges_a_pause(conn: sa.Connection, keys: KeyRing) -> None:
    for address, days in (("ann@example.org", -1), ("bob@example.org", 1)):
        until = datetime.now(UTC) + timedelta(days=days)
        subscribers.set_choices(conn, _join(conn, keys, address), "morning", paused_until=until)

    assert [row.address for row in conn.execute(subscribers.recipients("morning"))] == ["ann@example.org"]


def test_who_left_has_no_choices_to_make(conn: sa.Connection, keys: KeyRing) -> None:
    known = _join(conn, keys)
    subscribers.unsubscribe(conn, known, "morning", now=NOW, keys=keys)

    assert not subscribers.set_choices(conn, known, "morning", text_only=True)


def test_who_left_or_was_suppressed_since_a_moment_is_named(conn: sa.Connection, keys: KeyRing) -> None:
    people = [_join(conn, keys, f"{name}@example.org") for name in ("ann", "bob", "cay", "dan")]
    subscribers.unsubscribe(conn, people[0], "morning", now=NOW - timedelta(seconds=1), keys=keys)
    subscribers.unsubscribe(conn, people[1], "morning", now=NOW, keys=keys)
    subscribers.suppress(conn, "cay@example.org", SuppressionReason.BOUNCED, now=NOW, keys=keys)
    subscribers.suppress(conn, "dan@example.org", SuppressionReason.BOUNCED, now=NOW, keys=keys, list_id="evening")

    gone = conn.scalars(subscribers.withdrawn_since("morning", NOW)).all()

    assert sorted(gone) == people[1:3]


def test_asking_who_left_passes_over_all_who_stayed(conn: sa.Connection) -> None:
    if conn.dialect.name != "sqlite":
        pytest.skip("the plan of PostgreSQL depends on what its tables hold")
    asked = subscribers.withdrawn_since("morning", NOW).compile(conn, compile_kwargs={"literal_binds": True})

    plan = [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]

    assert any("USING INDEX ix_subscription_left (list_id=? AND since>?)" in step for step in plan)


def test_subscribers_are_streamed_by_list_and_status(conn: sa.Connection, keys: KeyRing) -> None:
    _join(conn, keys)
    _join(conn, keys, "bob@example.org", status=SubscriptionStatus.PENDING)
    subscribers.subscribe(conn, "cay@example.org", "evening", consent=ASKED, now=NOW, keys=keys)

    def names(*arguments: object) -> list[str]:
        return [each.address[:3] for each in subscribers.iter_subscribers(conn, *arguments)]

    assert names() == ["ann", "bob", "cay"]
    assert names("morning") == ["ann", "bob"]
    assert names("morning", SubscriptionStatus.PENDING) == ["bob"]


def test_an_unknown_subscriber_is_said_to_be_unknown(conn: sa.Connection) -> None:
    with pytest.raises(UnknownSubscriber, match="7"):
        subscribers.get_subscriber(conn, 7)

    assert subscribers.find_subscriber(conn, "nobody@example.org") is None


def test_another_suppression_key_is_refused(conn: sa.Connection, keys: KeyRing) -> None:
    subscribers.check_keys(conn, keys)
    subscribers.check_keys(conn, keys.rotated())

    with pytest.raises(DatabaseError, match="could not be recognised"):
        subscribers.check_keys(conn, replace(keys, suppression_key=b"x" * 32))


def test_a_moment_without_a_zone_is_a_mistake_of_ours(engine: sa.Engine, keys: KeyRing) -> None:
    with pytest.raises(sa.exc.StatementError, match="no time zone"), reading(engine) as conn:
        conn.execute(subscribers.withdrawn_since("morning", datetime(2026, 1, 5)))
