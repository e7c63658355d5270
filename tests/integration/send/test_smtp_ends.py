"""How a delivery by SMTP ends before its messages do: nothing that is with the server is forgotten."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from digest.errors import RenderError, TransportError
from digest.model import Fate, Outcome, Outgoing
from digest.send.deliver import deliver_edition
from digest.send.gate import EditionGate, GateState
from digest.store.ledger import SqlLedger
from tests.ledgers import EDITION, prepare
from tests.sends import OpenGate, encode, message, transport_to
from tests.smtp_sink import Sink


class Shutter(OpenGate):
    """A gate that closes when a message has passed."""

    @property
    def is_open(self) -> bool:
        return not self.passed


def test_a_send_that_waits_for_its_pace_ends_soon_after_the_gate_closed() -> None:
    gate = Shutter()
    with Sink() as sink:
        started = time.monotonic()
        transport = transport_to(sink.port, rate=0.05, connections=2, timeout_s=2.0)
        outcomes = list(transport.deliver([message(n) for n in range(1, 6)], gate))
        transport.close()

    assert time.monotonic() - started < 10
    assert [outcome.fate for outcome in outcomes] == [Fate.ACCEPTED]
    assert sink.recipients == ["reader1@example.org"]


def test_a_send_that_waits_for_its_pace_ends_at_the_deadline(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    now = partial(datetime.now, UTC)
    ledger = SqlLedger(prepare(sqlite_engine, 5), now, folder=tmp_path / "senders")
    gate, started = EditionGate(GateState, ring=ledger.ring), time.monotonic()
    with Sink() as sink:
        transport = transport_to(sink.port, rate=0.05, connections=2, timeout_s=2.0)
        counts = deliver_edition(
            ledger=ledger,
            edition_id=EDITION,
            encode=encode,
            transport=transport,
            gate=gate,
            clock=now,
            deadline=now() + timedelta(seconds=1),
        )
        transport.close()
    ledger.close()

    assert time.monotonic() - started < 10
    assert (counts.accepted, counts.pending) == (1, 4)


def test_an_error_in_making_the_next_message_leaves_the_answers_to_those_before() -> None:
    def messages() -> Iterator[Outgoing]:
        yield from (message(n) for n in range(1, 4))
        raise RenderError("no template")

    found: list[Outcome] = []
    with Sink(lambda step, _: (time.sleep(0.2), None)[1] if step == "END" else None) as sink:
        transport = transport_to(sink.port)
        with pytest.raises(RenderError):
            for outcome in transport.deliver(messages(), OpenGate()):
                found.append(outcome)
        transport.close()

    assert {outcome.fate for outcome in found} <= {Fate.ACCEPTED, Fate.SKIPPED}
    assert sorted(o.subscriber_id for o in found if o.fate is Fate.ACCEPTED) == sorted(
        int(who.partition("@")[0][6:]) for who in sink.recipients
    )


def test_a_host_that_is_no_name_is_told_like_one_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name(*_: object, **__: object) -> None:
        "a..b".encode("idna")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    transport = transport_to(25, host="a..b")

    with pytest.raises(TransportError, match=r"a\.\.b.*no host name"):
        list(transport.deliver([message(1)], OpenGate()))
    transport.close()
