"""What the page of choices does where the database has moved on from what it offers."""

from __future__ import annotations

import re

import pytest

import subscribers
from subscribers import Consent, ConsentHow, Purpose, SuppressionReason, reading, writing
from tests.unit.subscribers.test_web import Desk, desk

__all__ = ["desk"]


@pytest.mark.parametrize("chosen", [[], ["world", "sport", "arts"]])
def test_all_sections_or_none_means_all_of_them(desk: Desk, chosen: list[str]) -> None:
    link = desk.link(Purpose.MANAGE)
    desk.client.post(link, data={"act": "choose", "section": ["sport"]})

    desk.client.post(link, data={"act": "choose", "section": chosen})

    with reading(desk.engine) as conn:
        assert conn.execute(subscribers.recipients("morning")).one().sections == ""


def test_of_sections_that_are_no_more_all_there_are_is_shown_as_chosen(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        subscribers.set_choices(conn, desk.ann.id, "morning", sections=("gone",))

    page = desk.client.get(desk.link(Purpose.MANAGE)).text

    assert re.findall(r'name="section" value="(\w+)" checked', page) == ["world", "sport", "arts"]


def test_who_must_not_be_mailed_on_another_list_stays_off_it_whatever_is_ticked(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        complained = SuppressionReason.COMPLAINED
        subscribers.suppress(conn, "ann@example.org", complained, now=desk.clock(), keys=desk.keys, list_id="flash")

    page = desk.client.post(
        desk.link(Purpose.MANAGE), data={"act": "choose", "companion": ["flash"], "text_only": "yes"}
    )

    assert "Your choices are saved" in page.text
    with reading(desk.engine) as conn:
        assert conn.execute(subscribers.recipients("morning")).one().text_only
        assert conn.execute(subscribers.recipients("flash")).all() == []


def test_who_was_added_meanwhile_is_on_the_list_since_then_when_they_confirm(desk: Desk) -> None:
    desk.sign_up()
    with writing(desk.engine) as conn:
        consent = Consent(desk.clock(), ConsentHow.OPERATOR)
        bob = subscribers.subscribe(
            conn, "bob@example.org", "morning", consent=consent, now=desk.clock(), keys=desk.keys
        )
    desk.clock.advance(seconds=3600)

    desk.client.post(desk.confirm_link())

    with reading(desk.engine) as conn:
        assert subscribers.get_subscriber(conn, bob.id).subscriptions == bob.subscriptions
