"""Exports of newsletter products are recognised by their header, and each row's status is found where it hides."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from subscribers.transfer.recognising import recognise
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row
from subscribers.transfer.tables import iter_rows

MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "{extra}LEID,EUID,NOTES,TAGS"
)

FILES = {
    "Mailchimp": (
        "subscribed_members_export_1.csv",
        MAILCHIMP.format(extra="")
        + '\na@example.org,Ann,Byrne,4,2024-03-14 09:12:31,192.0.2.1,2024-03-14 09:14:00,192.0.2.2,1,x,"two\nlines",'
        + '"""Editors"",""Morning"""\nb@example.org,,,2,,,,,2,y,,"""Editors, Berlin"""\n',
        {"a": "active", "b": "active"},
    ),
    "Mailchimp, unsubscribed": (
        "unsubscribed_members_export_1.csv",
        MAILCHIMP.format(extra="UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,")
        + "\na@example.org,Ann,,2,,,,,2023-06-06 12:56:15,Daily,x,NORMAL,,1,x,,\n"
        + "b@example.org,Ben,,2,,,,,2023-06-06 12:56:15,Daily,x,ABUSE,,2,y,,\n",
        {"a": "unsubscribed", "b": "complained"},
    ),
    "Mailchimp, cleaned": (
        "members.csv",
        MAILCHIMP.format(extra="CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,")
        + "\na@example.org,Ann,,2,,,,,2023-06-06 12:56:15,Daily,x,1,x,,\n",
        {"a": "bounced"},
    ),
    "Mailchimp, told by the name alone": (
        "cleaned_members_export_1.csv",
        MAILCHIMP.format(extra="") + "\na@example.org,Ann,,2,,,,,1,x,,\n",
        {"a": "bounced"},
    ),
    "Substack": (
        "list.csv",
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "a@example.org,false,,other,false,2024-01-15T10:00:00.000Z,\n"
        "b@example.org,true,2027-12-01T00:00:00.000Z,yearly,false,2024-02-01T10:00:00.000Z,2024-02-01T10:00:00.000Z\n"
        "c@example.org,false,,other,true,2024-03-01T10:00:00.000Z,\n",
        {"a": "active", "b": "active", "c": "unsubscribed"},
    ),
    "Substack, older": (
        "list.csv",
        "email,active_subscription,expiry,email_disabled,prefer_digests,created_at\n"
        "a@example.org,false,,false,false,2024-01-15T10:00:00.000Z\nb@example.org,true,,true,false,2024-01-15\n",
        {"a": "active", "b": "unsubscribed"},
    ),
    "Substack (oldest form)": (
        "list.csv",
        "email,expiry,email_disabled,prefer_digests,stripe_connected_customer_id,type\n"
        "a@example.org,,false,false,,free\nb@example.org,,true,false,cus_1,paid\n",
        {"a": "active", "b": "unsubscribed"},
    ),
    "Substack (dashboard)": (
        "list.csv",
        "Email,Name,Subscription type,Activity,Subscription date,Revenue\na@example.org,Ann,Free,5,2024-01-15,$0.00\n"
        "b@example.org,Ben,Unsubscribed,5,2024-01-15,$0.00\nc@example.org,Cay,Monthly,5,2024-01-15,$9.00\n",
        {"a": "active", "b": "unsubscribed", "c": "active"},
    ),
    "beehiiv": (
        "list.csv",
        "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,Free Tier,unsubscribed_at\n"
        "a@example.org, Ann ,,active,free,2023-03-24 10:23:10 UTC,,Yes,\n"
        "b@example.org,Ben,B,inactive,premium,2023-03-24 10:36:47 UTC,,No,2024-05-01 08:00:00 UTC\n",
        {"a": "active", "b": "unsubscribed"},
    ),
    "Ghost": (
        "members.csv",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers"
        '\r\n1,a@example.org,Ann,,true,false,,2024-05-01T08:00:00.000Z,,"vip,press",\r\n'
        "2,b@example.org,Ben,,false,false,,2024-05-02T08:00:00.000Z,,,\r\n"
        "3,c@example.org,Cay,,true,false,,2024-05-02T08:00:00.000Z,2024-06-01T00:00:00.000Z,,\r\n",
        {"a": "active", "b": "unsubscribed", "c": "unsubscribed"},
    ),
    "Buttondown": (
        "list.csv",
        "id,secondary_id,email,notes,subscriber_type,ip_address,subscription_date,unsubscription_date,tags,metadata\n"
        "1,1,a@example.org,,regular,192.0.2.1,2024-05-01,,vip;press,\"{'city': 'Turin', 'n': 1}\"\n"
        "2,2,b@example.org,,unsubscribed,,2024-05-01,,,\n"
        "3,3,c@example.org,,regular,,2024-05-01,2024-06-01,,{}\n"
        "4,4,d@example.org,,unactivated,,2024-05-01,,,{}\n",
        {"a": "active", "b": "unsubscribed", "c": "unsubscribed", "d": "pending"},
    ),
    "Buttondown, as its API names the columns": (
        "list.csv",
        "email_address,type,creation_date\na@example.org,regular,2024-05-01\nb@example.org,unsubscribed,\n"
        "c@example.org,complained,\nd@example.org,undeliverable,\ne@example.org,blocked,\nf@example.org,removed,\n"
        "g@example.org,unactivated,\nh@example.org,spammy,\n",
        {
            "a": "active",
            "b": "unsubscribed",
            "c": "complained",
            "d": "bounced",
            "e": "blocked",
            "f": "unsubscribed",
            "g": "pending",
            "h": "blocked",
        },
    ),
    "listmonk": (
        "list.csv",
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '1,a@example.org,Ann,"{""city"": ""Turin"", ""good"": true}",enabled,2024-01-02T03:04:05Z,2024-01-02\n'
        "2,b@example.org,,{},blocklisted,2024-01-02T03:04:05Z,2024-01-02T03:04:05Z\n"
        "3,c@example.org,,{},disabled,2024-01-02T03:04:05Z,2024-01-02T03:04:05Z\n",
        {"a": "active", "b": "blocked", "c": "unsubscribed"},
    ),
    "Brevo": (
        "list.csv",
        "EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME;MODIFIED_TIME\n"
        "a@example.org;Byrne;Ann;;No;No;03-04-2022 09:30;\nb@example.org;B;Ben;;Yes;No;12-04-2022 09:30;\n",
        {"a": "active", "b": "unsubscribed"},
    ),
    "ActiveCampaign": (
        "list.csv",
        "Email,First Name,Last Name,Phone,Tags,Date Created,IP,Status\n"
        'a@example.org,Ann,Byrne,,"vip, press",2024-05-01 08:00:00,192.0.2.1,Active\n'
        "b@example.org,Ben,,,,2024-05-01 08:00:00,,Unsubscribed\nc@example.org,,,,,2024-05-01,,Bounced\n"
        "d@example.org,,,,,,,0\ne@example.org,,,,,,,1\nf@example.org,,,,,,,2\ng@example.org,,,,,,,3\n",
        {
            "a": "active",
            "b": "unsubscribed",
            "c": "bounced",
            "d": "pending",
            "e": "active",
            "f": "unsubscribed",
            "g": "bounced",
        },
    ),
    "Kit": (
        "list.csv",
        "first_name,email,created_at,status\nAnn,a@example.org,2022-09-10T11:12:13Z,active\n"
        "Ben,b@example.org,2022-09-10,bounced\nCay,c@example.org,2022-09-10,cancelled\n"
        "Dan,d@example.org,2022-09-10,inactive\nEve,e@example.org,2022-09-10,complained\n",
        {"a": "active", "b": "bounced", "c": "unsubscribed", "d": "pending", "e": "complained"},
    ),
    "Curated": (
        "list.csv",
        'Email Address,Subscribed at,UTM Source,UTM Medium\na@example.org,2021-02-04 07:55:20 +0000,"",""\n',
        {"a": "active"},
    ),
    "Curated, with who left": (
        "list.csv",
        "Email Address,Subscribed at,Unsubscribed at\na@example.org,2021-02-04 07:55:20 +0000,\n"
        "b@example.org,2021-02-04 07:55:20 +0000,2022-03-04 07:55:20 +0000\n",
        {"a": "active", "b": "unsubscribed"},
    ),
    "MailerLite": (
        "list.csv",
        "Subscriber,Name,Location,Subscribed,Sent,Opens,Clicks\na@example.org,Ann,Turin,2024-05-01 08:00:00,3,2,1\n",
        {"a": "active"},
    ),
    "MailerLite, told by the name alone": (
        "unsubscribed_subscribers.csv",
        "Subscriber,Name,Location,Subscribed,Sent,Opens,Clicks\na@example.org,Ann,Turin,2024-05-01 08:00:00,3,2,1\n",
        {"a": "unsubscribed"},
    ),
}


def _rows(folder: Path, name: str, text: str) -> tuple[str, list[Row | Refused]]:
    path = folder / name
    path.write_bytes(text.encode())
    table = recognise(path, "utf-8")
    return table.shape.name, list(iter_rows(path, "utf-8", table))


@pytest.mark.parametrize("product", FILES)
def test_every_products_export_is_recognised_with_each_rows_status(product: str, tmp_path: Path) -> None:
    file_name, text, expected = FILES[product]

    name, rows = _rows(tmp_path, file_name, text)

    assert name == product.partition(",")[0]
    assert {row.address.partition("@")[0]: row.status.value for row in rows} == expected


def _first(folder: Path, product: str) -> Row:
    file_name, text, _expected = FILES[product]
    row = _rows(folder, file_name, text)[1][0]
    assert isinstance(row, Row)
    return row


def test_mailchimps_tags_are_read_as_a_table_inside_a_cell(tmp_path: Path) -> None:
    file_name, text, _expected = FILES["Mailchimp"]

    rows = _rows(tmp_path, file_name, text)[1]

    assert [row.tags for row in rows] == [("Editors", "Morning"), ("Editors, Berlin",)]


def test_evidence_of_consent_comes_along(tmp_path: Path) -> None:
    row = _first(tmp_path, "Mailchimp")

    assert (row.name, row.joined_at) == ("Ann Byrne", datetime(2024, 3, 14, 9, 12, 31, tzinfo=UTC))
    assert (row.ip, row.confirmed_ip, row.confirmed_at.minute) == ("192.0.2.1", "192.0.2.2", 14)
    assert row.attributes == {"notes": "two\nlines"}


def test_who_pays_is_a_tag_and_who_does_not_has_not_left(tmp_path: Path) -> None:
    file_name, text, _expected = FILES["Substack"]

    rows = _rows(tmp_path, file_name, text)[1]

    assert [row.tags for row in rows] == [(), ("paid",), ()]


def test_a_substack_dashboard_tells_who_left_from_who_does_not_pay(tmp_path: Path) -> None:
    words = ("Comp", "Cancelled", "Email disabled", "Opted out", "Bounced")
    lines = "".join(f"a@example.org,{word},5,2024-01-15\n" for word in words)

    rows = _rows(tmp_path, "list.csv", f"Email,Subscription type,Activity,Subscription date\n{lines}")[1]

    assert [row.status.value for row in rows] == ["active", "active", "unsubscribed", "unsubscribed", "bounced"]
    assert [row.tags for row in rows] == [("paid",), (), (), (), ()]


def test_brevos_day_stands_before_its_month(tmp_path: Path) -> None:
    assert _first(tmp_path, "Brevo").joined_at == datetime(2022, 4, 3, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("product", "attributes"),
    [("Buttondown", {"city": "Turin", "n": 1}), ("listmonk", {"city": "Turin", "good": True})],
)
def test_attributes_keep_their_types(product: str, attributes: dict[str, object], tmp_path: Path) -> None:
    assert _first(tmp_path, product).attributes == attributes


@pytest.mark.parametrize(
    "cell", ["__import__('os')", "{1, 2}", "[1]", "{'a': " * 4000, "{'x'", "{'a': b'x'}", "{'a': 1j}"]
)
def test_metadata_that_is_no_plain_dictionary_is_refused_and_never_run(cell: str, tmp_path: Path) -> None:
    text = f'email,subscriber_type,metadata,tags\na@example.org,regular,"{cell}",\n'

    rows = _rows(tmp_path, "list.csv", text)[1]

    assert rows == [Refused(2, "a@example.org", "the metadata cannot be read as a dictionary")]


@pytest.mark.parametrize("cell", ["not json", "[1]"])
def test_attributes_that_are_no_json_object_are_refused(cell: str, tmp_path: Path) -> None:
    rows = _rows(tmp_path, "list.csv", f"email,name,attributes\na@example.org,Ann,{cell}\n")[1]

    assert "the attributes are not" in rows[0].reason


@pytest.mark.parametrize("status", ["blocklisted", "disabled"])
def test_of_a_row_refused_for_its_attributes_the_leaving_is_taken(status: str, tmp_path: Path) -> None:
    text = f"email,name,attributes,status\na@example.org,Ann,not json,{status}\n"

    [row] = _rows(tmp_path, "list.csv", text)[1]

    assert isinstance(row, Row)
    assert (row.status.is_leaving, row.name) == (True, "")
    assert "the attributes are not JSON" in row.refusal


def test_buttondowns_metadata_may_be_json_and_hold_the_name(tmp_path: Path) -> None:
    metadata = '"{""name"": ""Ann"", ""good"": true, ""x"": null}"'

    [row] = _rows(tmp_path, "list.csv", f"email,subscriber_type,tags,metadata\na@example.org,regular,,{metadata}\n")[1]

    assert (row.name, row.attributes) == ("Ann", {"good": True, "x": None})


def test_who_pays_buttondown_late_or_no_more_still_reads(tmp_path: Path) -> None:
    words = ("past_due", "Past due", "paused", "churning", "churned", "trialed", "unpaid", "upcoming")
    lines = "".join(f"a@example.org,{word}\n" for word in words)

    rows = _rows(tmp_path, "list.csv", f"email_address,type\n{lines}")[1]

    assert [row.status.value for row in rows] == ["active"] * len(words)


def test_listmonks_tags_come_back_from_a_column_or_the_attributes(tmp_path: Path) -> None:
    text = 'email,name,attributes,tags\na@example.org,Ann,"{""tags"": [""vip""], ""n"": 1}",press\n'

    [row] = _rows(tmp_path, "list.csv", text)[1]

    assert (row.tags, row.attributes) == (("press", "vip"), {"n": 1})


def test_a_yes_or_no_that_is_neither_is_refused(tmp_path: Path) -> None:
    rows = _rows(tmp_path, "list.csv", "email,email_blacklisted\na@example.org,perhaps\n")[1]

    assert rows == [Refused(2, "a@example.org", "'perhaps' is neither yes nor no")]
