"""Senders killed with -9 at random moments, replaced at once, until the edition is through: who was lost, who doubled?

The judge is a mail server on loopback that records a message before it answers; the ledger is only asked whom it holds
as ambiguous. SQLite with 1 and 4 processes, PostgreSQL with 1, 4 and 8 where ``DIGEST_TEST_POSTGRES`` names a database
that may be emptied. Exits with 1 when anybody was lost, doubled or not accounted for.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest.store import accounts, ledger_schema
from digest.store.ledger_schema import State
from subscribers import open_engine, reading, writing
from tests.ledgers import EDITION, prepare
from tests.smtp_sink import Sink

CONNECTIONS = 3
LONGEST_S = 1800.0


def run(argv: Sequence[str]) -> int:
    """Kill, judge and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks kills", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", help="not used")
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--processes", type=int, nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=20260105)
    options = parser.parse_args(argv)
    found = []
    with tempfile.TemporaryDirectory(prefix="digest-kills-") as folder:
        for number, (url, processes) in enumerate(_plans(Path(folder), options.processes)):
            home = Path(folder) / str(number)
            home.mkdir()
            found.append(_round(url, home, processes, options))
            print(json.dumps(found[-1]), file=sys.stderr, flush=True)
    print(json.dumps({"benchmark": "kills", "connections": CONNECTIONS, "runs": found}, indent=2))
    return 0 if all(one["good"] for one in found) else 1


def _plans(folder: Path, processes: list[int]) -> list[tuple[str, int]]:
    plans = [(f"sqlite:///{folder}/{count}.db", count) for count in processes or (1, 4)]
    postgres = os.environ.get("DIGEST_TEST_POSTGRES")
    return plans + ([(postgres, count) for count in processes or (1, 4, 8)] if postgres else [])


def _round(url: str, folder: Path, processes: int, options: argparse.Namespace) -> dict[str, Any]:
    engine = open_engine(url)
    if engine.dialect.name == "postgresql":
        _empty(engine)
    prepare(engine, options.readers)
    chance = random.Random(options.seed + processes)
    began = time.monotonic()
    with Sink() as sink:
        killed = _kill(engine, folder, sink, processes, options, chance)
        last = [_start(engine, folder, sink.port) for _ in range(processes)]
        codes = [process.wait(timeout=LONGEST_S) for process in last]
        taken = Counter(sink.recipients)
    with reading(engine) as conn:
        counts = accounts.counts(conn, EDITION)
        held = {d.recipient.address for d in accounts.iter_deliveries(conn, EDITION, State.AMBIGUOUS)}
    engine.dispose()
    everybody = {f"reader{n}@example.org" for n in range(1, options.readers + 1)}
    lost = len(everybody - set(taken) - held)
    twice = sum(1 for times in taken.values() if times > 1)
    within = counts.ambiguous <= killed * CONNECTIONS and counts.ambiguous == len(held)
    whole = counts.open == 0 and counts.accepted + counts.ambiguous == options.readers
    return {
        "database": engine.dialect.name,
        "processes": processes,
        "readers": options.readers,
        "kills": killed,
        "lost": lost,
        "twice": twice,
        "ambiguous": counts.ambiguous,
        "of_them_taken": len(held & set(taken)),
        "ended_by_itself": codes == [0] * processes,
        "seconds": round(time.monotonic() - began, 1),
        "good": not lost and not twice and within and whole and codes == [0] * processes,
    }


def _kill(
    engine: sa.Engine, folder: Path, sink: Sink, processes: int, options: argparse.Namespace, chance: random.Random
) -> int:
    """Kill a random sender whenever a random number of further messages was taken; return how often."""
    alive = [_start(engine, folder, sink.port) for _ in range(processes)]
    killed = 0
    try:
        while killed < options.kills and len(sink.taken) < options.readers:
            # So many that the last kill comes shortly before the end, however much slips through between two.
            left = 0.9 * options.readers - len(sink.taken)
            goal = len(sink.taken) + chance.randint(1, max(2, int(1.8 * left / (options.kills - killed))))
            while len(sink.taken) < goal and any(process.poll() is None for process in alive):
                time.sleep(0.001)
            time.sleep(chance.random() * 0.01)
            victim = chance.randrange(processes)
            if alive[victim].poll() is None:
                alive[victim].kill()
                killed += 1
            alive[victim].wait()
            alive[victim] = _start(engine, folder, sink.port)
    finally:
        for process in alive:
            # The rest dies too, and counts.
            killed += process.poll() is None
            process.kill()
            process.wait()
    return killed


def _start(engine: sa.Engine, folder: Path, port: int) -> subprocess.Popen[bytes]:
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.sender", url, str(folder), str(port), str(CONNECTIONS)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _empty(engine: sa.Engine) -> None:
    with writing(engine) as conn:
        for table in ledger_schema.TABLES:
            conn.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name} CASCADE")
        for function in ("delivery_stays_settled", "delivery_not_opened", "delivery_stays_claimed"):
            conn.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function} CASCADE")
