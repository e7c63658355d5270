"""What is refused can be mended and imported as it is, and nothing is written over what was not written here."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import subscribers
from subscribers import BadFile, KeyRing, RefusedFile, import_file, import_files, reading, writing
from tests.unit.subscribers.test_moving import zipped

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)


class Desk:
    """A database with one list, and a short way to import text and to keep what is refused in ``refused.csv``."""

    def __init__(self, engine: sa.Engine, keys: KeyRing, folder: Path) -> None:
        self.engine, self.keys, self.folder = engine, keys, folder
        self.refused = folder / "refused.csv"
        with writing(engine) as conn:
            subscribers.ensure_list(conn, "morning", "Morning Watch")

    def bring(self, data: str | bytes, name: str = "list.csv"):
        path = self.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        with RefusedFile(self.refused, path) as out:
            return list(import_files(self.engine, path, "morning", keys=self.keys, now=NOW, on_refused=out.write))

    def mend(self, wrong: str, right: str, name: str = "refused.csv"):
        path = self.folder / name
        path.write_text(path.read_text(encoding="utf-8").replace(wrong, right), encoding="utf-8")
        return import_file(self.engine, path, "morning", keys=self.keys, now=NOW)

    def people(self) -> dict[str, str]:
        with reading(self.engine) as conn:
            return {each.address: each.subscriptions[0].status.value for each in subscribers.iter_subscribers(conn)}

    def person(self, address: str):
        with reading(self.engine) as conn:
            return subscribers.find_subscriber(conn, address)


@pytest.fixture
def desk(sqlite_engine: sa.Engine, keys: KeyRing, tmp_path: Path) -> Desk:
    return Desk(sqlite_engine, keys, tmp_path)


def test_refused_rows_are_kept_whole_mended_and_imported(desk: Desk) -> None:
    desk.bring('Email,Name,City,tags\nann@example.org,Ann,,\nben#example.org,"=B, ""x""",Turin,"a, b"\n')

    [row] = csv.DictReader(io.StringIO(desk.refused.read_text(encoding="utf-8")))
    report = desk.mend("ben#", "ben@")

    assert (row["line"], row["Email"], row["Name"]) == ("3", "ben#example.org", '\'=B, "x"')
    ben = desk.person("ben@example.org")
    assert (ben.name, ben.tags, ben.attributes) == ('=B, "x"', ("a", "b"), {"city": "Turin"})
    assert "refused before" in report.because


def test_a_refused_row_keeps_its_returns(desk: Desk) -> None:
    desk.bring(b'email,name\rben#example.org,"B\rC"\r')

    desk.refused.write_bytes(desk.refused.read_bytes().replace(b"ben#", b"ben@"))
    import_file(desk.engine, desk.refused, "morning", keys=desk.keys, now=NOW)

    assert desk.person("ben@example.org").name == "B\rC"


def test_a_row_refused_again_is_kept_with_its_new_line_alone(desk: Desk) -> None:
    desk.bring("email,name\n\nnobody,Ann\n")
    desk.bring(desk.refused.read_bytes(), "mended.csv")

    assert desk.refused.read_text().splitlines()[0] == "line,reason,email,name"
    assert desk.refused.read_text().splitlines()[1].startswith("2,")


def test_json_that_is_refused_stays_json(desk: Desk) -> None:
    desk.bring('{"email": "ben#example.org", "name": "Ben", "tags": ["x"]}\nnot json\n', "people.jsonl")

    lines = [json.loads(line) for line in desk.refused.read_text().splitlines()]
    desk.mend("ben#", "ben@")

    assert [line["line"] for line in lines] == [1, 2]
    assert lines[1]["text"] == "not json"
    assert (desk.person("ben@example.org").name, desk.person("ben@example.org").tags) == ("Ben", ("x",))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unsubscribed.csv", "email,name\nben#example.org,Ben\n"),
        ("unsubscribed.txt", "ann@example.org\nben#example.org\n"),
        ("unsubscribed.jsonl", '{"email": "ben#example.org"}\n'),
    ],
)
def test_who_left_by_the_name_of_the_file_has_left_when_the_row_is_mended(desk: Desk, name: str, text: str) -> None:
    desk.bring(text, name)
    desk.mend("ben#", "ben@")

    assert desk.people()["ben@example.org"] == "ended"


def test_files_of_a_zip_with_other_columns_are_kept_apart(desk: Desk) -> None:
    desk.bring(
        zipped({"a.csv": "email,city\nann#example.org,Turin\n", "b.csv": "name,email\nBen,ben#example.org\n"}), "a.zip"
    )

    desk.mend("ann#", "ann@")
    desk.mend("ben#", "ben@", "refused-2.csv")

    assert desk.person("ann@example.org").attributes == {"city": "Turin"}
    assert desk.person("ben@example.org").name == "Ben"


def test_a_row_that_is_refused_does_not_forget_that_the_person_left(desk: Desk) -> None:
    text = (
        "email,name,attributes,status\nann@example.org,Ann,not json,blocklisted\nben@example.org,Ben,not json,enabled\n"
    )

    [report] = desk.bring(text)
    desk.bring("email\nann@example.org\n", "later.csv")

    assert {outcome.value: count for outcome, count in report.counts.items() if count} == {"ended": 1, "refused": 1}
    assert report.refused[0].reason.endswith("only that the person is blocked was taken")
    assert desk.people() == {"ann@example.org": "ended"}


def test_what_no_database_keeps_does_not_hide_that_the_person_left(desk: Desk) -> None:
    desk.bring('{"email": "ann@example.org", "name": "\\ud800", "status": "bounced"}\n', "people.jsonl")

    assert desk.people() == {"ann@example.org": "ended"}


def test_the_file_that_is_imported_is_not_written_over(desk: Desk) -> None:
    path = desk.folder / "list.csv"
    path.write_text("email\nnobody\n")
    (desk.folder / "link.csv").symlink_to(path)

    for refused in (path, desk.folder / "link.csv"):
        with pytest.raises(BadFile, match="over the file that is imported"):
            RefusedFile(refused, path)

    assert path.read_text() == "email\nnobody\n"


def test_another_file_is_not_written_over_but_one_of_ours_is(desk: Desk) -> None:
    desk.refused.write_text("email\nold@example.org\n")
    with pytest.raises(BadFile, match="holds something else"):
        desk.bring("email\nnobody\n")
    desk.refused.unlink()

    desk.bring("email\nnobody\n")
    desk.bring("email\nann@example.org\n")

    assert desk.refused.read_text() == "line,reason\n"


def test_a_folder_that_is_not_there_is_told_before_anything_is_read(desk: Desk) -> None:
    with pytest.raises(BadFile, match="a folder that can be written to"):
        RefusedFile(desk.folder / "none" / "refused.csv", desk.folder / "list.csv")


def test_a_cell_longer_than_any_that_is_read_refuses_its_row_alone(desk: Desk) -> None:
    [report] = desk.bring(f"email,note\nann@example.org,{'x' * 140_000}\nbob@example.org,short\n")

    assert [each.line for each in report.refused] == [2]
    assert list(desk.people()) == ["bob@example.org"]
