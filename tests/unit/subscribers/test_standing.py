"""Whatever product wrote a file: who left by a column, by a date, by JSON or by the file's name does not come in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from subscribers.transfer.objects import read_object, unread_names
from subscribers.transfer.recognising import recognise
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row, RowError
from subscribers.transfer.standing import flags_of, is_named_for_leavers, like_a_status, status_of_name
from subscribers.transfer.statuses import is_yes, read_status
from subscribers.transfer.tables import iter_blocks, iter_rows

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)


def _table(folder: Path, text: str, name: str = "list.csv") -> list[Row | Refused]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return list(iter_rows(path, "utf-8", recognise(path, "utf-8")))


def _said(rows: list[Row | Refused]) -> list[str]:
    return ["refused" if isinstance(row, Refused) else row.status.value for row in rows]


@pytest.mark.parametrize(
    "column", ["subscribed", "is_subscribed", "Opt-In", "email opt in", "Accepts Email Marketing", "active"]
)
def test_a_column_that_asks_whether_they_are_there_is_read_both_ways(column: str, tmp_path: Path) -> None:
    cells = ("yes", "TRUE", "03/04/2024", "May 1, 2024", "no", "false", "0", "unsubscribed", "", "perhaps")
    lines = "".join(f'a@example.org,"{cell}"\n' for cell in cells)

    rows = _table(tmp_path, f"email,{column}\n{lines}")

    assert _said(rows) == ["active"] * 4 + ["unsubscribed"] * 4 + ["refused"] * 2


@pytest.mark.parametrize(
    ("column", "status"),
    [
        ("unsubscribed", "unsubscribed"),
        ("Email Opt-Out", "unsubscribed"),
        ("has_opted_out_of_email", "unsubscribed"),
        ("do not email", "unsubscribed"),
        ("bounced", "bounced"),
        ("hard_bounced_at", "bounced"),
        ("complained", "complained"),
        ("Spam complaints", "complained"),
        ("hard_bounces", "bounced"),
        ("marked as spam", "complained"),
        ("BLACKLISTED", "blocked"),
        ("is blocklisted", "blocked"),
        ("Unsubscribed from all email", "unsubscribed"),
        ("unconfirmed", "pending"),
    ],
)
def test_a_column_that_asks_whether_they_left_means_it_by_any_answer_but_no(
    column: str, status: str, tmp_path: Path
) -> None:
    cells = ("1", "Yes", "2024-05-01", "0", "no", "", "NULL")
    lines = "".join(f"a@example.org,{cell}\n" for cell in cells)

    rows = _table(tmp_path, f"email,{column}\n{lines}")

    assert _said(rows) == [status] * 3 + ["active"] * 4


def test_of_what_the_columns_of_one_row_say_the_strictest_stands(tmp_path: Path) -> None:
    rows = _table(tmp_path, "email,status,subscribed,bounced\na@example.org,active,no,\nb@example.org,pending,yes,1\n")

    assert _said(rows) == ["unsubscribed", "bounced"]


def test_who_left_by_one_column_has_left_though_another_is_not_understood(tmp_path: Path) -> None:
    rows = _table(
        tmp_path, "email,status,unsubscribed_at,opt_in\na@example.org,zzz,2024-05-01,\nb@example.org,zzz,,no\n"
    )

    assert _said(rows) == ["unsubscribed"] * 2


def test_a_products_list_of_subscribers_may_leave_a_question_of_its_own_open(tmp_path: Path) -> None:
    rows = _table(
        tmp_path, "Email Address,Subscribed at,Opt in\na@example.org,2024-05-01,\nb@example.org,2024-05-01,no\n"
    )

    assert _said(rows) == ["active", "unsubscribed"]


def test_a_mapping_to_a_column_that_asks_whether_they_left_reads_it_so(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,bounced\na@example.org,yes\n")

    table = recognise(path, "utf-8", {"status": "bounced"})

    assert _said(list(iter_rows(path, "utf-8", table))) == ["bounced"]


def test_columns_that_say_who_left_are_read_by_columns_too(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,subscribed,bounced\na@example.org,yes,\nb@example.org,no,\nc@example.org,yes,1\n")

    [block] = iter_blocks(path, "utf-8", recognise(path, "utf-8"), 10, NOW)

    assert block.plain.keys == ["a@example.org"]
    assert _said(block.others) == ["unsubscribed", "bounced"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"subscribed": False}, "unsubscribed"),
        ({"isSubscribed": False}, "unsubscribed"),
        ({"unsubscribed": True}, "unsubscribed"),
        ({"unsubscribed_at": "2024-05-01"}, "unsubscribed"),
        ({"bounced": True}, "bounced"),
        ({"complained": True, "status": "active"}, "complained"),
        ({"subscribed": True, "unsubscribed": False, "bounced": None}, "active"),
        ({"confirmed": False}, "pending"),
    ],
)
def test_json_says_who_left_by_the_same_names(said: dict[str, object], status: str) -> None:
    row = read_object({"email": "a@example.org", **said}, 1)

    assert isinstance(row, Row)
    assert row.status.value == status


def test_json_that_leaves_the_question_open_is_refused() -> None:
    row = read_object({"email": "a@example.org", "subscribed": None}, 1)

    assert isinstance(row, Refused)
    assert row.reason == "its column subscribed says neither yes nor no"


@pytest.mark.parametrize("column", ["Email Status", "subscription_status", "Member status", "Global status"])
def test_a_status_is_read_whatever_it_is_the_status_of(column: str, tmp_path: Path) -> None:
    rows = _table(tmp_path, f"email,{column}\na@example.org,Subscribed\nb@example.org,Unsubscribed\n")

    assert _said(rows) == ["active", "unsubscribed"]


def test_of_json_refused_for_its_attributes_the_leaving_is_taken() -> None:
    row = read_object({"email": "a@example.org", "status": "bounced", "attributes": [1]}, 1)

    assert isinstance(row, Row)
    assert (row.status.value, row.refusal) == ("bounced", "its attributes are not an object")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("unsubscribed.csv", "unsubscribed"),
        ("Unsubscribes.txt", "unsubscribed"),
        ("my-unsubscribed-2024.csv", "unsubscribed"),
        ("opt-outs.csv", "unsubscribed"),
        ("bounces.txt", "bounced"),
        ("cleaned_members_export.csv", "bounced"),
        ("mailchimp_cleaned_members_export.csv", "bounced"),
        ("complaints.csv", "complained"),
        ("suppression-list.csv", "blocked"),
        ("unconfirmed.csv", "pending"),
        ("archived_export_0a1b2c.csv", "unsubscribed"),
        ("sms_only_audience_export_0a1b2c.csv", "unsubscribed"),
        ("Abgemeldete Kontakte.csv", "unsubscribed"),
        ("subscribers.csv", None),
        ("debounced.csv", None),
    ],
)
def test_a_files_name_says_how_its_people_stand(name: str, status: str | None) -> None:
    assert status_of_name(name) == status


@pytest.mark.parametrize("name", ["not-unsubscribed.csv", "active_and_bounced.csv", "our list cleaned.csv"])
def test_a_name_that_leaves_open_who_left_refuses_the_rows_that_do_not_say(name: str, tmp_path: Path) -> None:
    rows = _table(tmp_path, "email,status\na@example.org,\nb@example.org,active\n", name)

    assert is_named_for_leavers(name)
    assert _said(rows) == ["refused", "active"]


def test_the_files_name_counts_only_for_rows_that_do_not_say(tmp_path: Path) -> None:
    text = "email,status\na@example.org,\nb@example.org,active\nc@example.org,complained\n"

    assert _said(_table(tmp_path, text, "unsubscribed.csv")) == ["unsubscribed", "active", "complained"]
    assert _said(_table(tmp_path, "a@example.org\n", "unsubscribes.txt")) == ["unsubscribed"]
    assert _said([read_object(json.loads('{"email": "a@example.org"}'), 1, "bounces.jsonl")]) == ["bounced"]


def test_names_like_a_status_that_nobody_reads_are_found() -> None:
    names = ["city", "Opt-in at", "subscribed_on", "consent state", "SMS Opt In", "Receiving emails for"]

    assert like_a_status(names) == names[3:]
    assert unread_names(["email", "status", "bounced", "consentState"]) == ["consentState"]


def test_other_columns_are_no_answer() -> None:
    assert flags_of(["city", "status", "subscribed at", "unsubscribe reason", "activity", "sms opt in"]) == ()


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Spam complaint", "complained"),
        ("hard bounce", "bounced"),
        ("soft bounced", "active"),
        ("opt-out", "unsubscribed"),
        ("Opted  out", "unsubscribed"),
        ("Email_disabled", "unsubscribed"),
        ("transactional", "unsubscribed"),
        ("validating", "pending"),
        ("Needs Approval", "pending"),
        ("invalid", "bounced"),
        ("Cold subscriber", "active"),
        ("Abgemeldet", "unsubscribed"),
        ("Désabonné", "unsubscribed"),
    ],
)
def test_words_for_a_status_are_known_as_people_write_them(word: str, status: str) -> None:
    assert read_status(word) == status


@pytest.mark.parametrize("word", ["4", "-1", "paused"])
def test_an_unknown_word_is_never_active(word: str) -> None:
    with pytest.raises(RowError, match=f"'{word}' is not known"):
        read_status(word)


@pytest.mark.parametrize(("yes", "no"), [("WAHR", "FALSCH"), ("Vrai", "Faux"), ("VERDADERO", "FALSO"), ("sim", "não")])
def test_yes_and_no_are_known_as_spreadsheets_write_them_elsewhere(yes: str, no: str) -> None:
    assert (is_yes(yes), is_yes(no)) == (True, False)
