"""Long lists: a process that reads ahead gives what reading here would, and the database learns how long they are."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import subscribers
from subscribers import BadFile, KeyRing
from subscribers.transfer import importing
from subscribers.transfer.ahead import _START, LONG, Reading, _packages, _received, read_ahead, read_blocks

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def reading(path: Path, text: str, size: int = 3) -> Reading:
    path.write_text(text, encoding="utf-8")
    return Reading(path, "utf-8", None, None, size, NOW)


def test_another_process_reads_the_same_blocks(tmp_path: Path) -> None:
    rows = [f"reader{n}@example.org,Reader {n},2026-01-0{1 + n % 5}" for n in range(10)]
    rows[4], rows[7] = "nobody,Reader 4,2026-01-01", 'ada@example.org,"Ada,\nCountess",2026-01-01'
    asked = reading(tmp_path / "people.csv", "\n".join(["email,name,created_at", *rows]) + "\n")

    ahead = list(read_ahead(asked))

    assert ahead == list(read_blocks(asked)) and len(ahead) > 2


def test_what_cannot_be_read_is_told_as_it_would_be_here(tmp_path: Path) -> None:
    asked = reading(tmp_path / "people.csv", "colour,shape\nred,round\n")

    with pytest.raises(BadFile) as here:
        list(read_blocks(asked))
    with pytest.raises(BadFile) as there:
        list(read_ahead(asked))

    assert str(there.value) == str(here.value)


def test_whoever_stops_early_ends_the_process(tmp_path: Path) -> None:
    asked = reading(tmp_path / "people.csv", "email\n" + "".join(f"reader{n}@example.org\n" for n in range(50_000)))

    with closing(read_ahead(asked)) as blocks:
        assert next(blocks).rows == 3

    assert list(blocks) == []


def test_the_process_that_reads_is_without_the_database() -> None:
    start = _START.format(path=sys.path, packages=_packages()).replace(
        "\nmain()", "\nprint('sqlalchemy' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-I", "-c", start], capture_output=True, text=True, check=True).stdout

    assert said == "False\n"


def test_a_process_that_dies_is_told_with_what_to_do(tmp_path: Path) -> None:
    asked = reading(tmp_path / "people.csv", "email\nada@example.org\n")
    dead = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    with dead, pytest.raises(BadFile, match="run the import again"):
        list(_received(dead, asked))


def test_a_long_list_comes_in_whole(sqlite_engine: sa.Engine, tmp_path: Path, keys: KeyRing) -> None:
    subscribers.upgrade(sqlite_engine)
    with subscribers.writing(sqlite_engine) as conn:
        subscribers.ensure_list(conn, "morning", "Morning Watch")
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"reader{n}@example.org\n" for n in range(LONG)) + "nobody\n")

    report = subscribers.import_file(sqlite_engine, path, "morning", keys=keys, now=NOW)

    assert {outcome.value: count for outcome, count in report.counts.items() if count} == {"added": LONG, "refused": 1}
    assert [refused.line for refused in report.refused] == [LONG + 2]


@pytest.mark.postgres
def test_after_a_long_import_postgresql_knows_how_many_there_are(
    postgres_engine: sa.Engine, keys: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 5)
    path = tmp_path / "list.csv"
    path.write_text("email\n" + "".join(f"reader{number}@example.org\n" for number in range(12)))
    with subscribers.writing(postgres_engine) as conn:
        subscribers.ensure_list(conn, "morning", "Morning Watch")

    subscribers.import_file(postgres_engine, path, "morning", keys=keys, now=NOW)

    with subscribers.reading(postgres_engine) as conn:
        known = conn.exec_driver_sql("SELECT reltuples FROM pg_class WHERE oid = 'subscription'::regclass").scalar()
    assert known == 12
