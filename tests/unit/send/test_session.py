"""The short way through the usual answer says what the long way would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.send.retry import Step
from digest.send.smtp.opening import Account
from digest.send.smtp.session import Broken, MayFollow, Session, Settled
from tests.sends import message

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
GOOD = st.sampled_from(["250", "251", "200", "299"])
ANY = st.sampled_from(["250", "354", "421", "451", "550", "25", "2500", "abc"])


def under_way() -> Session:
    """Return a conversation in which a message's end and the next one's envelope were written together."""
    session = Session(Account("127.0.0.1", 25, "none"), "[127.0.0.1]")
    for words in (b"220 ready\r\n", b"250-here\r\n250 PIPELINING\r\n"):
        session.feed(words)
    session.begin(message(1))
    session.feed(b"250 ok\r\n250 ok\r\n354 go\r\n")
    session.content(message(1), message(2))
    return session


def lines(codes: list[str], words: list[str]) -> bytes:
    return "".join(f"{code} {said}\r\n" for code, said in zip(codes, words, strict=True)).encode()


@given(code=GOOD, words=st.lists(WORDS, min_size=4, max_size=4))
def test_the_usual_answer_is_read_the_short_way_as_the_long_way(code: str, words: list[str]) -> None:
    answer = lines([code, "250", "250", "354"], words)

    usual = under_way().usual(answer)
    settled, may_follow = under_way().feed(answer)

    assert isinstance(settled, Settled) and isinstance(may_follow, MayFollow)
    assert usual == (settled.message, f"{settled.reply.code} {settled.reply.lines[0]}", may_follow.message)


@given(codes=st.lists(ANY, min_size=1, max_size=5), words=st.lists(WORDS, min_size=5, max_size=5))
def test_any_other_answer_is_left_to_the_long_way(codes: list[str], words: list[str]) -> None:
    is_usual = codes == ["250", "250", "250", "354"]

    usual = under_way().usual(lines(codes, words[: len(codes)]))

    assert (usual is not None) == is_usual


def test_a_usual_answer_in_two_parts_loses_nothing() -> None:
    session = under_way()

    assert session.usual(b"250 taken\r\n250 ok\r\n") is None
    events = session.feed(b"250 taken\r\n250 ok\r\n")
    assert session.usual(b"250 ok\r\n354 go\r\n") is None
    events += session.feed(b"250 ok\r\n354 go\r\n")

    assert [type(event) for event in events] == [Settled, MayFollow]
    assert events[0] == Settled(message(1), Step.CONTENT, events[0].reply)  # type: ignore[union-attr]


def test_known_words_of_an_envelope_do_not_stand_for_an_end() -> None:
    session = under_way()
    usual = session.usual(b"250 taken\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert usual is not None
    session.content(usual[2], message(3))

    assert session.usual(b"452 no room\r\n250 ok\r\n250 ok\r\n354 go\r\n") is None


def test_what_was_answered_before_the_server_talked_nonsense_is_told_first() -> None:
    settled, broken = under_way().feed(b"250 taken\r\n\x16\x03\x01 what\r\n")

    assert isinstance(settled, Settled) and settled.reply.code == 250
    assert isinstance(broken, Broken)


@pytest.mark.parametrize("answers", [b"250 ok\r\n250 ok\r\n250 ok\r\n", b"250 ok\r\n250 ok\r\n250 extra\r\n354 go\r\n"])
def test_a_good_answer_to_data_is_no_leave_to_send_and_no_acceptance(answers: bytes) -> None:
    settled, *others = under_way().feed(b"250 taken\r\n" + answers)

    assert isinstance(settled, Settled) and settled.message.subscriber_id == 1
    assert [type(other) for other in others] == [Broken]


@pytest.mark.parametrize("words", [b"250 ok \x1b[2J\x07", b"250 ok \xc2\x9b31m", "250 ok \u202egnp".encode()])
def test_a_server_writes_no_control_characters_into_a_report(words: bytes) -> None:
    short = under_way().usual(words + b"\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    settled, _ = under_way().feed(words + b"\r\n250 ok\r\n250 ok\r\n354 go\r\n")

    assert short is not None and short[1].isprintable() and short[1].startswith("250 ok")
    assert settled.reply.text == short[1]
