"""Who is told when a mail server falls silent in the middle of a send."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from digest.send import EditionGate, GateState, deliver_edition
from digest.store.ledger import SqlLedger
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, prepare
from tests.sends import encode, transport_to
from tests.smtp_sink import SILENT, Sink


def test_a_server_that_falls_silent_is_told_while_it_is_waited_for(
    sqlite_engine: sa.Engine, clock: FrozenClock, tmp_path: Path
) -> None:
    prepare(sqlite_engine, 3)
    ledger = SqlLedger(sqlite_engine, clock, folder=tmp_path)
    told: list[str] = []

    with Sink(lambda step, argument: SILENT if step == "END" else None) as sink:
        transport = transport_to(sink.port, timeout_s=0.03)
        counts = deliver_edition(
            ledger=ledger,
            edition_id=EDITION,
            encode=encode,
            transport=transport,
            gate=EditionGate(GateState, ring=ledger.ring),
            clock=clock,
            sleep=lambda seconds: None,
            on_stall=told.append,
            stall_s=0.1,
        )
        transport.close()
    ledger.close()

    assert counts.ambiguous == 3
    assert told and "waiting for the smtp transport (an answer" in told[0]
