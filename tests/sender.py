"""A sender to be killed: sends the tests' edition to a mail server on loopback, in a process of its own.

Run as ``python -m tests.sender DATABASE FOLDER PORT CONNECTIONS``; prints the counts when nothing is left.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from digest.send import EditionGate, GateState, deliver_edition
from digest.send.smtp.opening import Account
from digest.send.smtp.pool import SmtpTransport
from digest.store.ledger import SqlLedger
from subscribers import open_engine
from tests.ledgers import EDITION
from tests.sends import encode


def main(database: str, folder: str, port: str, connections: str) -> None:
    engine = open_engine(database)
    clock = lambda: datetime.now(UTC)  # noqa: E731
    ledger = SqlLedger(engine, clock, folder=Path(folder))
    transport = SmtpTransport(Account("127.0.0.1", int(port), "none"), connections=int(connections), timeout_s=10)
    counts = deliver_edition(
        ledger=ledger,
        edition_id=EDITION,
        encode=encode,
        transport=transport,
        gate=EditionGate(GateState, ring=ledger.ring),
        clock=clock,
        batch=50,
    )
    transport.close()
    ledger.close()
    engine.dispose()
    print(counts)


if __name__ == "__main__":
    main(*sys.argv[1:])
