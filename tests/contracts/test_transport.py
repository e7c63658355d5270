"""What every transport promises: one outcome a message, the gate asked before the step, the answer noted."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from digest.errors import TransportError
from digest.model import Fate, Outgoing
from digest.protocols import Transport
from digest.send import Outbox
from digest.send.providers.resend import Resend, make_client
from digest.send.smtp.opening import Account
from digest.send.smtp.pool import SmtpTransport
from tests.resend_server import ResendServer
from tests.sends import OpenGate, message
from tests.smtp_sink import Sink

Arrived = Callable[[], list[str]]


@contextmanager
def _outbox(folder: Path) -> Iterator[tuple[Transport, Arrived]]:
    def arrived() -> list[str]:
        return [path.read_bytes().decode() for path in (folder / "outbox" / "new").iterdir()]

    yield Outbox(folder / "outbox"), arrived


@contextmanager
def _smtp(folder: Path) -> Iterator[tuple[Transport, Arrived]]:
    with Sink() as sink:
        yield _transport_to(sink.port), lambda: [content.decode() for _, content in sink.taken]


@contextmanager
def _aiosmtpd(folder: Path) -> Iterator[tuple[Transport, Arrived]]:
    taken: list[str] = []

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
            taken.append(envelope.content.decode())  # type: ignore[attr-defined]
            return "250 taken"

    # The controller makes a loop of its own and does not close the one it found.
    controller = Controller(Handler(), hostname="127.0.0.1", port=_free_port(), loop=asyncio.new_event_loop())
    controller.start()
    try:
        yield _transport_to(controller.port), lambda: taken
    finally:
        controller.stop()


@contextmanager
def _smtp_sink(folder: Path) -> Iterator[tuple[Transport, Arrived]]:
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postfix/sbin")
    if program is None:
        pytest.skip("Postfix's smtp-sink is not installed")
    port = _free_port()
    # The program gives up root, and the test's own folder is closed to others.
    mails = Path(tempfile.mkdtemp())
    mails.chmod(0o777)
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    server = subprocess.Popen([program, *user, "-d", f"{mails}/%M.", f"127.0.0.1:{port}", "100"])
    try:
        _wait_for(port)
        yield _transport_to(port), lambda: [path.read_bytes().decode() for path in mails.iterdir()]
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(mails)


@contextmanager
def _resend(folder: Path) -> Iterator[tuple[Transport, Arrived]]:
    with ResendServer() as server:
        transport = Resend(make_client("re_test", base_url=server.url))
        yield transport, lambda: [email["text"] for email in server.taken]


KINDS = {"outbox": _outbox, "smtp": _smtp, "aiosmtpd": _aiosmtpd, "smtp-sink": _smtp_sink, "resend": _resend}


@pytest.fixture(
    params=[pytest.param(k, marks=pytest.mark.postfix) if k == "smtp-sink" else k for k in KINDS],
)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Transport, Arrived]]:
    with KINDS[request.param](tmp_path) as (transport, arrived):
        yield transport, arrived
        transport.close()


def make(transport: Transport, number: int) -> Outgoing:
    wire = message(number, content=f"Subject: News\r\n\r\nGood morning, reader {number}!\r\n".encode())
    if transport.codec == "wire":
        return wire
    content = {"from": wire.sender, "to": wire.address, "subject": "News", "text": f"Good morning, reader {number}!"}
    return Outgoing(number, wire.address, wire.sender, wire.message_id, content, wire.fence)


def test_every_message_has_exactly_one_outcome_and_arrives_once(made: tuple[Transport, Arrived]) -> None:
    transport, arrived = made

    outcomes = list(transport.deliver([make(transport, n) for n in range(1, 121)], OpenGate()))

    assert sorted(o.subscriber_id for o in outcomes) == list(range(1, 121))
    assert {o.fate for o in outcomes} == {Fate.ACCEPTED}
    texts = arrived()
    assert all(sum(f"reader {n}!" in text for text in texts) == 1 for n in range(1, 121))


def test_what_the_gate_holds_back_never_leaves(made: tuple[Transport, Arrived]) -> None:
    transport, arrived = made

    outcomes = list(transport.deliver([make(transport, n) for n in range(1, 11)], OpenGate(4, 5)))

    assert {o.subscriber_id for o in outcomes if o.fate is Fate.SKIPPED} == {4, 5}
    assert len(arrived()) == 8


def test_the_gate_is_asked_and_told_for_each(made: tuple[Transport, Arrived]) -> None:
    transport, _ = made
    gate = OpenGate()

    list(transport.deliver([make(transport, n) for n in range(1, 11)], gate))

    assert sorted(gate.passed) == sorted(o.subscriber_id for o in gate.known) == list(range(1, 11))


def test_an_outcome_carries_its_messages_fence(made: tuple[Transport, Arrived]) -> None:
    transport, _ = made

    (outcome,) = transport.deliver([make(transport, 1)], OpenGate())

    assert outcome.fence == 1


def test_messages_are_pulled_as_they_are_needed(made: tuple[Transport, Arrived]) -> None:
    transport, _ = made
    pulled = 0

    def stream() -> Iterator[Outgoing]:
        nonlocal pulled
        for number in range(1, 1001):
            pulled += 1
            yield make(transport, number)

    outcomes = iter(transport.deliver(stream(), OpenGate()))
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]

    assert pulled <= 300


def test_a_transport_can_be_used_again_and_closed_twice(made: tuple[Transport, Arrived]) -> None:
    transport, _ = made
    transport.probe()
    first = list(transport.deliver([make(transport, 1)], OpenGate()))

    second = list(transport.deliver([make(transport, 2)], OpenGate()))
    transport.close()

    assert [o.fate for o in (*first, *second)] == [Fate.ACCEPTED, Fate.ACCEPTED]


def test_nothing_to_send_is_nothing_done(made: tuple[Transport, Arrived]) -> None:
    transport, arrived = made

    assert list(transport.deliver([], OpenGate())) == []
    assert arrived() == [] if not isinstance(transport, Outbox) else True


def _transport_to(port: int) -> SmtpTransport:
    return SmtpTransport(Account("127.0.0.1", port, "none"), connections=3, timeout_s=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise TransportError(f"nothing listens on {port}")
