"""One person sees all that is known of them, and can be forgotten for good."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

import subscribers
from subscribers import Consent, ConsentHow, KeyRing, SuppressionReason, import_file, reading, writing

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
ASKED = Consent(NOW, ConsentHow.OPERATOR, ip="192.0.2.1")


def _join(engine: sa.Engine, keys: KeyRing) -> int:
    with writing(engine) as conn:
        subscribers.ensure_list(conn, "morning", "Morning Watch")
        options = {"consent": ASKED, "now": NOW, "keys": keys, "name": "Ann", "tags": ["vip"]}
        return subscribers.subscribe(conn, "ann@example.org", "morning", **options).id


def test_all_that_is_known_is_shown_as_plain_values(engine: sa.Engine, keys: KeyRing) -> None:
    _join(engine, keys)

    with reading(engine) as conn:
        shown = subscribers.show(conn, "ANN@example.org", keys=keys)

    assert json.loads(json.dumps(shown)) == shown
    assert (shown["address"], shown["name"], shown["tags"]) == ("ann@example.org", "Ann", ["vip"])
    assert shown["subscriptions"][0]["status"] == "active"
    assert shown["consents"][0]["ip"] == "192.0.2.1"
    assert shown["suppressions"] == []


def test_nothing_is_shown_of_who_is_unknown(engine: sa.Engine, keys: KeyRing) -> None:
    with reading(engine) as conn:
        assert subscribers.show(conn, "nobody@example.org", keys=keys) is None


def test_forgetting_leaves_only_a_keyed_hash(engine: sa.Engine, keys: KeyRing) -> None:
    known = _join(engine, keys)
    with writing(engine) as conn:
        subscribers.suppress(
            conn, "ann@example.org", SuppressionReason.MANUAL, now=NOW, keys=keys, list_id="x", note="Ann rang"
        )

        assert subscribers.forget(conn, "ann@example.org", now=NOW, keys=keys)

        tables = [conn.execute(sa.select(table)).all() for table in subscribers.schema.metadata.sorted_tables]
        assert "ann" not in str(tables).lower().replace("planned", "")
        assert conn.scalars(subscribers.withdrawn_since("morning", NOW)).all() == [known]
        assert subscribers.show(conn, "ann@example.org", keys=keys)["suppressions"][0]["reason"] == "erased"


def test_forgetting_again_or_somebody_unknown_is_no_error(engine: sa.Engine, keys: KeyRing) -> None:
    _join(engine, keys)
    with writing(engine) as conn:
        done = [subscribers.forget(conn, "ann@example.org", now=NOW, keys=keys) for _ in range(2)]

    assert done == [True, False]


def test_who_was_forgotten_is_not_brought_back_by_an_import(engine: sa.Engine, keys: KeyRing, tmp_path: Path) -> None:
    _join(engine, keys)
    with writing(engine) as conn:
        subscribers.forget(conn, "ann@example.org", now=NOW, keys=keys)
    (tmp_path / "list.csv").write_text("email,status\nAnn@example.org,active\n")

    import_file(engine, tmp_path / "list.csv", "morning", keys=keys, now=NOW)
    (tmp_path / "left.csv").write_text("email,status\nAnn@example.org,unsubscribed\n")
    import_file(engine, tmp_path / "left.csv", "morning", keys=keys, now=NOW)

    with reading(engine) as conn:
        assert subscribers.find_subscriber(conn, "ann@example.org") is None


def test_an_id_is_never_given_twice(engine: sa.Engine, keys: KeyRing) -> None:
    first = _join(engine, keys)
    with writing(engine) as conn:
        subscribers.forget(conn, "ann@example.org", now=NOW, keys=keys)
        joined = subscribers.subscribe(conn, "bob@example.org", "morning", consent=ASKED, now=NOW, keys=keys)

    assert joined.id > first
