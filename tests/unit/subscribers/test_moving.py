"""Lists come in from archives, can be taken back, and go out in shapes other products read."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import subscribers
from subscribers import (
    Consent,
    ConsentHow,
    KeyRing,
    SuppressionReason,
    create_list,
    export_foreign,
    import_file,
    import_files,
    iter_imports,
    reading,
    subscribe,
    suppress,
    undo_import,
    unsubscribe,
    writing,
)
from subscribers.errors import BadFile, SubscribersError
from subscribers.model import List
from subscribers.transfer import importing

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
AUDIENCE = "Email Address,First Name,OPTIN_TIME,CONFIRM_TIME,{}LEID,EUID,NOTES,TAGS\n{},Ann,,,{}1,x,,\n"


@dataclass
class Desk:
    """A database with one list."""

    engine: sa.Engine
    keys: KeyRing
    folder: Path

    def bring(self, name: str, text: str | bytes, **options: object) -> subscribers.ImportReport:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_file(self.engine, path, "morning", keys=self.keys, now=NOW, **options)

    def bring_zip(self, files: dict[str, str], **options: object) -> list[subscribers.ImportReport]:
        (self.folder / "all.zip").write_bytes(zipped(files))
        return list(import_files(self.engine, self.folder / "all.zip", "morning", keys=self.keys, now=NOW, **options))

    def undo(self, number: int | None) -> subscribers.Undone:
        with writing(self.engine) as conn:
            return undo_import(conn, number or 0, now=NOW)

    def recipients(self) -> list[str]:
        with reading(self.engine) as conn:
            return [row.address for row in conn.execute(subscribers.recipients("morning", now=NOW))]


@pytest.fixture
def desk(engine: sa.Engine, keys: KeyRing, tmp_path: Path) -> Desk:
    with writing(engine) as conn:
        create_list(conn, List("morning", "Morning Watch"))
    return Desk(engine, keys, tmp_path)


def zipped(files: dict[str, str]) -> bytes:
    """Return a zip of text files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def test_a_file_that_cannot_say_who_left_is_told_of(desk: Desk) -> None:
    silent = desk.bring("a.csv", "email,active_subscription,expiry\nann@example.org,true,\n")
    telling = desk.bring("b.csv", "email,email_disabled\nben@example.org,false\n")

    assert silent.notes == ["no column of it says who left: all its people count as readers"]
    named = desk.bring("c.csv", "email,standing\ncay@example.org,active\n", mapping={"status": "standing"})
    assert telling.notes == named.notes == []


def test_a_zip_is_imported_file_by_file_those_of_who_left_first(desk: Desk) -> None:
    reports = desk.bring_zip(
        {
            "subscribed_members_export_1.csv": AUDIENCE.format("", "a@example.org", ""),
            "export/cleaned_members_export_1.csv": AUDIENCE.format("CLEAN_TIME,", "b@example.org", "2024-01-01,"),
            "unsubscribed_members_export_1.csv": AUDIENCE.format("UNSUB_TIME,", "a@example.org", "2024-01-01,"),
            "__MACOSX/._x.csv": "x",
            "readme.md": "hello",
        }
    )

    assert [report.file.partition("_")[0] for report in reports] == ["cleaned", "unsubscribed", "subscribed"]
    assert desk.recipients() == []


def test_a_file_of_a_zip_that_cannot_be_read_is_told_and_the_others_go_on(desk: Desk) -> None:
    reports = desk.bring_zip({"a.csv": "colour\nred\n", "b.csv": "email\nann@example.org\n"})

    assert [bool(report.format) for report in reports] == [False, True]
    assert "no column of addresses" in reports[0].notes[0]
    assert desk.recipients() == ["ann@example.org"]


def test_who_stands_in_the_zips_file_of_leavers_does_not_come_in_by_another(desk: Desk) -> None:
    files = {"active.csv": "email\nann@example.org\nben@example.org\n", "unsubscribed.csv": "email\nben@example.org\n"}

    [gone, active] = desk.bring_zip(files)

    assert (gone.file, gone.counts["ended"], active.counts["kept_out"]) == ("unsubscribed.csv", 1, 1)
    assert desk.recipients() == ["ann@example.org"]


def test_a_dry_run_of_a_zip_counts_what_the_files_would_do_one_after_the_other(desk: Desk) -> None:
    desk.bring("before.csv", "email\neve@example.org\n")
    files = {
        "a.csv": "email,status\nann@example.org,\nben@example.org,\ndan@example.org,pending\neve@example.org,\n",
        "b.csv": "email,status\nann@example.org,\nANN@example.org,\ncay@example.org,bounced\nfay@example.org,\n",
        "c.csv": "email,status\ncay@example.org,\nann@example.org,unsubscribed\nfay@example.org,pending\n",
        "d.csv": "email\nann@example.org\ndan@example.org\neve@example.org\n",
        "unsubscribed.csv": "email\nben@example.org\n",
    }

    rehearsed = desk.bring_zip(files, dry_run=True)

    assert [report.counts for report in rehearsed] == [report.counts for report in desk.bring_zip(files)]


def test_a_file_of_a_zip_that_is_passed_over_is_named(desk: Desk) -> None:
    [report] = desk.bring_zip({"a.csv": "email\nann@example.org\n", "inner.zip": "x", "notes.pdf": "x"})

    assert [warning.partition(" ")[0] for warning in report.warnings] == ["inner.zip", "notes.pdf"]


def test_who_stands_in_the_zips_folder_of_leavers_does_not_come_in(desk: Desk) -> None:
    reports = desk.bring_zip(
        {"a/list.csv": "email\nann@example.org\n", "unsubscribed/list.csv": "email\nben@example.org\n"}
    )

    assert [report.file for report in reports] == ["unsubscribed-list.csv", "list.csv"]
    assert desk.recipients() == ["ann@example.org"]


@pytest.mark.parametrize("name", ["unsubscribed.xlsx", "bounces/list.xlsx", "old/unsubscribed.csv.gz", "bounces.zip"])
def test_a_zip_with_a_file_of_leavers_that_cannot_be_read_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(BadFile, match="who left would come in"):
        desk.bring_zip({"active.csv": "email\nann@example.org\n", name: "x"})

    assert desk.recipients() == []


def test_a_table_of_leavers_that_cannot_be_read_keeps_the_others_out(desk: Desk) -> None:
    with pytest.raises(BadFile, match="nothing more of"):
        desk.bring_zip({"active.csv": "email\nann@example.org\n", "unsubscribed.csv": "colour\nred\n"})

    assert desk.recipients() == []


def test_a_zip_that_would_unpack_to_nothing_but_size_is_refused(desk: Desk) -> None:
    with pytest.raises(BadFile, match=r"a\.csv would become 11,000,006 bytes"):
        desk.bring_zip({"a.csv": "email\n" + "\n" * 11_000_000})


@pytest.mark.parametrize(
    ("place", "value", "words"), [(8, 1, "protected by a password"), (10, 99, "compression.* pack it anew")]
)
def test_a_zip_that_cannot_be_opened_is_told_in_words(desk: Desk, place: int, value: int, words: str) -> None:
    packed = bytearray(zipped({"a.csv": "email\nann@example.org\n"}))
    directory = packed.index(b"PK\x01\x02")
    packed[directory + place] = value
    packed[place - 2] = value
    (desk.folder / "all.zip").write_bytes(packed)

    with pytest.raises(BadFile, match=words):
        list(import_files(desk.engine, desk.folder / "all.zip", "morning", keys=desk.keys, now=NOW))


def test_a_zip_that_is_broken_off_is_to_be_fetched_again(desk: Desk) -> None:
    with pytest.raises(BadFile, match="broken off: fetch or export it again"):
        desk.bring("all.zip", zipped({"a.csv": "email\nann@example.org\n"})[:60])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"xl/workbook.xml": "<x/>", "a.csv": "x"}, "spreadsheet"),
        ({"a.exe": "x"}, "holds no"),
        ({"a.csv": ""}, "holds no"),
    ],
)
def test_an_archive_without_lists_is_refused(desk: Desk, files: dict[str, str], words: str) -> None:
    with pytest.raises(BadFile, match=words):
        desk.bring_zip(files)


def test_a_damaged_archive_is_refused(desk: Desk) -> None:
    packed = bytearray(zipped({"a.csv": "email\n" + "ann@example.org\n" * 500}))
    packed[60] ^= 255
    (desk.folder / "all.zip").write_bytes(packed)

    with pytest.raises(BadFile, match="cannot be unpacked"):
        list(import_files(desk.engine, desk.folder / "all.zip", "morning", keys=desk.keys, now=NOW))


def test_a_file_imported_twice_changes_nothing_though_somebody_leaves_in_its_later_rows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = ("ann@example.org,,,,", "bob@example.org,,,,", "cay@example.org,,,,", "ann@example.org,Ann,left,vip,Turin")
    text = "\n".join(("email,name,status,tags,city", *rows))

    desk.bring("list.csv", text)
    with reading(desk.engine) as conn:
        first = subscribers.find_subscriber(conn, "ann@example.org")
    desk.bring("list.csv", text)

    assert first is not None
    assert (first.tags, first.name, first.subscriptions[0].status) == ((), "", "ended")
    with reading(desk.engine) as conn:
        assert subscribers.find_subscriber(conn, "ann@example.org") == first


def test_a_mapping_is_not_passed_over_where_there_are_no_columns(desk: Desk) -> None:
    path = desk.folder / "people.jsonl"
    path.write_text('{"email": "ann@example.org", "state of things": "gone"}')

    with pytest.raises(BadFile, match="no columns to be named"):
        import_file(desk.engine, path, "morning", keys=desk.keys, now=NOW, mapping={"status": "state of things"})


def test_undoing_takes_back_one_import_and_nothing_else(desk: Desk) -> None:
    desk.bring("first.csv", "email\nann@example.org\n")
    second = desk.bring(
        "second.csv", "email,status\nann@example.org,\nben@example.org,\ncay@example.org,unsubscribed\n"
    )

    done = desk.undo(second.import_id)

    assert (done.subscriptions, done.people, done.kept) == (1, 1, 1)
    assert desk.recipients() == ["ann@example.org"]
    assert desk.bring("third.csv", "email\ncay@example.org\n").counts["kept_out"] == 1


def test_undoing_takes_out_what_was_filled_in_of_people_known_before(desk: Desk) -> None:
    desk.bring("first.csv", "email,name,tags,city\nann@example.org,,old,Turin\nbob@example.org,Bob,,\n")
    with reading(desk.engine) as conn:
        before = list(subscribers.export_list(conn, None, "jsonl"))
    text = "email,name,tags,city,age\nAnn@example.org,Ann,old;new,Oslo,40\nbob@example.org,B,new,Oslo,4\n"

    desk.undo(desk.bring("second.csv", text).import_id)

    with reading(desk.engine) as conn:
        assert list(subscribers.export_list(conn, None, "jsonl")) == before


def test_undoing_leaves_whom_their_own_answer_brought(desk: Desk) -> None:
    report = desk.bring("list.csv", "email\nann@example.org\n")
    confirmed = Consent(at=NOW, how=ConsentHow.DOUBLE_OPT_IN, confirmed_at=NOW)
    with writing(desk.engine) as conn:
        subscribe(conn, "ann@example.org", "morning", consent=confirmed, now=NOW, keys=desk.keys)

    assert desk.undo(report.import_id).kept == 1
    assert desk.recipients() == ["ann@example.org"]


def test_an_undone_import_is_listed_as_such_and_may_be_undone_again(desk: Desk) -> None:
    report = desk.bring("list.csv", "email\nann@example.org\n")

    done = [desk.undo(report.import_id) for _ in range(2)]

    assert [each.people for each in done] == [1, 0]
    with reading(desk.engine) as conn:
        assert [run.undone_at for run in iter_imports(conn)] == [NOW]


def test_an_import_that_never_was_cannot_be_undone(desk: Desk) -> None:
    with pytest.raises(SubscribersError, match="no import 9"):
        desk.undo(9)


@pytest.mark.parametrize("product", subscribers.FOREIGN)
def test_a_list_written_for_a_product_is_read_back_as_that_products_with_every_status(
    desk: Desk, product: str, keys: KeyRing
) -> None:
    consent = Consent(at=NOW, how=ConsentHow.OPERATOR, ip="192.0.2.1")
    with writing(desk.engine) as conn:
        options = {"consent": consent, "now": NOW, "keys": keys}
        details = {"name": "=Ann O’Hara", "tags": ("vip", "press, local"), "attributes": {"city": "Turin", "n": 3}}
        subscribe(conn, "ann@example.org", "morning", **options, **details)
        for name in ("ben", "cay"):
            subscribe(conn, f"{name}@example.org", "morning", **options)
        unsubscribe(conn, 2, "morning", now=NOW, keys=keys)
        suppress(conn, "cay@example.org", SuppressionReason.BOUNCED, now=NOW, keys=keys)
        lines = list(export_foreign(conn, "morning", product, keys=keys))
        create_list(conn, List("copy", "Copy"))

    path = desk.folder / "subscribed_members_export.csv"
    path.write_text("".join(lines), encoding="utf-8", newline="")
    report = import_file(desk.engine, path, "copy", keys=keys, now=NOW, dry_run=True)

    assert report.format.lower() == product
    assert report.counts["kept_out"] + report.counts["added"] + report.counts["ended"] == len(lines) - 1
    assert report.counts["added"] == 1
    assert report.counts["refused"] == 0
    assert not any(line.startswith("=") or ",=" in line for line in lines)
