"""Files of many products come in by one rule: the stricter state wins, and nobody is mailed or revived."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import subscribers
from subscribers import (
    BadFile,
    Consent,
    ConsentHow,
    KeyRing,
    Outcome,
    SubscriptionStatus,
    SuppressionReason,
    UnknownList,
    import_file,
    reading,
    schema,
    writing,
)
from subscribers.transfer import importing

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
ASKED = Consent(NOW, ConsentHow.OPERATOR)


class Desk:
    """A database with one list, and short ways to import text and to see what became of it."""

    def __init__(self, engine: sa.Engine, keys: KeyRing, folder: Path) -> None:
        self.engine, self.keys, self.folder = engine, keys, folder
        with writing(engine) as conn:
            subscribers.ensure_list(conn, "morning", "Morning Watch")

    def bring(self, text: str | bytes, name: str = "list.csv", **options: object):
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return import_file(self.engine, path, "morning", keys=self.keys, now=NOW, **options)

    def statuses(self) -> dict[str, str]:
        with reading(self.engine) as conn:
            people = list(subscribers.iter_subscribers(conn))
        return {person.address: person.subscriptions[0].status.value for person in people}

    def person(self, address: str = "ann@example.org"):
        with reading(self.engine) as conn:
            return subscribers.find_subscriber(conn, address)

    def reason(self, address: str, list_id: str = "morning"):
        with reading(self.engine) as conn:
            return subscribers.is_suppressed(conn, address, list_id, self.keys)


@pytest.fixture
def desk(engine: sa.Engine, keys: KeyRing, tmp_path: Path) -> Desk:
    return Desk(engine, keys, tmp_path)


def _counts(report) -> dict[str, int]:
    return {outcome.value: count for outcome, count in report.counts.items() if count}


def test_a_plain_table_comes_in_with_names_and_tags(desk: Desk) -> None:
    report = desk.bring("email,name,tags\nann@example.org,Ann,vip; press\nbob@example.org,,\n")

    assert _counts(report) == {"added": 2}
    assert (report.rows, report.import_id) == (2, 1)
    assert (desk.person().name, desk.person().tags) == ("Ann", ("press", "vip"))
    assert desk.statuses() == {"ann@example.org": "active", "bob@example.org": "active"}


def test_an_import_keeps_where_it_came_from_as_evidence(desk: Desk) -> None:
    desk.bring("email,created_at,ip\nann@example.org,2020-05-01 10:00:00,192.0.2.7\n")

    with reading(desk.engine) as conn:
        [(_, consent)] = subscribers.iter_consents(conn, desk.person().id)
    assert consent.at == datetime(2020, 5, 1, 10, tzinfo=UTC)
    assert (consent.how, consent.ip, consent.is_confirmed) == (ConsentHow.IMPORTED, "192.0.2.7", False)
    assert consent.provenance.startswith("list.csv (")
    assert consent.provenance.endswith("line 2")


def test_a_dry_run_counts_the_same_and_changes_nothing(desk: Desk) -> None:
    text = "email,status\nann@example.org,\nbob@example.org,bounced\nANN@example.org,\nnobody\n"

    rehearsed = desk.bring(text, dry_run=True)

    assert desk.statuses() == {}
    assert desk.reason("bob@example.org") is None
    assert _counts(rehearsed) == _counts(desk.bring(text)) == {"added": 1, "ended": 1, "duplicate": 1, "refused": 1}
    assert rehearsed.import_id is None


def test_a_refused_row_is_reported_with_its_line_and_reason_and_the_rest_goes_on(desk: Desk) -> None:
    told = []

    report = desk.bring(
        'email,note\n"no at",x\nann@example.org,"a\nb"\na@example.org;b@example.org,\n', on_refused=told.append
    )

    assert [(each.line, each.text) for each in report.refused] == [(2, "no at"), (5, "a@example.org;b@example.org")]
    assert "more than one address" in report.refused[1].reason
    assert told == report.refused
    assert desk.statuses() == {"ann@example.org": "active"}


def test_who_left_or_must_not_be_mailed_is_not_revived(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        ann = subscribers.subscribe(conn, "ann@example.org", "morning", consent=ASKED, now=NOW, keys=desk.keys)
        subscribers.unsubscribe(conn, ann.id, "morning", now=NOW, keys=desk.keys)
        subscribers.suppress(conn, "bob@example.org", SuppressionReason.COMPLAINED, now=NOW, keys=desk.keys)

    report = desk.bring("email,name\nAnn@example.org,Ann\nbob@example.org,Bob\n")

    assert _counts(report) == {"kept_out": 2}
    assert desk.statuses() == {"ann@example.org": "ended"}


def test_who_left_elsewhere_is_ended_and_suppressed_here(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        subscribers.subscribe(conn, "ann@example.org", "morning", consent=ASKED, now=NOW, keys=desk.keys)

    stood = {"ann": "unsubscribed", "bob": "Bounced", "cay": "complained", "dan": "blocklisted"}
    rows = "".join(f"{name}@example.org,{status}\n" for name, status in stood.items())
    report = desk.bring(f"email,status\n{rows}")

    assert _counts(report) == {"ended": 4}
    assert set(desk.statuses().values()) == {"ended"}
    reasons = [desk.reason(f"{name}@example.org").value for name in ("ann", "bob", "cay", "dan")]
    assert reasons == ["unsubscribed", "bounced", "complained", "imported"]
    assert desk.reason("ann@example.org", "another") is None
    assert desk.reason("bob@example.org", "another") is SuppressionReason.BOUNCED


@pytest.mark.parametrize("rows", [("active", "unsubscribed"), ("unsubscribed", "active")])
@pytest.mark.parametrize("between", [0, 5])
def test_of_two_rows_for_one_person_the_stricter_stands(
    desk: Desk, rows: tuple[str, str], between: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    others = "".join(f"p{number}@example.org,\n" for number in range(between))

    report = desk.bring(f"email,status\nann@example.org,{rows[0]}\n{others}ANN@Example.org,{rows[1]}\n")

    assert desk.statuses()["ann@example.org"] == "ended"
    assert report.counts[Outcome.DUPLICATE] == 1
    assert sum(report.counts.values()) == report.rows == between + 2


def test_who_was_imported_and_then_suppressed_or_left_gets_no_edition(desk: Desk) -> None:
    desk.bring("email\nann@example.org\nBob@example.org\ncay@example.org\n")

    with writing(desk.engine) as conn:
        subscribers.suppress(conn, "bob@example.org", SuppressionReason.MANUAL, now=NOW, keys=desk.keys)
        subscribers.unsubscribe(conn, desk.person("cay@example.org").id, "morning", now=NOW, keys=desk.keys)
        conn.execute(sa.update(schema.subscription).values(status="active"))
        rows = conn.execute(subscribers.recipients("morning", now=NOW)).all()

    assert [row.address for row in rows] == ["ann@example.org"]


def test_who_was_imported_and_then_forgotten_leaves_no_row_behind(desk: Desk) -> None:
    desk.bring("email\nann@example.org\n")

    with writing(desk.engine) as conn:
        assert subscribers.forget(conn, "ann@example.org", now=NOW, keys=desk.keys)
        left = [conn.execute(sa.select(table)).first() for table in (schema.subscriber, schema.subscription)]

    assert left == [None, None]
    assert _counts(desk.bring("email\nann@example.org\n", "again.csv")) == {"kept_out": 1}


@pytest.mark.parametrize("rows", [("active", "pending"), ("pending", "active")])
@pytest.mark.parametrize("between", [0, 5])
@pytest.mark.parametrize("dry_run", [True, False])
def test_of_two_rows_the_one_that_never_confirmed_stands(
    desk: Desk, rows: tuple[str, str], between: int, dry_run: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    others = "".join(f"p{number}@example.org,\n" for number in range(between))
    text = f"email,status\nann@example.org,{rows[0]}\n{others}ANN@Example.org,{rows[1]}\n"

    report = desk.bring(text, dry_run=dry_run)

    assert _counts(report) == {"added": between + 1, "duplicate": 1}
    assert dry_run or desk.statuses()["ann@example.org"] == "pending"


def test_who_confirmed_here_stays_though_a_file_has_them_unconfirmed(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        subscribers.subscribe(conn, "ann@example.org", "morning", consent=ASKED, now=NOW, keys=desk.keys)

    assert _counts(desk.bring("email,status\nann@example.org,pending\n")) == {"known": 1}
    assert desk.statuses() == {"ann@example.org": "active"}


def test_somebody_known_is_completed_and_not_overwritten(desk: Desk) -> None:
    desk.bring("email,name,city\nann@example.org,,Turin\n")

    report = desk.bring("email,name,city,age,tags\nann@example.org,Ann,Rome,40,vip\n", "second.csv")

    person = desk.person()
    assert _counts(report) == {"known": 1}
    assert (person.name, person.attributes, person.tags) == ("Ann", {"city": "Turin", "age": "40"}, ("vip",))


def test_who_is_on_another_list_joins_this_one_too(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        subscribers.ensure_list(conn, "evening", "Evening")
        subscribers.subscribe(conn, "ann@example.org", "evening", consent=ASKED, now=NOW, keys=desk.keys)

    assert _counts(desk.bring("email\nann@example.org\n")) == {"added": 1}
    assert len(desk.person().subscriptions) == 2


def test_the_same_file_again_finds_everybody_known(desk: Desk) -> None:
    text = "email\nann@example.org\nbob@example.org\n"
    desk.bring(text)

    assert _counts(desk.bring(text)) == {"known": 2}


def test_an_import_that_was_broken_off_goes_on_where_it_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    text = "email\n" + "".join(f"p{number}@example.org\n" for number in range(5)) + "P0@example.org\n"

    def stop(done: int, about: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.bring(text, on_progress=stop)
    report = desk.bring(text)

    assert _counts(report) == {"added": 5, "duplicate": 1}
    assert report.rows == 6
    assert "went on after row 4" in report.notes[0]
    assert len(desk.statuses()) == 5


def test_progress_is_told_after_every_batch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    told = []

    desk.bring("email\na@example.org\nb@example.org\nc@example.org\n", on_progress=lambda *each: told.append(each))

    assert told == [(2, 4), (3, 4)]


@pytest.mark.parametrize(
    "data",
    [
        "email,name\nann@example.org,René\n".encode(),
        codecs.BOM_UTF8 + "email,name\r\nann@example.org,René\r\n".encode(),
        "email\tname\nann@example.org\tRené\n".encode("utf-16"),
        "email,name\nann@example.org,René\n".encode("utf-16-le"),
        "email,name\nann@example.org,René\n".encode("utf-16-be"),
        "email;name\r\nann@example.org;René\r\n".encode("cp1252"),
        "email|name\rann@example.org|René\r".encode("latin-1"),
        "sep=;\r\nemail;name\r\nann@example.org;René\r\n".encode(),
        "\n\nE-Mail , Full Name \n  ann@example.org ,  René \n".encode(),
        "René <ann@example.org>\n".encode(),
        '# our readers\n"René" <mailto:ann@example.org>\n'.encode(),
        "ann@example.org\tRené\n".encode(),
        "René,ann@example.org\n".encode(),
        "Name,Email,@handle\nRené,ann@example.org,\n".encode(),
    ],
)
def test_encodings_separators_and_layouts_are_told_apart(desk: Desk, data: bytes) -> None:
    report = desk.bring(data)

    assert _counts(report) == {"added": 1}
    assert desk.person().name == "René"


def test_cells_that_stand_under_no_column_refuse_the_row_but_for_the_leaving_it_tells_of(desk: Desk) -> None:
    report = desk.bring("email,status\nann@example.org,active,unsubscribed\nbob@example.org,active,\ncay@example.org\n")

    assert [each.line for each in report.refused] == [2]
    assert desk.statuses() == {"ann@example.org": "ended", "bob@example.org": "active", "cay@example.org": "active"}


def test_two_addresses_in_a_line_without_a_header_are_refused(desk: Desk) -> None:
    report = desk.bring("dan@example.org\nann@example.org, bob@example.org\n")

    assert report.refused[0].reason == "it holds more than one address"


def test_a_status_nobody_knows_is_refused_and_not_mailed(desk: Desk) -> None:
    report = desk.bring("email,status\nann@example.org,zzz\n")

    assert "'zzz' is not known" in report.refused[0].reason
    assert desk.statuses() == {}


@pytest.mark.parametrize(
    ("column", "value"), [("unsubscribed", "2024-05-01"), ("opt_out", "Yes"), ("unsubscribed_at", "x")]
)
def test_a_column_that_says_they_left_ends_them(desk: Desk, column: str, value: str) -> None:
    desk.bring(f"email,{column}\nann@example.org,{value}\nbob@example.org,\n")

    assert desk.statuses() == {"ann@example.org": "ended", "bob@example.org": "active"}


def test_a_mapping_names_the_columns_of_an_unusual_table(desk: Desk) -> None:
    mapping = {"email": "Kontakt", "name": "Wer", "joined": "Seit"}

    report = desk.bring("Kontakt,Wer,Seit\nann@example.org,Ann,03-04-2020\n", mapping=mapping, day_first=True)

    assert report.because == "its columns were named by the mapping"
    assert desk.person().name == "Ann"
    assert desk.person().created_at == datetime(2020, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mapping", "words"), [({"email": "Mail"}, "no column 'Mail'.*kontakt"), ({"mail": "Kontakt"}, "no field 'mail'")]
)
def test_a_mapping_to_what_is_not_there_is_refused(desk: Desk, mapping: dict[str, str], words: str) -> None:
    with pytest.raises(BadFile, match=words):
        desk.bring("Kontakt\nann@example.org\n", mapping=mapping)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"name,city\nAnn,Turin\n", "no column of addresses among: name, city"),
        (b"PK\x03\x04rest", "a zip archive or a spreadsheet .* broken off"),
        (bytes(range(1, 256)) * 4, "is no text"),
        (b"\x7fELF\x02\x01\x01" + bytes(9) + b"a@b", "is no text"),
        (codecs.BOM_UTF8 + b"email\n\xff\xfe\xfa\n", "save it as UTF-8"),
        (b'{"broken": ', "begins like JSON"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_advice(desk: Desk, data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        desk.bring(data)


def test_a_missing_file_and_an_unknown_list_are_named(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"none\.csv"):
        import_file(desk.engine, tmp_path / "none.csv", "morning", keys=desk.keys, now=NOW)
    with pytest.raises(UnknownList, match="noon"):
        import_file(desk.engine, tmp_path / "none.csv", "noon", keys=desk.keys, now=NOW)


def test_json_lines_and_json_lists_come_in_alike(desk: Desk) -> None:
    people = (
        '{"email": "ann@example.org", "name": "Ann", "tags": ["vip", {"name": "press"}], "attribs": {"age": 40}}',
        '{"email": "bob@example.org", "first_name": "Bob", "last_name": "B", "status": "disabled"}',
    )

    desk.bring("\n".join(people), "people.jsonl")
    report = desk.bring(f"[{','.join(people)}]", "people.json")

    assert _counts(report) == {"known": 1, "ended": 1}
    assert (desk.person().tags, desk.person().attributes) == (("press", "vip"), {"age": 40})
    assert desk.statuses() == {"ann@example.org": "active", "bob@example.org": "ended"}


def test_json_that_cannot_be_kept_is_refused_line_by_line(desk: Desk) -> None:
    lines = (
        '{"email": "ann@example.org"}',
        "not json",
        "[1]",
        '{"name": "nobody"}',
        '{"email": "bob@example.org", "attributes": {"x": "\\u0000"}}',
        '{"email": "cay@example.org", "name": "\\ud800"}',
        '{"email": "dan@example.org", "attributes": {"x": NaN}}',
        '{"email": "eve@example.org", "attributes": [1]}',
        '{"email": "fay@example.org", "attributes": {"x": 1e400}}',
        '{"email": "gus@example.org", "status": "zzz"}',
    )

    report = desk.bring("\n".join(lines), "people.jsonl")

    assert [each.line for each in report.refused] == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert desk.statuses() == {"ann@example.org": "active"}


def test_who_waited_for_a_confirmation_elsewhere_is_not_mailed(desk: Desk) -> None:
    desk.bring("email,status\nann@example.org,unconfirmed\n")

    assert desk.statuses() == {"ann@example.org": SubscriptionStatus.PENDING}
    with reading(desk.engine) as conn:
        assert conn.execute(subscribers.recipients("morning")).all() == []


@pytest.mark.parametrize("rows", [3, 9000])
def test_a_quote_never_closed_is_reported_with_the_lines_it_swallowed(desk: Desk, rows: int) -> None:
    others = "".join(f"p{number}@example.org,\n" for number in range(rows))

    report = desk.bring(f'email,note\nann@example.org,\nbob@example.org,"oops\n{others}')

    assert desk.statuses()["ann@example.org"] == "active"
    assert "bob@example.org" not in desk.statuses()
    assert report.refused[0].line == 3
    assert "lines 3 to" in report.refused[0].reason


def test_a_nul_in_one_cell_refuses_that_row_alone(desk: Desk) -> None:
    report = desk.bring(b"email,name\nann@example.org,A\0n\nbob@example.org,Bob\n")

    assert [(each.line, each.reason) for each in report.refused] == [(2, "it holds a NUL, which is no text")]
    assert list(desk.statuses()) == ["bob@example.org"]


@pytest.mark.parametrize("ip", ["", "192.0.2.1"])
def test_dates_that_cannot_be_read_are_counted_and_the_first_is_shown(desk: Desk, ip: str) -> None:
    rows = f"ann@example.org,,{ip}\nbob@example.org,03/04/2024,{ip}\ncay@example.org,zebra,{ip}\n"

    rehearsed = desk.bring(f"email,joined,ip\n{rows}", dry_run=True)
    report = desk.bring(f"email,joined,ip\n{rows}")

    assert (report.unread_dates, report.unread_date) == (2, "'03/04/2024' in line 3")
    assert rehearsed.unread_dates == 2
    assert desk.bring(f"email,joined,ip\n{rows}", "again.csv", day_first=True).unread_dates == 1


def test_dates_of_json_are_read_as_it_is_said(desk: Desk) -> None:
    text = '{"email": "ann@example.org", "joined": "03/04/2024"}\n'

    assert desk.bring(text, "people.jsonl", dry_run=True).unread_date == "'03/04/2024' in line 1"
    desk.bring(text, "people.jsonl", day_first=True)

    assert desk.person().created_at == datetime(2024, 4, 3, tzinfo=UTC)


def test_columns_like_a_status_that_nobody_reads_are_warned_of(desk: Desk) -> None:
    table = desk.bring("email,consent\nann@example.org,no\n")
    lines = desk.bring('{"email": "ann@example.org", "consentState": "x"}\n', "people.jsonl")

    assert "nobody was judged by consent." in table.warnings[0]
    assert "nobody was judged by consentState." in lines.warnings[0]


def test_what_the_files_name_says_is_noted(desk: Desk) -> None:
    report = desk.bring("email\nann@example.org\n", "bounces.csv")

    assert "by the file's name its people are bounced" in report.notes[0]
    assert desk.reason("ann@example.org") is SuppressionReason.BOUNCED
