"""The SMTP transport against a server on loopback that misbehaves in every way servers do."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from digest.errors import TransportError
from digest.model import Fate, Outcome, Outgoing
from digest.send.dkim import dns_record, load_key, make_key
from tests.sends import OpenGate, message, transport_to
from tests.smtp_sink import DROP, SILENT, Sink, certificate

PLAIN = ("SIZE 10000000",)


def send(
    sink: Sink, messages: Iterable[Outgoing], gate: OpenGate | None = None, **options: object
) -> dict[int, Outcome]:
    transport = transport_to(sink.port, **options)
    try:
        outcomes = list(transport.deliver(messages, gate or OpenGate()))
    finally:
        transport.close()
    assert len(outcomes) == len({o.subscriber_id for o in outcomes})
    return {o.subscriber_id: o for o in outcomes}


def fates(outcomes: dict[int, Outcome]) -> Counter[Fate]:
    return Counter(o.fate for o in outcomes.values())


def at(step: str, answers: dict[str, str]) -> Callable[[str, str], str | None]:
    return lambda asked, argument: answers.get(argument) if asked == step else None


@pytest.mark.parametrize("keywords", [("PIPELINING",), PLAIN], ids=["pipelined", "lock-step"])
def test_every_message_arrives_once_and_unchanged(keywords: tuple[str, ...]) -> None:
    messages = [message(n) for n in range(1, 101)]

    with Sink(keywords=keywords) as sink:
        outcomes = send(sink, messages)

    assert fates(outcomes) == {Fate.ACCEPTED: 100}
    assert sorted(sink.taken) == sorted((m.address, m.content) for m in messages)


def test_what_a_slow_server_does_not_take_at_once_arrives_whole() -> None:
    row = b"The harbour is open, and the ferry waits for nobody. " * 18 + b"\r\n"
    big = [message(n, content=b"Subject: %d\r\n\r\n" % n + row * 8_000) for n in range(1, 3)]

    with Sink(keywords=("PIPELINING",)) as sink:
        outcomes = send(sink, big, connections=1)

    assert fates(outcomes) == {Fate.ACCEPTED: 2}
    assert sink.taken == [(m.address, m.content) for m in big]


@pytest.mark.parametrize("keywords", [("PIPELINING",), PLAIN], ids=["pipelined", "lock-step"])
def test_refused_recipients_do_not_harm_the_others(keywords: tuple[str, ...]) -> None:
    refuse = {f"reader{n}@example.org": "550 5.1.1 nobody here" for n in range(1, 101, 10)}

    with Sink(at("RCPT", refuse), keywords=keywords) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 101)])

    assert fates(outcomes) == {Fate.ACCEPTED: 90, Fate.REJECTED: 10}
    assert (outcomes[1].code, outcomes[1].reply) == ("550", "550 5.1.1 nobody here")
    assert not set(refuse) & set(sink.recipients)


def test_no_bare_dot_is_sent_for_a_refused_recipient() -> None:
    def answer(step: str, argument: str) -> str | None:
        return "550 5.1.1 no" if step == "RCPT" and argument.startswith("reader2@") else None

    with Sink(answer) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 6)], connections=1)

    assert outcomes[2].fate is Fate.REJECTED
    assert all(content for _, content in sink.taken)
    assert len(sink.taken) == 4


def test_a_server_that_refuses_data_keeps_its_connection() -> None:
    def answer(step: str, argument: str) -> str | None:
        bad = argument.startswith("reader2@")
        return {"RCPT": "550 5.1.1 no", "DATA": "554 no valid recipients"}.get(step) if bad else None

    with Sink(answer) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 6)], connections=1)

    assert fates(outcomes) == {Fate.ACCEPTED: 4, Fate.REJECTED: 1}
    assert (sink.connections, sink.commands.count("RSET")) == (1, 1)


@pytest.mark.parametrize(
    ("step", "reply", "fate"),
    [
        ("RCPT", "451 4.7.1 greylisted", Fate.DEFERRED),
        ("END", "452 4.3.1 no room", Fate.DEFERRED),
        ("END", "554 5.7.1 looks like spam", Fate.FAILED),
        ("RCPT", "554 5.7.1 relaying denied", Fate.FAILED),
        ("DATA", "451 later", Fate.DEFERRED),
    ],
)
def test_a_refusal_is_classed_by_its_step_and_status(step: str, reply: str, fate: Fate) -> None:
    with Sink(at(step, {"reader2@example.org": reply})) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 6)])

    assert outcomes[2].fate is fate
    assert fates(outcomes)[Fate.ACCEPTED] == 4


def test_a_refused_sender_stops_everything_and_blames_no_reader() -> None:
    with Sink(lambda step, _: "550 5.7.1 not your domain" if step == "MAIL" else None) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 50)], connections=1)

    assert set(fates(outcomes)) <= {Fate.REFUSED, Fate.SKIPPED}
    assert len(outcomes) <= 2


def test_a_connection_lost_after_the_end_leaves_one_message_in_doubt() -> None:
    with Sink(at("END", {"reader3@example.org": DROP})) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 21)])

    assert outcomes[3].fate is Fate.AMBIGUOUS
    assert fates(outcomes) == {Fate.ACCEPTED: 19, Fate.AMBIGUOUS: 1}
    assert len(set(sink.recipients)) == len(sink.recipients) == 20


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_message_is_tried_on_another_connection_if_one_breaks_before_its_content(step: str) -> None:
    broken = iter([True])

    def answer(asked: str, argument: str) -> str | None:
        return DROP if asked == step and "3" not in argument and next(broken, False) else None

    with Sink(answer) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 21)])

    assert fates(outcomes) == {Fate.ACCEPTED: 20}
    assert sorted(sink.recipients) == sorted(f"reader{n}@example.org" for n in range(1, 21))


def test_a_message_that_breaks_every_connection_is_deferred() -> None:
    with Sink(at("RCPT", {"reader3@example.org": DROP})) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 11)], connections=1)

    assert outcomes[3].fate is Fate.DEFERRED
    assert fates(outcomes)[Fate.ACCEPTED] == 9


def test_a_server_that_goes_away_with_421_is_left_and_asked_again() -> None:
    answers = iter(["421 4.3.2 going down"])

    def answer(step: str, argument: str) -> str | None:
        return next(answers, None) if step == "RCPT" and argument.startswith("reader5@") else None

    with Sink(answer) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 11)], connections=1)

    assert fates(outcomes) == {Fate.ACCEPTED: 10}
    assert sink.connections == 2


def test_a_silent_server_is_given_up_after_the_timeout() -> None:
    with Sink(at("RCPT", {"reader2@example.org": SILENT})) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 8)], connections=2, timeout_s=0.2)

    assert outcomes[2].fate is Fate.DEFERRED
    assert "no answer in time" in outcomes[2].reply
    assert fates(outcomes)[Fate.ACCEPTED] == 6


def test_a_server_silent_after_the_end_leaves_the_message_in_doubt() -> None:
    with Sink(at("END", {"reader2@example.org": SILENT})) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 8)], connections=2, timeout_s=0.05)

    assert outcomes[2].fate is Fate.AMBIGUOUS
    assert fates(outcomes)[Fate.ACCEPTED] == 6


def test_a_connection_is_used_again_until_its_share_is_sent() -> None:
    with Sink() as sink:
        outcomes = send(sink, [message(n) for n in range(1, 31)], connections=1, max_messages=10)

    assert fates(outcomes) == {Fate.ACCEPTED: 30}
    assert sink.connections == 3


def test_what_the_gate_holds_back_is_not_sent() -> None:
    gate = OpenGate(2, 3)

    with Sink() as sink:
        outcomes = send(sink, [message(n) for n in range(1, 8)], gate)

    assert {n for n, o in outcomes.items() if o.fate is Fate.SKIPPED} == {2, 3}
    assert len(sink.taken) == 5


def test_answers_are_noted_before_they_are_handed_on() -> None:
    gate = OpenGate()

    with Sink() as sink:
        outcomes = send(sink, [message(n) for n in range(1, 8)], gate)

    assert {o.subscriber_id for o in gate.known} == set(outcomes)


def test_the_next_envelope_leaves_with_a_messages_end() -> None:
    with Sink() as sink:
        send(sink, [message(n) for n in range(1, 21)], connections=1)

    between = sink.commands[1:-1]
    assert [command.split(" ")[0] for command in between] == ["MAIL", "RCPT", "DATA"] * 20


def test_the_size_is_announced_and_minded() -> None:
    with Sink(keywords=("PIPELINING", "SIZE 100")) as sink:
        outcomes = send(sink, [message(1)])

    assert outcomes[1].fate is Fate.REFUSED
    assert "takes 100 at most" in outcomes[1].reply
    assert sink.taken == []


def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    odd = message(1, address="jürgen@example.org")

    with Sink() as poor, Sink(keywords=("PIPELINING", "SMTPUTF8")) as able:
        refused, taken = send(poor, [odd, message(2)]), send(able, [odd])

    assert (refused[1].fate, refused[2].fate) == (Fate.REJECTED, Fate.ACCEPTED)
    assert taken[1].fate is Fate.ACCEPTED
    assert able.recipients == ["jürgen@example.org"]


@pytest.mark.parametrize("address", ["a b@example.org", "a@example.org>\r\nDATA", "a@@example.org", "nobody", ""])
def test_an_address_cannot_smuggle_a_command(address: str) -> None:
    odd = Outgoing(1, address, "morning@example.com", "<1@example.com>", b"Subject: x\r\n\r\nx\r\n")

    with Sink() as sink:
        outcomes = send(sink, [odd])

    assert outcomes[1].fate is Fate.REJECTED
    assert [command for command in sink.commands if command.startswith("RCPT")] == []


@pytest.mark.parametrize(
    "content", [b"Subject: x\r\n\r\n.\r\nMAIL FROM:<>\r\n", b"Subject: x\n\nx\n", b"a\r\n\r\nb\rc\r\n"]
)
def test_content_that_could_be_read_as_commands_is_refused(content: bytes) -> None:
    with Sink() as sink:
        outcomes = send(sink, [message(1, content=content)])

    assert outcomes[1].fate is Fate.REFUSED
    assert sink.taken == []


def test_nothing_connects_when_there_is_nothing_to_send() -> None:
    with Sink() as sink:
        assert send(sink, []) == {}

    assert sink.connections == 0


def test_a_rate_spreads_messages_over_time() -> None:
    with Sink() as sink:
        outcomes = send(sink, [message(n) for n in range(1, 31)], rate=1000)

    assert fates(outcomes) == {Fate.ACCEPTED: 30}


def test_an_unreachable_server_is_named_with_what_to_do() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

        with pytest.raises(TransportError, match=rf"127\.0\.0\.1:{port}.*Check transport\.host"):
            send(Sink(port=port), [message(1)])


def test_a_wrong_password_is_an_error_that_does_not_tell_it() -> None:
    with Sink(login=("morning", "right")) as sink, pytest.raises(TransportError) as caught:
        send(sink, [message(1)], username="morning", password="wr0ng-s3cret")

    assert "refused the login as 'morning'" in str(caught.value)
    assert f"127.0.0.1:{sink.port}" in str(caught.value)
    assert "wr0ng-s3cret" not in str(caught.value)


def test_a_login_by_plain_succeeds() -> None:
    with Sink(login=("morning", "right")) as sink:
        outcomes = send(sink, [message(1)], username="morning", password="right")

    assert outcomes[1].fate is Fate.ACCEPTED


def test_a_server_without_a_login_is_named_when_one_is_wanted() -> None:
    with Sink() as sink, pytest.raises(TransportError, match="offers no way to log in"):
        send(sink, [message(1)], username="morning", password="x")


def test_starttls_fails_closed() -> None:
    with Sink(login=("morning", "right")) as sink, pytest.raises(TransportError, match="offers no STARTTLS"):
        send(sink, [message(1)], security="starttls", username="morning", password="right")

    assert not any(command.startswith(("AUTH", "MAIL")) for command in sink.commands)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_protects_login_and_mail(security: str, tmp_path: Path) -> None:
    server, client = certificate(tmp_path)

    with Sink(context=server, tls_at_once=security == "tls", login=("morning", "right")) as sink:
        outcomes = send(
            sink,
            [message(n) for n in range(1, 11)],
            host="localhost",
            security=security,
            context=client,
            username="morning",
            password="right",
        )

    assert fates(outcomes) == {Fate.ACCEPTED: 10}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_is_refused(security: str, tmp_path: Path) -> None:
    server, _ = certificate(tmp_path)

    with (
        Sink(context=server, tls_at_once=security == "tls") as sink,
        pytest.raises(TransportError, match="certificate is not trusted"),
    ):
        send(sink, [message(1)], host="localhost", security=security)

    assert sink.taken == []


def test_words_said_before_tls_are_not_believed() -> None:
    def answer(step: str, argument: str) -> str | None:
        return "220 go ahead\r\n250 injected" if step == "STARTTLS" else None

    with (
        Sink(answer, keywords=("PIPELINING", "STARTTLS")) as sink,
        pytest.raises(TransportError, match="more than it was asked"),
    ):
        send(sink, [message(1)], security="starttls")


@pytest.mark.parametrize("greeting", ["554 no service here", "HTTP/1.1 400 Bad Request", DROP])
def test_a_server_that_does_not_greet_is_an_error(greeting: str) -> None:
    with Sink(lambda step, _: greeting if step == "CONNECT" else None) as sink, pytest.raises(TransportError):
        send(sink, [message(1)])


def test_fewer_connections_than_asked_for_are_made_do_with() -> None:
    greeted = iter(range(1000))

    def answer(step: str, argument: str) -> str | None:
        return "421 4.7.0 too many connections" if step == "CONNECT" and next(greeted) > 0 else None

    with Sink(answer) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 41)], connections=4)

    assert fates(outcomes) == {Fate.ACCEPTED: 40}


def test_an_error_of_ours_ends_the_delivery_with_it() -> None:
    def messages() -> Iterable[Outgoing]:
        yield message(1)
        yield message(2)
        raise RuntimeError("the encoder failed")

    with Sink() as sink, pytest.raises(RuntimeError, match="encoder failed"):
        send(sink, messages())


def test_a_delivery_can_be_broken_off_and_started_again() -> None:
    with Sink() as sink:
        transport = transport_to(sink.port)
        for _ in transport.deliver((message(n) for n in range(1, 500)), OpenGate()):
            break
        again = list(transport.deliver([message(1000)], OpenGate()))
        transport.close()

    assert [o.fate for o in again] == [Fate.ACCEPTED]


def test_a_probe_logs_in_and_sends_nothing() -> None:
    with Sink(login=("morning", "right")) as sink:
        transport = transport_to(sink.port, username="morning", password="right")
        transport.probe()
        transport.close()

    assert (sink.connections, sink.taken) == (1, [])


@pytest.mark.parametrize("keywords", [("PIPELINING",), PLAIN], ids=["pipelined", "lock-step"])
def test_with_a_key_every_message_leaves_signed(keywords: tuple[str, ...]) -> None:
    dkim = pytest.importorskip("dkim", reason="dkimpy is not installed")
    key = load_key("example.com", "news", make_key("rsa")[0], named="the test's key")
    record = dns_record(key.key).encode()

    with Sink(keywords=keywords) as sink:
        outcomes = send(sink, [message(n) for n in range(1, 21)], dkim=[key])

    assert fates(outcomes) == {Fate.ACCEPTED: 20}
    assert all(dkim.verify(content, dnsfunc=lambda name, timeout=5: record) for _, content in sink.taken)
