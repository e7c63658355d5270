"""A mail server that fails in every way, 5 % of the messages each: what is retried, what is in doubt, who hangs?

For each reader at most one fault, at the first try: 421 (and the line goes), 450, 451 and 550 at RCPT, the line cut
before the content of the message, within it and after its end, no answer at all, and an answer at one byte a second.
Exits with 1 unless every retriable message is accepted, only cuts after the content began are ambiguous (a sender that
has written the end cannot know how far the server read), and nothing hangs past its time.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.model import Counts
from digest.send import EditionGate, GateState, deliver_edition
from digest.send.smtp.opening import Account
from digest.send.smtp.pool import SmtpTransport
from digest.store import accounts
from digest.store.ledger import SqlLedger
from digest.store.ledger_schema import State
from subscribers import open_engine, reading
from tests.ledgers import EDITION, prepare
from tests.sends import encode
from tests.smtp_sink import DRIBBLE, DROP, SILENT, Sink

FAULTS = (
    *("421", "450", "451", "550"),
    *("cut before the content", "cut within the content", "cut after the end"),
    *("silent", "one byte a second"),
)
TIMEOUT_S = 0.4
CONNECTIONS = 16


class Faulty:
    """Decides what happens to whom, once each, and remembers it."""

    def __init__(self, readers: int, share: float, seed: int) -> None:
        chance = random.Random(seed)
        numbers = list(range(1, readers + 1))
        chance.shuffle(numbers)
        size = int(readers * share)
        self.plan = {
            f"reader{number}@example.org": fault
            for at, fault in enumerate(FAULTS)
            for number in numbers[at * size : (at + 1) * size]
        }
        self._left = dict(self.plan)
        self._lock = threading.Lock()

    def answer(self, step: str, argument: str) -> str | None:
        """Return the fault of a reader at the step it belongs to."""
        fault = self._left.get(argument)
        if fault is None or step != _STEP.get(fault, "RCPT"):
            return None
        with self._lock:
            self._left.pop(argument, None)
        return _ANSWER[fault]


_STEP = {"cut before the content": "DATA", "cut within the content": "CONTENT", "cut after the end": "END"}
_ANSWER = {
    "421": "421 4.3.2 going down",
    "450": "450 4.2.1 busy",
    "451": "451 4.3.0 local trouble",
    "550": "550 5.1.1 nobody here",
    "cut before the content": DROP,
    "cut within the content": DROP,
    "cut after the end": DROP,
    "silent": SILENT,
    "one byte a second": DRIBBLE,
}


class Hurried:
    """A clock that runs ahead while the sender sleeps, so that retries need no real hours."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, and a hundred times more."""
        self.ahead += timedelta(seconds=seconds * 100)
        time.sleep(0.001)


def run(argv: Sequence[str]) -> int:
    """Send through the faults, judge and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks faults", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", help="not used")
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--share", type=float, default=0.05, help="of the readers for each fault")
    parser.add_argument("--seed", type=int, default=20260105)
    options = parser.parse_args(argv)
    found = measure(options.readers, options.share, options.seed)
    print(json.dumps({"benchmark": "faults", **found}, indent=2))
    return 0 if found["good"] else 1


def measure(readers: int, share: float, seed: int) -> dict[str, Any]:
    """Send to so many readers and return the account."""
    faulty = Faulty(readers, share, seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="digest-faults-") as folder:
        engine = prepare(open_engine(f"sqlite:///{folder}/ledger.db"), readers)
        with Sink(faulty.answer) as sink:
            counts = _send(engine, Path(folder), sink.port)
            taken = Counter(sink.recipients)
        with reading(engine) as conn:
            states = {d.recipient.address: d.state for d in accounts.iter_deliveries(conn, EDITION)}
        engine.dispose()
    by_fault = {
        fault: dict(Counter(states[who].name.lower() for who, its in faulty.plan.items() if its == fault))
        for fault in FAULTS
    }
    expected = {"550": {"rejected"}, "cut within the content": {"accepted", "ambiguous"}}
    expected["cut after the end"] = {"ambiguous"}
    as_expected = all(set(found) <= expected.get(fault, {"accepted"}) for fault, found in by_fault.items())
    others = all(state is State.ACCEPTED for who, state in states.items() if who not in faulty.plan)
    twice = sum(1 for times in taken.values() if times > 1)
    return {
        "readers": readers,
        "share_of_each_fault": share,
        "timeout_s": TIMEOUT_S,
        "by_fault": by_fault,
        "everybody_else_accepted": others,
        "twice": twice,
        "open": counts.open,
        "seconds": round(time.monotonic() - began, 1),
        "good": as_expected and others and not twice and not counts.open,
    }


def _send(engine: Any, folder: Path, port: int) -> Counts:
    clock = Hurried()
    ledger = SqlLedger(engine, clock, folder=folder / "senders")
    account = Account("127.0.0.1", port, "none")
    transport = SmtpTransport(account, connections=CONNECTIONS, timeout_s=TIMEOUT_S, reopen_after_s=0.01)
    try:
        return deliver_edition(
            ledger=ledger,
            edition_id=EDITION,
            encode=encode,
            transport=transport,
            gate=EditionGate(GateState, ring=ledger.ring),
            clock=clock,
            sleep=clock.sleep,
        )
    finally:
        transport.close()
        ledger.close()
