"""The Resend transport against a server on loopback that follows the published description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digest.errors import TransportError
from digest.model import Claim, Fate, Outcome, Outgoing
from digest.send.deliver import deliver_edition
from digest.send.gate import EditionGate, GateState
from digest.send.providers.resend import Resend, make_client
from digest.store.ledger import SqlLedger
from tests.conftest import FrozenClock
from tests.ledgers import EDITION, die, prepare
from tests.resend_server import CUT, Fault, ResendServer
from tests.sends import OpenGate

ERROR = {"name": "application_error", "message": "try again"}


def email(number: int, *, to: str = "", attachments: bool = False) -> Outgoing:
    address = to or f"reader{number}@example.org"
    content: dict[str, Any] = {
        "from": "Morning Watch <morning@example.com>",
        "to": address,
        "subject": "News — today",
        "html": f"<p>Hello {number}</p>",
        "text": f"Hello {number}",
        "headers": {"List-Unsubscribe": f"<https://example.com/u/{number}>"},
        "reply_to": "",
    }
    if attachments:
        content["attachments"] = [{"filename": "a.png", "content": "AAAA"}]
    return Outgoing(number, address, "morning@example.com", f"<{number}@example.com>", content, fence=1)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def connect(pauses: list[float]) -> Iterator[Callable[..., Resend]]:
    made: list[Resend] = []

    def make(server: ResendServer, key: str = "re_test", **options: Any) -> Resend:
        client = make_client(key, base_url=server.url, timeout_s=2)
        made.append(Resend(client, sleep=pauses.append, jitter=lambda: 0.5, **options))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


def by_number(outcomes: Sequence[Outcome]) -> dict[int, Outcome]:
    assert len({o.subscriber_id for o in outcomes}) == len(outcomes)
    return {o.subscriber_id: o for o in outcomes}


def failing(*faults: Fault) -> Callable[[int], Fault]:
    return lambda number: faults[number - 1] if number <= len(faults) else None


Connect = Callable[..., Resend]


def test_batches_of_a_hundred_are_sent_and_named(connect: Connect) -> None:
    with ResendServer() as server:
        outcomes = by_number(list(connect(server).deliver([email(n) for n in range(1, 251)], OpenGate())))

    assert [len(recipients) for _, _, recipients in server.requests] == [100, 100, 50]
    assert server.recipients == [f"reader{n}@example.org" for n in range(1, 251)]
    assert {o.fate for o in outcomes.values()} == {Fate.ACCEPTED}
    assert len({o.provider_id for o in outcomes.values()}) == 250


def test_the_payload_is_as_described(connect: Connect) -> None:
    with ResendServer() as server:
        list(connect(server).deliver([email(1)], OpenGate()))

    assert server.taken[0] == {
        "from": "Morning Watch <morning@example.com>",
        "to": ["reader1@example.org"],
        "subject": "News — today",
        "html": "<p>Hello 1</p>",
        "text": "Hello 1",
        "headers": {"List-Unsubscribe": "<https://example.com/u/1>"},
    }


def test_a_busy_server_is_given_the_time_it_asks_for(connect: Connect, pauses: list[float]) -> None:
    busy = (429, {"name": "rate_limit_exceeded", "message": "slow down"}, {"Retry-After": "2"})

    with ResendServer(failing(busy, busy)) as server:
        outcomes = list(connect(server).deliver([email(1)], OpenGate()))

    assert outcomes[0].fate is Fate.ACCEPTED
    assert pauses == [2, 2]
    assert len({key for _, key, _ in server.requests}) == 1


def test_a_quota_that_is_used_up_defers_for_longer(connect: Connect, pauses: list[float]) -> None:
    full = (429, {"name": "daily_quota_exceeded", "message": "tomorrow"}, {})

    with ResendServer(failing(full)) as server:
        outcomes = list(connect(server).deliver([email(1)], OpenGate()))

    assert (outcomes[0].fate, outcomes[0].retry_after_s, pauses) == (Fate.DEFERRED, 3600, [])


def test_a_request_cut_off_after_its_body_is_repeated_under_its_key(connect: Connect) -> None:
    with ResendServer(failing(CUT)) as server:
        outcomes = list(connect(server).deliver([email(n) for n in range(1, 4)], OpenGate()))

    assert Counter(o.fate for o in outcomes) == {Fate.ACCEPTED: 3}
    assert len(server.taken) == 3
    assert len(server.requests) == 2


def test_a_server_that_keeps_failing_leaves_the_batch_in_doubt(connect: Connect) -> None:
    with ResendServer(lambda _: (500, ERROR, {})) as server:
        outcomes = list(connect(server).deliver([email(1)], OpenGate()))

    assert outcomes[0].fate is Fate.AMBIGUOUS
    assert outcomes[0].retry_after_s is None


def test_one_bad_entry_does_not_take_its_batch_along(connect: Connect) -> None:
    messages = [email(n, to="bad@example.org" if n == 7 else "") for n in range(1, 11)]

    with ResendServer() as server:
        outcomes = by_number(list(connect(server).deliver(messages, OpenGate())))

    assert [n for n, o in outcomes.items() if o.fate is Fate.FAILED] == [7]
    assert len(server.taken) == 9


def test_an_unknown_key_is_our_fault(connect: Connect) -> None:
    with ResendServer() as server:
        transport = connect(server, key="re_s3cret")
        outcomes = list(transport.deliver([email(1)], OpenGate()))
        with pytest.raises(TransportError, match="does not know our key") as caught:
            transport.probe()

    assert outcomes[0].fate is Fate.REFUSED
    assert "s3cret" not in str(caught.value) + outcomes[0].reply + repr(transport)


def test_a_known_key_passes_the_probe(connect: Connect) -> None:
    with ResendServer() as server:
        connect(server).probe()

    assert server.taken == []


def test_embedded_pictures_go_alone(connect: Connect) -> None:
    with ResendServer() as server:
        outcomes = list(connect(server).deliver([email(n, attachments=True) for n in (1, 2)], OpenGate()))

    assert [path for path, _, _ in server.requests] == ["/emails", "/emails"]
    assert {o.fate for o in outcomes} == {Fate.ACCEPTED}


def test_an_address_it_cannot_take_is_not_offered(connect: Connect) -> None:
    with ResendServer() as server:
        outcomes = by_number(list(connect(server).deliver([email(1, to="jürgen@example.org"), email(2)], OpenGate())))

    assert (outcomes[1].fate, outcomes[2].fate) == (Fate.REJECTED, Fate.ACCEPTED)


def test_an_unreachable_server_is_named_and_nothing_is_in_doubt(connect: Connect) -> None:
    with ResendServer() as server:
        pass
    told: list[Outcome] = []

    with pytest.raises(TransportError, match=r"127\.0\.0\.1:\d+.*Check transport\.base_url"):
        told.extend(connect(server).deliver([email(1)], gate := OpenGate()))

    assert [o.fate for o in gate.known] == [Fate.DEFERRED]


@pytest.mark.parametrize(("asked", "wait_s"), [("7", 7.0), ("Mon, 05 Jan 2026 06:31:00 GMT", 60.0), ("soon", None)])
def test_retry_after_is_read_as_seconds_or_as_a_date(connect: Connect, asked: str, wait_s: float | None) -> None:
    with ResendServer() as server:
        transport = connect(server, now=lambda: datetime(2026, 1, 5, 6, 30, tzinfo=UTC))

    assert transport.retry_after_s({"retry-after": asked}) == wait_s


def _encode(claim: Claim) -> Outgoing:
    made = email(claim.recipient.subscriber_id)
    return Outgoing(made.subscriber_id, made.address, made.sender, made.message_id, made.content, claim.fence)


def deliver(ledger: SqlLedger, clock: FrozenClock, transport: Resend) -> Any:
    return deliver_edition(
        ledger=ledger,
        edition_id=EDITION,
        encode=_encode,
        transport=transport,
        gate=EditionGate(GateState, ring=ledger.ring),
        clock=clock,
        sleep=lambda seconds: clock.advance(seconds=seconds * 60) and None,
    )


def test_a_call_broken_off_by_a_crash_is_repeated_unchanged(
    engine: sa.Engine, clock: FrozenClock, tmp_path: Path, connect: Connect
) -> None:
    prepare(engine, readers=150)
    dead = SqlLedger(engine, clock, folder=tmp_path)
    gate = EditionGate(GateState, ring=dead.ring)
    gate.bind(EDITION, clock)

    with ResendServer() as server:
        doomed = connect(server, call_log=dead.call_log(EDITION))
        next(iter(doomed.deliver([_encode(c) for c in dead.claim(EDITION, 150)], gate)))
        die(dead)
        heir = SqlLedger(engine, clock, folder=tmp_path)
        counts = deliver(heir, clock, connect(server, call_log=heir.call_log(EDITION)))
        heir.close()

    assert (counts.accepted, counts.ambiguous) == (150, 0)
    assert sorted(Counter(server.recipients).values()) == [1] * 150


def test_a_call_cut_off_by_a_crash_is_repeated_under_its_key(
    engine: sa.Engine, clock: FrozenClock, tmp_path: Path, connect: Connect
) -> None:
    prepare(engine, readers=120)
    dead = SqlLedger(engine, clock, folder=tmp_path)
    gate = EditionGate(GateState, ring=dead.ring)
    gate.bind(EDITION, clock)

    class PowerCut(BaseException):
        pass

    with ResendServer(failing(CUT)) as server:

        def cut(_: float) -> None:
            raise PowerCut

        client = make_client("re_test", base_url=server.url)
        doomed = Resend(client, call_log=dead.call_log(EDITION), sleep=cut)
        with pytest.raises(PowerCut):
            list(doomed.deliver([_encode(c) for c in dead.claim(EDITION, 100)], gate))
        doomed.close()
        die(dead)
        heir = SqlLedger(engine, clock, folder=tmp_path)
        counts = deliver(heir, clock, connect(server, call_log=heir.call_log(EDITION)))
        heir.close()

    assert (counts.accepted, counts.ambiguous) == (120, 0)
    assert len(server.taken) == 120
    assert server.requests[0][1] == server.requests[1][1]


def test_a_doubtful_batch_is_repeated_later_in_the_same_run(
    sqlite_engine: sa.Engine, clock: FrozenClock, tmp_path: Path, connect: Connect
) -> None:
    prepare(sqlite_engine, readers=20)
    ledger = SqlLedger(sqlite_engine, clock, folder=tmp_path)

    with ResendServer(failing(CUT, *[(500, ERROR, {})] * 6)) as server:
        counts = deliver(ledger, clock, connect(server, call_log=ledger.call_log(EDITION)))
    ledger.close()

    assert counts.accepted == 20
    assert len(server.taken) == 20
    assert len({key for _, key, _ in server.requests}) == 1


def test_a_batch_that_cannot_be_rebuilt_is_held(
    sqlite_engine: sa.Engine, clock: FrozenClock, tmp_path: Path, connect: Connect
) -> None:
    prepare(sqlite_engine, readers=20)
    dead = SqlLedger(sqlite_engine, clock, folder=tmp_path)
    dead.call_log(EDITION).asked("another key", [c.recipient.subscriber_id for c in dead.claim(EDITION, 20)], 86400)
    die(dead)
    heir = SqlLedger(sqlite_engine, clock, folder=tmp_path)

    with ResendServer() as server:
        counts = deliver(heir, clock, connect(server, call_log=heir.call_log(EDITION)))
    heir.close()

    assert (counts.ambiguous, server.taken) == (20, [])
