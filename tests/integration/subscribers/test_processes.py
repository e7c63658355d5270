"""Several processes share one SQLite file: they make it, upgrade it and write to it at once, and nothing is lost."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import subscribers
from subscribers import Consent, ConsentHow, KeyRing, open_engine, reading, upgrade, writing

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
KEYS = KeyRing(b"s" * 32, {1: b"1" * 32}, 1)
PROCESSES, EACH = 4, 15


def _join_some(path: Path, number: int) -> None:
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    for each in range(EACH):
        with writing(engine) as conn:
            subscribers.check_keys(conn, KEYS)
            subscribers.ensure_list(conn, "morning", "Morning Watch")
            consent = Consent(NOW, ConsentHow.OPERATOR)
            address = f"reader.{number}.{each}@example.org"
            subscribers.subscribe(conn, address, "morning", consent=consent, now=NOW, keys=KEYS)


def test_processes_that_start_on_a_new_file_at_once_all_write(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_join_some, args=(tmp_path / "new.db", each)) for each in range(PROCESSES)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)

    assert [process.exitcode for process in processes] == [0] * PROCESSES
    with reading(open_engine(f"sqlite:///{tmp_path}/new.db")) as conn:
        assert subscribers.count_active(conn, "morning") == PROCESSES * EACH
