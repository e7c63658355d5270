"""What the products' APIs answer is read as JSON: where the people lie in it, and how each stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from subscribers.errors import BadFile
from subscribers.transfer.objects import iter_objects, read_object
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row

ANSWERS: dict[str, tuple[Any, str]] = {
    "Mailchimp": (
        {
            "members": [
                {
                    "email_address": "a@example.org",
                    "status": "subscribed",
                    "merge_fields": {"FNAME": "Ann", "LNAME": "B"},
                },
                {"email_address": "b@example.org", "status": "cleaned"},
                {"email_address": "c@example.org", "status": "transactional"},
            ],
            "total_items": 3,
        },
        "active bounced unsubscribed",
    ),
    "beehiiv": (
        {
            "data": [
                {"email": "a@example.org", "status": "active", "custom_fields": [{"name": "Name", "value": "Ann B"}]},
                {"email": "b@example.org", "status": "validating", "custom_fields": []},
                {"email": "c@example.org", "status": "inactive"},
            ]
        },
        "active pending unsubscribed",
    ),
    "Kit": (
        {
            "pagination": {"has_next_page": False},
            "subscribers": [
                {
                    "email_address": "a@example.org",
                    "state": "active",
                    "created_at": "2023-02-17",
                    "first_name": "Ann B",
                },
                {"email_address": "b@example.org", "state": "inactive", "created_at": "2023-02-17"},
                {"email_address": "c@example.org", "state": "cancelled", "created_at": "2023-02-17"},
            ],
        },
        "active pending unsubscribed",
    ),
    "Ghost": (
        {
            "members": [
                {"email": "a@example.org", "name": "Ann B", "subscribed": True, "status": "comped"},
                {"email": "b@example.org", "subscribed": False, "status": "paid"},
                {"email": "c@example.org", "subscribed": True, "email_suppression": {"suppressed": True}},
            ]
        },
        "active unsubscribed blocked",
    ),
    "Buttondown": (
        {
            "results": [
                {"email_address": "a@example.org", "type": "past_due", "metadata": {"name": "Ann B"}},
                {"email_address": "b@example.org", "type": "unactivated", "metadata": {}},
                {"email_address": "c@example.org", "type": "undeliverable"},
            ]
        },
        "active pending bounced",
    ),
    "listmonk": (
        {
            "data": {
                "results": [
                    {"email": "a@example.org", "name": "Ann B", "lists": [{"subscription_status": "confirmed"}]},
                    {"email": "b@example.org", "lists": [{"subscription_status": "unsubscribed"}]},
                    {"email": "c@example.org", "lists": [{"subscription_status": "unconfirmed", "optin": "double"}]},
                    {"email": "d@example.org", "lists": [{"subscription_status": "unconfirmed", "optin": "single"}]},
                    {"email": "e@example.org", "status": "blocklisted", "lists": []},
                    {
                        "email": "f@example.org",
                        "lists": [{"subscription_status": "confirmed"}, {"subscription_status": "unsubscribed"}],
                    },
                ]
            }
        },
        "active unsubscribed pending active blocked refused",
    ),
    "MailerLite": (
        {
            "data": [
                {"email": "a@example.org", "status": "active", "fields": {"name": "Ann", "last_name": "B"}},
                {"email": "b@example.org", "status": "junk", "subscribed_at": "2024-05-01"},
            ]
        },
        "active complained",
    ),
    "MailerLite, classic": (
        [
            {
                "email": "a@example.org",
                "name": "Ann B",
                "type": "active",
                "fields": [{"key": "city", "value": "Turin"}],
            },
            {"email": "b@example.org", "type": "bounced"},
            {"email": "c@example.org", "type": "unconfirmed"},
        ],
        "active bounced pending",
    ),
    "Brevo": (
        {
            "contacts": [
                {
                    "email": "a@example.org",
                    "emailBlacklisted": False,
                    "attributes": {"FIRSTNAME": "Ann", "LASTNAME": "B"},
                },
                {"email": "b@example.org", "emailBlacklisted": True, "smsBlacklisted": False},
            ]
        },
        "active blocked",
    ),
    "ActiveCampaign": (
        {
            "contacts": [
                {"email": "a@example.org", "firstName": "Ann", "lastName": "B", "deleted": "0", "bounced_hard": "0"},
                {"email": "b@example.org", "bounced_hard": "1"},
            ]
        },
        "active bounced",
    ),
}


def _read(folder: Path, text: str) -> list[Row | Refused]:
    path = folder / "people.json"
    path.write_text(text, encoding="utf-8")
    found = iter_objects(path, "utf-8")
    return [each if isinstance(each, Refused) else read_object(each, line, path.name) for line, each in found]


@pytest.mark.parametrize("product", ANSWERS)
@pytest.mark.parametrize("indent", [None, 1])
def test_the_people_of_an_answer_are_found_and_stand_as_the_product_means(
    product: str, indent: int | None, tmp_path: Path
) -> None:
    answer, expected = ANSWERS[product]

    rows = _read(tmp_path, json.dumps(answer, indent=indent))

    assert ["refused" if isinstance(row, Refused) else row.status.value for row in rows] == expected.split()
    assert isinstance(rows[0], Row)
    assert rows[0].name == "Ann B"


def test_answers_one_a_line_give_each_person_a_number_of_their_own(tmp_path: Path) -> None:
    pages = [{"members": [{"email": "a@example.org"}, {"email": "b@example.org"}]}, {"email": "c@example.org"}]

    rows = _read(tmp_path, "\n".join(map(json.dumps, pages)))

    assert [row.line for row in rows] == [1, 2, 3]


def test_other_values_are_attributes_where_an_object_has_no_place_for_them(tmp_path: Path) -> None:
    loose = {
        "id": 7,
        "email": "a@example.org",
        "City": "Turin",
        "visits": 3,
        "bounced": False,
        "created_at": "2024-05-01",
    }
    kept = {"email": "b@example.org", "attributes": {}, "City": "Turin"}

    rows = _read(tmp_path, json.dumps([loose, kept]))

    assert [row.attributes for row in rows if isinstance(row, Row)] == [{"City": "Turin", "visits": 3}, {}]


def test_attributes_of_the_newsrooms_own_are_no_answer(tmp_path: Path) -> None:
    [row] = _read(tmp_path, json.dumps([{"email": "a@example.org", "attribs": {"disabled": True, "active": False}}]))

    assert isinstance(row, Row)
    assert row.status.value == "active"


def _objects_of(folder: Path, text: str) -> list[object]:
    path = folder / "people.json"
    path.write_text(text, encoding="utf-8")
    return [found for _line, found in iter_objects(path, "utf-8")]


def test_the_first_line_of_json_lines_may_be_broken(tmp_path: Path) -> None:
    broken, ann = _objects_of(tmp_path, '{"email": oops\n{"email": "ann@example.org"}\n')

    assert isinstance(broken, Refused)
    assert ann == {"email": "ann@example.org"}


def test_a_person_inside_an_object_is_not_parted_from_what_it_says_of_them(tmp_path: Path) -> None:
    said = {"user": {"email": "ann@example.org"}, "status": "unsubscribed"}

    assert _objects_of(tmp_path, json.dumps(said)) == [said]


@pytest.mark.parametrize("names", [("readers", "gone"), ("bounced",)])
def test_lists_of_people_under_several_names_are_not_mixed(names: tuple[str, ...], tmp_path: Path) -> None:
    answer = {name: [{"email": "ann@example.org"}] for name in names}

    [refused] = _objects_of(tmp_path, json.dumps(answer))
    with pytest.raises(BadFile, match="a file of its own"):
        _objects_of(tmp_path, json.dumps(answer, indent=1))

    assert isinstance(refused, Refused)
    assert "a file of its own" in refused.reason
