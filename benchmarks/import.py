"""How fast a list of a million comes in, beside what the databases do with the same file unread.

``python -m benchmarks import [--rows N] [--rounds N] [--postgres URL] [--json]``. The measure on SQLite is the time of
``sqlite3 .import`` into one bare table, and into one with the two unique keys a list needs; on PostgreSQL it is COPY
into a bare table. All take turns, and the medians of their times are compared; the processor's time is told too,
because other work on the machine changes a wait more than an effort. Memory is that of all our processes together, what
they share counted once. Then segments are counted beside a bare
``COUNT(*)`` of who is active on the list, and so is everybody on the list, which the key alone finds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import subscribers
from benchmarks.data import median
from subscribers import KeyRing, schema

NOW = datetime(2026, 1, 5, tzinfo=UTC)
RULES = (
    "tag press",
    "joined since 2025-06-01",
    "tag press and joined since 2025-06-01",
    "reads world",
    "city = Turin",
    "not city = Turin",
)
_LISTED = "bare count of the list"
_LOOK_S = 0.2


def run(argv: list[str]) -> int:
    """Import a made-up file and print the ratios."""
    options = argparse.ArgumentParser("benchmarks import")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--postgres", default="")
    options.add_argument("--json", action="store_true")
    options.add_argument("--child", default="", help=argparse.SUPPRESS)
    given = options.parse_args(argv)
    if given.child:
        return _child(*given.child.split("|"))
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder), given.rows, given.rounds, given.postgres)
    print(json.dumps(found, indent=2) if given.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0


def write_people(path: Path, rows: int, seed: int = 7) -> None:
    """Write a table of people, one in fifty a repeat and one in a hundred no address."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("email", "name", "created_at", "tags", "city"))
        for number in range(rows):
            local = f"{chance.choice(('ann', 'ben.o', 'cay_d', 'dan'))}{number if number % 50 else number // 2}"
            domain = chance.choice(("gmail.com", "example.org", "web.de", f"d{number % 3000}.example"))
            day = NOW - timedelta(days=chance.randrange(2000))
            address = f"{local}@{domain}" if number % 100 else f"{local} at {domain}"
            tags = "press" if chance.random() < 0.1 else ""
            out.writerow((address, f"Reader {number}", day.isoformat(), tags, chance.choice(("Turin", "Lyon", ""))))


def _measure(folder: Path, rows: int, rounds: int, postgres: str) -> dict[str, Any]:
    people = folder / "people.csv"
    write_people(people, rows)
    url, runs = f"sqlite:///{folder}/digest.db", list[dict[str, Any]]()
    for _ in range(rounds):
        _remove(folder, "digest.db")
        runs.append({"bare": _sqlite_import(folder, people, keys=False), "ours": _in_child(url, people)})
        runs[-1]["keyed"] = _sqlite_import(folder, people, keys=True)
        if postgres:
            schema_url = _fresh_schema(postgres)
            runs[-1] |= {"copied": _copy(postgres, people), "theirs": _in_child(schema_url, people)}
    ours = [run["ours"] for run in runs]
    seconds = median([each["seconds"] for each in ours])
    found: dict[str, Any] = {
        "rows": rows,
        "rounds": rounds,
        "cores_and_load": [os.cpu_count(), *(round(each, 1) for each in os.getloadavg())],
        "rows_a_second": round(rows / seconds),
        "of_sqlite_import": round(median([run["bare"][0] for run in runs]) / seconds, 3),
        "of_sqlite_import_with_keys": round(median([run["keyed"][0] for run in runs]) / seconds, 3),
        "of_its_processor_time": round(
            median([run["bare"][1] for run in runs]) / median([each["processor_s"] for each in ours]), 3
        ),
        "peak_mb": max(each["peak_mb"] for each in ours),
        "counts": ours[0]["counts"],
        "segments_sqlite": _segments(url),
    }
    if postgres:
        theirs = median([run["theirs"]["seconds"] for run in runs])
        found["of_postgres_copy"] = round(median([run["copied"] for run in runs]) / theirs, 3)
        found["segments_postgres"] = _segments(schema_url)
    return found


def _remove(folder: Path, name: str) -> None:
    for end in ("", "-wal", "-shm"):
        (folder / f"{name}{end}").unlink(missing_ok=True)


def _in_child(url: str, people: Path) -> dict[str, Any]:
    """Import in a process of its own, so that its peak of memory is its own."""
    command = [sys.executable, "-m", "benchmarks", "import", "--child", f"{url}|{people}"]
    process, peak = subprocess.Popen(command, stdout=subprocess.PIPE, text=True), 0
    while process.poll() is None:
        peak = max(peak, _memory_kib(process.pid))
        time.sleep(_LOOK_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    assert process.stdout is not None
    return json.loads(process.stdout.read()) | {"peak_mb": peak // 1024}


def _memory_kib(process: int) -> int:
    """Return the proportional set size of a process and its children; 0 for what has ended."""
    try:
        written = Path(f"/proc/{process}/smaps_rollup").read_text()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0
    own = next(int(line.split()[1]) for line in written.splitlines() if line.startswith("Pss:"))
    return own + sum(_memory_kib(int(child)) for child in children)


def _child(url: str, people: str) -> int:
    engine = subscribers.open_engine(url)
    subscribers.upgrade(engine)
    keys = KeyRing(b"s" * 32, {1: b"1" * 32}, 1)
    with subscribers.writing(engine) as conn:
        subscribers.ensure_list(conn, "morning", "Morning Watch")
    started, before = time.perf_counter(), time.process_time()
    report = subscribers.import_file(engine, Path(people), "morning", keys=keys, now=NOW)
    seconds = time.perf_counter() - started
    processor_s = time.process_time() - before
    print(json.dumps({"seconds": seconds, "processor_s": processor_s, "counts": report.counts}))
    return 0


def _sqlite_import(folder: Path, people: Path, *, keys: bool) -> tuple[float, float]:
    """Return the time it took, and the processor's time."""
    name = f"bare{keys}.db"
    database = folder / name
    _remove(folder, name)
    table = "CREATE TABLE p(email TEXT, name TEXT, created_at TEXT, tags TEXT, city TEXT);"
    if keys:
        table += "CREATE UNIQUE INDEX a ON p(email, name); CREATE INDEX b ON p(email);"
    script = f"PRAGMA journal_mode=WAL;\n{table}\n.mode csv\n.import --skip 1 {people} p\n"
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["sqlite3", str(database)], input=script, check=True, text=True, capture_output=True)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _fresh_schema(url: str) -> str:
    engine = subscribers.open_engine(url)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA IF EXISTS benchmark CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA benchmark")
    made = sa.make_url(url).update_query_dict({"options": "-csearch_path=benchmark"})
    return made.render_as_string(hide_password=False)


def _copy(url: str, people: Path) -> float:
    import psycopg

    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as conn, conn.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark.p(email TEXT, name TEXT, created_at TEXT, tags TEXT, city TEXT)")
        started = time.perf_counter()
        with cursor.copy("COPY benchmark.p FROM STDIN (FORMAT csv, HEADER)") as copy, people.open("rb") as file:
            while block := file.read(1 << 20):
                copy.write(block)
        conn.commit()
        return time.perf_counter() - started


def _segments(url: str) -> dict[str, float]:
    """Return for each rule how many times a bare count its count takes: the median of five, turn about."""
    engine, table = subscribers.open_engine(url), schema.subscription
    bare = sa.select(sa.func.count()).select_from(table).where(table.c.list_id == "morning", table.c.status == "active")
    listed = sa.select(sa.func.count()).select_from(table).where(table.c.list_id == "morning")
    ratios: dict[str, list[float]] = {rule: [] for rule in ("", *RULES, _LISTED)}
    with engine.connect() as conn:
        conn.exec_driver_sql("ANALYZE")
        for _ in range(6):
            started = time.perf_counter()
            conn.scalar(bare)
            measure = time.perf_counter() - started
            started = time.perf_counter()
            conn.scalar(listed)
            ratios[_LISTED].append((time.perf_counter() - started) / measure)
            for rule in ("", *RULES):
                parsed = subscribers.parse_rule(rule) if rule else None
                started = time.perf_counter()
                subscribers.count_segment(conn, "morning", parsed, now=NOW)
                ratios[rule].append((time.perf_counter() - started) / measure)
    return {rule or "everybody": round(median(times[1:]), 2) for rule, times in ratios.items()}
