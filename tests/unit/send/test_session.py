"""The short way through the usual answer says what the long way would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.send.retry import Step
from digest.send.smtp.opening import Account
from digest.send.smtp.session import MayFollow, Session, Settled
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
