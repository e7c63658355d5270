"""Exports as people have them: of other years, languages and spellings, with columns gone, and put together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from subscribers.errors import BadFile
from subscribers.transfer.batch import person_of
from subscribers.transfer.recognising import recognise
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row
from subscribers.transfer.tables import iter_blocks, iter_rows

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
OPTED = "MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME"
MAILCHIMPS_WORDS = "subscribed unsubscribed cleaned Non-Subscribed transactional archived pending"

FILES = {
    "Mailchimp, German": (
        "liste.csv",
        f"E-Mail-Adresse,Vorname,Nachname,{OPTED},UNSUB_TIME,UNSUB_REASON\n"
        "a@example.org,Ann,Weiß,2,2020-01-02,2020-01-02,2023-06-06 12:00:00,NORMAL\n"
        "b@example.org,Ben,,2,2020-01-02,2020-01-02,2023-06-06 12:00:00,N/A (Abuse complaint)\n",
        "unsubscribed complained",
    ),
    "Mailchimp, French, cleaned": (
        "export.csv",
        f"Adresse e-mail,Prénom,Nom,{OPTED},CLEAN_TIME\na@example.org,Ann,L,2,2020-01-02,,2023-06-06 12:00:00\n",
        "bounced",
    ),
    "Mailchimp, Spanish": (
        "x.csv",
        f"Dirección de correo electrónico,Nombre,Apellidos,{OPTED}\na@example.org,Ann,N,2,2020-01-02,\n",
        "active",
    ),
    "Mailchimp, spelled by a program": (
        "x.csv",
        "Email Address,First Name,Optin Time,Confirm Time,Clean Time\na@example.org,Ann,2020-01-02,,2023-06-06\n",
        "bounced",
    ),
    "Mailchimp, columns deleted": (
        "x.csv",
        "Email Address,First Name,CLEAN_TIME,LEID,EUID\na@example.org,Ann,2023-06-06 12:00:00,1,x\n",
        "bounced",
    ),
    "Mailchimp, the three files in one table": (
        "x.csv",
        f"Email Address,{OPTED},UNSUB_TIME,CLEAN_TIME\na@example.org,2,2020-01-02,,,\n"
        "b@example.org,2,2020-01-02,,2023-06-06,\nc@example.org,2,2020-01-02,,,2023-06-06\n",
        "active unsubscribed bounced",
    ),
    "Mailchimp, two files in one table": (
        "x.csv",
        f"Email Address,{OPTED},UNSUB_TIME\na@example.org,2,2020-01-02,,\nb@example.org,2,2020-01-02,,2023-06-06\n",
        "refused unsubscribed",
    ),
    "Mailchimp, two files in one table named for those who are there": (
        "subscribed_members.csv",
        f"Email Address,{OPTED},UNSUB_TIME\na@example.org,2,2020-01-02,,\nb@example.org,2,2020-01-02,,2023-06-06\n",
        "active unsubscribed",
    ),
    "Mailchimp, with a status": (
        "segment.csv",
        f"Email Address,Status,{OPTED}\n"
        + "".join(f"a@example.org,{word},2,2020-01-02,\n" for word in MAILCHIMPS_WORDS.split()),
        "active unsubscribed bounced unsubscribed unsubscribed unsubscribed pending",
    ),
    "Mailchimp, with a field of regions": (
        "x.csv",
        f"Email Address,State,{OPTED}\na@example.org,CA,2,2020-01-02,\n",
        "active",
    ),
    "Substack, spelled by a spreadsheet": (
        "x.csv",
        "Email,Active Subscription,Expiry,Email Disabled,Created At\na@example.org,FALSE,,FALSE,2024-01-15\n"
        "b@example.org,TRUE,,TRUE,2024-01-15\n",
        "active unsubscribed",
    ),
    "Substack (oldest form)": (
        "x.csv",
        "email,expiry,email_disabled,stripe_connected_customer_id,type\na@example.org,,false,,gift\n"
        "b@example.org,,true,,free\n",
        "active unsubscribed",
    ),
    "beehiiv": (
        "x.csv",
        "email,first_name,status,tier,created_at,tags\na@example.org,Ann,validating,free,2023-03-24,\n"
        "b@example.org,Ben,inactive,free,2023-03-24,\nc@example.org,Cay,paused,free,2023-03-24,\n",
        "pending unsubscribed refused",
    ),
    "Kit, as its API names the columns": (
        "x.csv",
        "first_name,email_address,state,created_at\nAnn,a@example.org,active,2025-03-03\n"
        "Ben,b@example.org,inactive,2025-03-03\nCay,c@example.org,complained,2025-03-03\n",
        "active pending complained",
    ),
    "Kit, spelled by a spreadsheet": (
        "x.csv",
        "First name,Email,Created at,Status\nAnn,a@example.org,2025-03-03,Inactive\n",
        "pending",
    ),
    "Ghost, of former years": (
        "x.csv",
        "id,email,name,subscribed_to_emails,complimentary_plan,created_at,deleted_at\n"
        "1,a@example.org,Ann,WAHR,FALSCH,2024-01-15,\n2,b@example.org,Ben,FALSCH,,2024-01-15,\n"
        "3,c@example.org,Cay,,,2024-01-15,\n",
        "active unsubscribed refused",
    ),
    "Buttondown, its metadata deleted": (
        "x.csv",
        "Email,Subscriber type,Subscription date\na@example.org,Regular,2024-05-01\n"
        "b@example.org,Unactivated,2024-05-01\nc@example.org,Removed,2024-05-01\n",
        "active pending unsubscribed",
    ),
    "listmonk, with the status on its list": (
        "x.csv",
        "email,name,attributes,status,subscription_status\na@example.org,Ann,{},enabled,confirmed\n"
        "b@example.org,Ben,{},enabled,unsubscribed\nc@example.org,Cay,{},enabled,unconfirmed\n",
        "active unsubscribed pending",
    ),
    "listmonk, with its lists": (
        "x.csv",
        "email,name,attributes,status,lists\n"
        'a@example.org,,{},enabled,"[{""subscription_status"": ""unsubscribed""}]"\n'
        'b@example.org,,{},enabled,"[{""subscription_status"": ""unconfirmed"", ""optin"": ""single""}]"\n'
        "c@example.org,,{},enabled,Daily\n"
        'd@example.org,,{},enabled,"[{""subscription_status"": ""odd""}]"\n',
        "unsubscribed active active refused",
    ),
    "listmonk, of those who left the list": (
        "unsubscribed.csv",
        "email,name,attributes,status\na@example.org,Ann,{},enabled\n",
        "unsubscribed",
    ),
    "Brevo, French": (
        "x.csv",
        "EMAIL;NOM;PRENOM;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME\na@example.org;L;Ann;FAUX;VRAI;12/04/2022\n"
        "b@example.org;B;Ben;VRAI;FAUX;12/04/2022\n",
        "active unsubscribed",
    ),
    "Brevo, newer": (
        "x.csv",
        "CONTACT ID;EMAIL;DOUBLE_OPT-IN;OPT_IN;ADDED_TIME\n1;a@example.org;;;03-04-2024 09:30:00\n"
        "2;b@example.org;;No;03-04-2024 09:30:00\n",
        "active unsubscribed",
    ),
    "ActiveCampaign, without an IP": (
        "x.csv",
        "Contact ID,Email,First Name,Date Created,List Status\n1,a@example.org,Ann,2024-05-01,0\n"
        "2,b@example.org,Ben,2024-05-01,1\n3,c@example.org,Cay,2024-05-01,2\n4,d@example.org,Dan,2024-05-01,-1\n",
        "pending active unsubscribed refused",
    ),
    "MailerLite, told by the name alone": (
        "unsubscribed_2024.csv",
        "Subscriber,Subscribed,Opens,Clicks\na@example.org,2024-05-01 08:00:00,2,1\n",
        "unsubscribed",
    ),
    "a table with columns of the usual names, dates of MailerLite": (
        "x.csv",
        "Subscriber,Name,Last name,Groups,Status,Subscribed,Unsubscribed\n"
        'a@example.org,Ann,B,"Daily; Weekly",active,2024-05-01,\nb@example.org,Ben,,,junk,2024-05-01,\n'
        "c@example.org,Cay,,,active,2024-05-01,2024-06-01\n",
        "active complained unsubscribed",
    ),
    "a table with columns of the usual names, dates in a file of leavers": (
        "unsubscribed.csv",
        "Email,Subscribed\na@example.org,2024-05-01\n",
        "unsubscribed",
    ),
    "a table with columns of the usual names, a region and a tariff": (
        "x.csv",
        "Email,State,Type\na@example.org,New York,Gold\nb@example.org,unsubscribed,\nc@example.org,,bounced\n",
        "active unsubscribed bounced",
    ),
    "a table with columns of the usual names, below its title": (
        "x.csv",
        "Subscribers of the Courier\n\nE-Mail;Status\na@example.org;abgemeldet\nb@example.org;aktiv\n",
        "unsubscribed active",
    ),
    "a table with columns of the usual names, a question over two lines in its header": (
        "x.csv",
        'Email,"Do you want\nour mail?",Status\na@example.org,yes,active\nb@example.org,,unsubscribed\n',
        "active unsubscribed",
    ),
    "Mailchimp, joined by a program that writes nothing as NaN": (
        "x.csv",
        ",Email Address,OPTIN_TIME,UNSUB_TIME,CLEAN_TIME\n0,a@example.org,2020-01-02,NaT,NaN\n"
        "1,b@example.org,2020-01-02,2023-06-06,NaN\n",
        "active unsubscribed",
    ),
    "a table with columns of the usual names, spaces before the quotes": (
        "x.csv",
        '"Email", "Name", "Status"\n"a@example.org", "Byrne, Ann", "unsubscribed"\n',
        "unsubscribed",
    ),
}


def _rows(folder: Path, name: str, text: str, **options: bool) -> tuple[str, list[Row | Refused]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    table = recognise(path, "utf-8", **options)
    return table.shape.name, list(iter_rows(path, "utf-8", table))


def _said(rows: list[Row | Refused]) -> list[str]:
    return ["refused" if isinstance(row, Refused) else row.status.value for row in rows]


@pytest.mark.parametrize("what", FILES)
def test_a_file_of_a_product_is_read_as_it_means_it(what: str, tmp_path: Path) -> None:
    file_name, text, expected = FILES[what]

    name, rows = _rows(tmp_path, file_name, text)

    assert name == what.partition(",")[0]
    assert _said(rows) == expected.split()


@pytest.mark.parametrize(
    ("what", "name", "joined"),
    [
        ("Mailchimp, German", "Ann Weiß", "2020-01-02"),
        ("Mailchimp, Spanish", "Ann N", "2020-01-02"),
        ("Kit, as its API names the columns", "Ann", "2025-03-03"),
        ("Buttondown, its metadata deleted", "", "2024-05-01"),
        ("Brevo, French", "Ann L", "2022-04-12"),
        ("Brevo, newer", "", "2024-04-03"),
        ("a table with columns of the usual names, dates of MailerLite", "Ann B", "2024-05-01"),
    ],
)
def test_names_and_dates_come_along_however_their_columns_are_called(
    what: str, name: str, joined: str, tmp_path: Path
) -> None:
    row = _rows(tmp_path, *FILES[what][:2])[1][0]

    assert isinstance(row, Row)
    assert (row.name, f"{row.joined_at:%Y-%m-%d}") == (name, joined)


def test_an_address_column_of_another_name_leaves_mailchimps_tags_a_list(tmp_path: Path) -> None:
    text = f'Email,{OPTED},TAGS\na@example.org,2,2020-01-02,,"""VIP"",""Press, Berlin"""\n'

    [row] = _rows(tmp_path, "x.csv", text)[1]

    assert isinstance(row, Row)
    assert row.tags == ("VIP", "Press, Berlin")


def test_a_day_is_read_as_the_user_means_it_in_a_products_file_too(tmp_path: Path) -> None:
    text = f"Email Address,{OPTED}\na@example.org,2,3/4/2020 9:12,\n"

    [row] = _rows(tmp_path, "x.csv", text, day_first=False)[1]

    assert isinstance(row, Row)
    assert row.joined_at == datetime(2020, 3, 4, 9, 12, tzinfo=UTC)


def test_a_log_of_mails_is_no_list_of_people(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="a log of mails that were sent or read, as its post_id shows"):
        _rows(tmp_path, "1.delivers.csv", "post_id,timestamp,email\n1,2024-01-15,gone@example.org\n")


THERE = f"Email Address,First Name,{OPTED}\na@example.org,Ann,2,2020-01-02,\n"
LEFT = f"Email Address,First Name,{OPTED},UNSUB_TIME,LEID\nb@example.org,Ben,2,2020-01-02,,2023-06-06,\n"
NOTED = f'Email Address,NOTES,{OPTED},CLEAN_TIME\nc@example.org,"two\nlines",2,2020-01-02,,2023-06-06\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (THERE + LEFT, {"a": "active", "b": "unsubscribed"}),
        (LEFT + NOTED + THERE, {"b": "unsubscribed", "c": "bounced", "a": "active"}),
        (NOTED + THERE + LEFT, {"c": "bounced", "a": "active", "b": "unsubscribed"}),
        (THERE + THERE.replace("a@", "d@"), {"a": "active", "d": "active"}),
        (
            "email,name\na@example.org,Ann\nemail,status\nb@example.org,unsubscribed\n",
            {"a": "active", "b": "unsubscribed"},
        ),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_of_files_put_together_each_is_read_by_its_own_header(
    text: str, expected: dict[str, str], size: int, tmp_path: Path
) -> None:
    rows = _rows(tmp_path, "all.csv", text)[1]
    table = recognise(tmp_path / "all.csv", "utf-8")

    blocks = list(iter_blocks(tmp_path / "all.csv", "utf-8", table, size, NOW))

    by_block = [person_of(block.plain.row(place)).row for block in blocks for place in range(len(block.plain.lines))]
    by_block += [each for block in blocks for each in block.others if isinstance(each, Row)]
    assert {row.address[0]: row.status.value for row in rows if isinstance(row, Row)} == expected
    assert {row.address[0]: (row.line, row.status.value) for row in by_block} == {
        row.address[0]: (row.line, row.status.value) for row in rows if isinstance(row, Row)
    }


def test_a_header_may_come_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "pages.csv"
    path.write_text("".join(f"email,status\na{page}@example.org,active\n" for page in range(100)), encoding="utf-8")

    [block] = iter_blocks(path, "utf-8", recognise(path, "utf-8"), 500, NOW)

    assert (len(block.plain.lines), block.others) == (100, [])


def test_a_refused_row_of_a_later_table_keeps_its_own_columns(tmp_path: Path) -> None:
    rows = _rows(tmp_path, "x.csv", "email,name\na@example.org,Ann\nemail,status\nb@example.org,odd\n")[1]

    assert rows[1].columns == ("email", "status")
