"""Our own lines lose nothing and come back as they were; tables are safe in spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import subscribers
from subscribers import (
    BadFile,
    Consent,
    ConsentHow,
    KeyRing,
    Outcome,
    Refused,
    Suppressed,
    SuppressionReason,
    UnknownList,
    export_foreign,
    export_list,
    import_file,
    open_engine,
    reading,
    upgrade,
    writing,
)
from subscribers.transfer.cells import plain_cell, safe_cell

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
ASKED = Consent(NOW, ConsentHow.OPERATOR, provenance="by hand")
KEYS = KeyRing(b"s" * 32, {1: b"1" * 32}, 1)


def _fill(engine: sa.Engine) -> None:
    with writing(engine) as conn:
        subscribers.check_keys(conn, KEYS)
        for id in ("morning", "evening"):
            subscribers.ensure_list(conn, id, id.title())
        for name, list_id in (("ann", "morning"), ("bob", "morning"), ("ann", "evening"), ("cay", "evening")):
            options = {"name": f"={name}", "tags": ["vip"], "attributes": {"n": 1.5, "é": [None, True]}}
            subscribers.subscribe(conn, f"{name}@example.org", list_id, consent=ASKED, now=NOW, keys=KEYS, **options)
        subscribers.unsubscribe(conn, 2, "morning", now=NOW, keys=KEYS, reason="too many")
        subscribers.set_choices(conn, 1, "morning", sections=("world",), paused_until=NOW + timedelta(days=3))
        subscribers.forget(conn, "cay@example.org", now=NOW, keys=KEYS)


def _export(engine: sa.Engine, list_id: str | None = None, format: str = "jsonl") -> str:
    with reading(engine) as conn:
        return "".join(export_list(conn, list_id, format))


def _empty(path: Path) -> sa.Engine:
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    with writing(engine) as conn:
        subscribers.ensure_list(conn, "morning", "Morning")
    return engine


def _restore(engine: sa.Engine, text: str, folder: Path, **options: object):
    (folder / "export.jsonl").write_text(text)
    return import_file(engine, folder / "export.jsonl", "morning", keys=KEYS, now=NOW, **options)


@pytest.mark.parametrize("shape", ["jsonl", "csv", "mailchimp", "listmonk"])
def test_an_export_asks_the_database_no_more_often_for_more_people(engine: sa.Engine, shape: str) -> None:
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _conn, _cursor, statement, *_: asked.append(statement))
    times = []

    _fill(engine)
    for _ in range(2):
        asked.clear()
        with reading(engine) as conn:
            own = shape in ("jsonl", "csv")
            lines = list(export_list(conn, None, shape) if own else export_foreign(conn, "morning", shape, keys=KEYS))
        times.append(len(asked))
        with writing(engine) as conn:
            for number in range(30):
                subscribers.subscribe(conn, f"p{number}@example.org", "morning", consent=ASKED, now=NOW, keys=KEYS)

    assert len(lines) > 30
    assert times[0] == times[1]


def test_an_export_brought_into_an_empty_database_exports_the_same_bytes(engine: sa.Engine, tmp_path: Path) -> None:
    _fill(engine)
    text = _export(engine)
    other = _empty(tmp_path / "other.db")
    with writing(other) as conn:
        subscribers.check_keys(conn, KEYS)

    report = _restore(other, text, tmp_path)

    assert _export(other) == text
    assert report.format == "our own export"
    assert (report.counts[Outcome.ADDED], report.counts[Outcome.ENDED]) == (1, 1)


def test_bringing_it_back_again_changes_nothing(engine: sa.Engine, tmp_path: Path) -> None:
    _fill(engine)
    text = _export(engine)

    report = _restore(engine, text, tmp_path)

    assert _export(engine) == text
    assert report.counts[Outcome.KNOWN] == 2


def test_a_rehearsal_of_an_export_changes_nothing(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    _fill(sqlite_engine)
    other = _empty(tmp_path / "other.db")
    before = _export(other)

    report = _restore(other, _export(sqlite_engine), tmp_path, dry_run=True)

    assert (report.counts[Outcome.ADDED], report.counts[Outcome.ENDED]) == (1, 1)
    assert _export(other) == before


def test_who_left_since_the_export_was_made_stays_away(engine: sa.Engine, tmp_path: Path) -> None:
    _fill(engine)
    text = _export(engine)
    with writing(engine) as conn:
        subscribers.unsubscribe(conn, 1, "morning", now=NOW, keys=KEYS)
        subscribers.forget(conn, "bob@example.org", now=NOW, keys=KEYS)

    report = _restore(engine, text, tmp_path)

    assert report.counts[Outcome.KEPT_OUT] == 2
    with reading(engine) as conn:
        assert conn.execute(subscribers.recipients("morning")).all() == []
        assert subscribers.find_subscriber(conn, "bob@example.org") is None


def test_who_left_there_leaves_here(engine: sa.Engine, tmp_path: Path) -> None:
    _fill(engine)
    other = _empty(tmp_path / "other.db")
    with writing(other) as conn:
        subscribers.subscribe(conn, "bob@example.org", "morning", consent=ASKED, now=NOW, keys=KEYS)

    _restore(other, _export(engine), tmp_path)

    with reading(other) as conn:
        assert subscribers.is_suppressed(conn, "bob@example.org", "morning", KEYS) is SuppressionReason.UNSUBSCRIBED
        assert subscribers.find_subscriber(conn, "bob@example.org").subscriptions[0].status == "ended"


def test_a_suppression_that_comes_back_as_a_hash_finds_whom_a_foreign_file_brought(
    engine: sa.Engine, tmp_path: Path
) -> None:
    _fill(engine)
    exported = tmp_path / "all.jsonl"
    exported.write_text(_export(engine), encoding="utf-8")
    (tmp_path / "list.csv").write_text("email\ncay@example.org\ndan@example.org\n")
    other = _empty(tmp_path / "other.db")
    with writing(other) as conn:
        subscribers.ensure_list(conn, "morning", "Morning")
    import_file(other, tmp_path / "list.csv", "morning", keys=KEYS, now=NOW)

    import_file(other, exported, "morning", keys=KEYS, now=NOW)

    with reading(other) as conn:
        assert subscribers.find_subscriber(conn, "cay@example.org").subscriptions[0].status == "ended"
        rows = conn.execute(subscribers.recipients("morning", now=NOW)).all()
    assert [row.address for row in rows] == ["dan@example.org"]


def test_an_export_with_another_suppression_key_is_refused(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    _fill(sqlite_engine)
    (tmp_path / "export.jsonl").write_text(_export(sqlite_engine))
    other = KeyRing.generate()

    with pytest.raises(BadFile, match="another suppression key"):
        import_file(_empty(tmp_path / "o.db"), tmp_path / "export.jsonl", "morning", keys=other, now=NOW)


def test_a_damaged_line_is_refused_and_the_rest_comes_back(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    _fill(sqlite_engine)
    lines = _export(sqlite_engine).splitlines()
    person = json.loads(lines[-1])
    damaged = ["not json", "{}", '{"kind":"what"}', json.dumps(person | {"email": "no"})]
    damaged.append(json.dumps(person | {"subscriptions": [{"list_id": "morning"}]}))
    damaged.append(json.dumps(person | {"consents": [{"list_id": "none", "at": NOW.isoformat(), "how": "x"}]}))

    report = _restore(_empty(tmp_path / "o.db"), "\n".join(lines[:-1] + damaged + lines[-1:]), tmp_path)

    assert report.counts[Outcome.REFUSED] == len(damaged)
    assert (report.counts[Outcome.ADDED], report.counts[Outcome.ENDED]) == (1, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[: len(text) // 2], "it breaks off"),
        (lambda text: text.replace('"name"', '"other"'), "'name' is missing"),
        (
            lambda text: text.replace(f'"created_at":"{NOW.isoformat()}"', '"created_at":"zebra"'),
            "created_at is 'zebra'",
        ),
        (lambda text: text.replace(f'"since":"{NOW.isoformat()}"', '"since":"2026-01-05"'), "since is .* no time zone"),
        (lambda text: text.replace('"status":', '"state":'), "'status' is missing"),
    ],
)
def test_a_line_that_is_damaged_is_told_in_words_and_the_export_is_not_whole(
    sqlite_engine: sa.Engine, tmp_path: Path, change: Callable[[str], str], words: str
) -> None:
    _fill(sqlite_engine)
    *lines, last = _export(sqlite_engine).splitlines()
    told: list[Refused] = []

    text = "\n".join([*lines, change(last)])
    report = _restore(_empty(tmp_path / "o.db"), text, tmp_path, on_refused=told.append)

    assert [each.line for each in report.refused] == [len(lines) + 1]
    assert re.search(words, report.refused[0].reason)
    assert not report.is_whole
    assert told[0].cells == (change(last),)


def test_who_leaves_by_an_export_is_counted_as_ended(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    _fill(sqlite_engine)
    other = _empty(tmp_path / "other.db")
    with writing(other) as conn:
        subscribers.subscribe(conn, "ann@example.org", "morning", consent=ASKED, now=NOW, keys=KEYS)
    with writing(sqlite_engine) as conn:
        subscribers.unsubscribe(conn, 1, "morning", now=NOW, keys=KEYS)
    lines = _export(sqlite_engine, "morning").splitlines()

    report = _restore(other, "\n".join(line for line in lines if '"suppression"' not in line), tmp_path)

    assert report.counts[Outcome.ENDED] == 2


def test_an_export_of_a_later_version_is_refused(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="version 9"):
        _restore(_empty(tmp_path / "o.db"), '{"kind":"subscribers","version":9}\n', tmp_path)


def test_one_list_is_exported_without_the_others(engine: sa.Engine) -> None:
    _fill(engine)

    lines = [json.loads(line) for line in _export(engine, "evening").splitlines()]

    assert [line["kind"] for line in lines] == ["subscribers", "list", "suppression", "subscriber"]
    assert [each["list_id"] for each in lines[-1]["subscriptions"] + lines[-1]["consents"]] == ["evening"] * 2


def test_an_unknown_list_cannot_be_exported(engine: sa.Engine) -> None:
    with pytest.raises(UnknownList):
        _export(engine, "noon")


def test_a_table_has_a_row_for_every_subscription_and_no_formula(engine: sa.Engine) -> None:
    _fill(engine)

    rows = list(csv.DictReader(io.StringIO(_export(engine, "morning", "csv"))))

    assert [(row["email"], row["name"], row["status"]) for row in rows] == [
        ("ann@example.org", "'=ann", "active"),
        ("bob@example.org", "'=bob", "ended"),
    ]
    assert json.loads(rows[0]["attributes"]) == {"n": 1.5, "é": [None, True]}


def test_a_table_edited_in_a_spreadsheet_comes_back_without_its_guards(engine: sa.Engine, tmp_path: Path) -> None:
    _fill(engine)
    (tmp_path / "table.csv").write_text(_export(engine, "morning", "csv"), encoding="utf-8-sig")
    other = _empty(tmp_path / "other.db")

    report = import_file(other, tmp_path / "table.csv", "morning", keys=KEYS, now=NOW)

    with reading(other) as conn:
        ann, bob = subscribers.iter_subscribers(conn)
    assert report.format == "our own table"
    assert (ann.name, ann.tags, ann.attributes) == ("=ann", ("vip",), {"n": 1.5, "é": [None, True]})
    assert (ann.subscriptions[0].status, bob.subscriptions[0].status) == ("active", "ended")


@given(st.text("=+-@\t\r'a", max_size=5))
def test_a_safe_cell_is_no_formula_and_can_be_read_back(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert plain_cell(safe_cell(text)) == text


ACTS = st.lists(
    st.tuples(st.sampled_from(["join", "confirm", "leave", "suppress", "lift", "forget", "choose"]), st.integers(0, 2)),
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_any_history_comes_back_as_it_was(
    acts: Sequence[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path
) -> None:
    folder = tmp_path_factory.mktemp("history")
    for name in ("one.db", "two.db"):
        (folder / name).write_bytes(_sqlite_template.read_bytes())
    one, two = (open_engine(f"sqlite:///{folder}/{name}") for name in ("one.db", "two.db"))
    for engine in (one, two):
        with writing(engine) as conn:
            subscribers.check_keys(conn, KEYS)
            subscribers.ensure_list(conn, "morning", "Morning")
    with writing(one) as conn:
        for minute, (act, who) in enumerate(acts):
            _act(conn, act, f"p{who}@example.org", NOW + timedelta(minutes=minute))

    text = _export(one)
    _restore(two, text, folder)

    assert _export(two) == text
    one.dispose()
    two.dispose()


def _act(conn: sa.Connection, act: str, address: str, now: datetime) -> None:
    known = subscribers.find_subscriber(conn, address)
    confirmed = Consent(now, ConsentHow.DOUBLE_OPT_IN, confirmed_at=now)
    try:
        if act in ("join", "confirm"):
            consent = confirmed if act == "confirm" else ASKED
            subscribers.subscribe(conn, address, "morning", consent=consent, now=now, keys=KEYS)
        elif act == "suppress":
            subscribers.suppress(conn, address, SuppressionReason.BOUNCED, now=now, keys=KEYS)
        elif act == "lift":
            subscribers.lift_suppression(conn, address, keys=KEYS)
        elif act == "forget":
            subscribers.forget(conn, address, now=now, keys=KEYS)
        elif known is not None and act == "leave":
            subscribers.unsubscribe(conn, known.id, "morning", now=now, keys=KEYS)
        elif known is not None:
            subscribers.set_choices(conn, known.id, "morning", text_only=True, sections=("a",))
    except Suppressed:
        pass
