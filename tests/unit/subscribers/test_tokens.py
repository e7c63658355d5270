"""Tokens are short, say what they are for, and cannot be made or altered without the keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import BadToken, KeyRing, Purpose, Signer, sign, verify

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
KEYS = KeyRing(b"s" * 32, {1: b"1" * 32}, 1)


def test_an_unsubscribe_link_fits_in_one_header_line() -> None:
    token = sign(KEYS, Purpose.UNSUBSCRIBE, subscriber_id=2**31, list_number=2**20)

    assert len(token) <= 35


@given(
    purpose=st.sampled_from(Purpose),
    subscriber_id=st.integers(0, 2**40),
    list_number=st.integers(0, 2**20),
    subject=st.integers(0, 2**40),
    lifetime=st.none() | st.timedeltas(timedelta(), timedelta(days=4000)),
)
def test_a_token_says_what_was_signed(
    purpose: Purpose, subscriber_id: int, list_number: int, subject: int, lifetime: timedelta | None
) -> None:
    expires = None if lifetime is None else NOW + lifetime
    token = sign(KEYS, purpose, subscriber_id=subscriber_id, list_number=list_number, subject=subject, expires=expires)

    found = verify(KEYS, purpose, token, now=expires or NOW)

    assert (found.purpose, found.subscriber_id, found.list_number, found.subject) == (
        purpose,
        subscriber_id,
        list_number,
        subject,
    )


@given(st.text(max_size=60) | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=42, max_size=42))
def test_a_random_text_is_no_token(text: str) -> None:
    with pytest.raises(BadToken):
        verify(KEYS, Purpose.UNSUBSCRIBE, text, now=NOW)


@given(
    position=st.integers(0, 33), letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0189-_")
)
def test_a_token_with_one_letter_changed_is_refused(position: int, letter: str) -> None:
    token = sign(KEYS, Purpose.UNSUBSCRIBE, subscriber_id=70_000, list_number=3)
    altered = token[:position] + letter + token[position + 1 :]

    if altered != token:
        with pytest.raises(BadToken):
            verify(KEYS, Purpose.UNSUBSCRIBE, altered, now=NOW)


def test_a_token_for_one_purpose_does_not_serve_another() -> None:
    token = sign(KEYS, Purpose.VIEW, subscriber_id=1, list_number=1)

    with pytest.raises(BadToken) as refused:
        verify(KEYS, Purpose.UNSUBSCRIBE, token, now=NOW)

    assert refused.value.reason == "other purpose"


def test_a_token_is_over_after_its_time() -> None:
    token = sign(KEYS, Purpose.CONFIRM, subscriber_id=1, list_number=1, expires=NOW)

    with pytest.raises(BadToken) as refused:
        verify(KEYS, Purpose.CONFIRM, token, now=NOW + timedelta(minutes=2))

    assert refused.value.reason == "over"


@given(st.integers(0, 2**40), st.integers(0, 2**21), st.integers(0, 2**40), st.sampled_from([None, NOW]))
def test_links_made_for_many_are_those_made_one_by_one(
    who: int, list_number: int, subject: int, expires: datetime | None
) -> None:
    over = {Purpose.MANAGE: expires} if expires else {}

    [made] = Signer(KEYS, list_number=list_number, subjects={Purpose.MANAGE: subject}, expires=over).tokens(who)

    options = {"subscriber_id": who, "list_number": list_number, "subject": subject, "expires": expires}
    assert made.decode() == sign(KEYS, Purpose.MANAGE, **options)


def test_a_link_in_an_old_mail_works_after_the_keys_were_rotated() -> None:
    token = sign(KEYS, Purpose.UNSUBSCRIBE, subscriber_id=5, list_number=1)

    found = verify(KEYS.rotated(), Purpose.UNSUBSCRIBE, token, now=NOW)

    assert found.subscriber_id == 5


def test_rotation_keeps_the_hashes_of_suppressed_addresses() -> None:
    assert KEYS.rotated().hash_address("a@example.org") == KEYS.hash_address("a@example.org")
    assert KEYS.rotated().fingerprint == KEYS.fingerprint


def test_another_ring_does_not_verify() -> None:
    token = sign(KeyRing.generate(), Purpose.VIEW, subscriber_id=1, list_number=1)

    with pytest.raises(BadToken):
        verify(KEYS, Purpose.VIEW, token, now=NOW)


def test_a_token_in_a_mail_address_survives_a_change_of_case() -> None:
    token = sign(KEYS, Purpose.BOUNCE, subscriber_id=123_456, list_number=2, subject=99)

    assert token == token.lower()
    assert len(f"b+{token}") <= 64
    assert verify(KEYS, Purpose.BOUNCE, token.upper(), now=NOW).subject == 99


def test_a_ring_is_read_back_from_its_one_line_form() -> None:
    ring = KeyRing.generate().rotated()

    assert KeyRing.parse(ring.format() + "\n") == ring


@pytest.mark.parametrize("text", ["", "zz;1:aa", "00" * 32, f"{'00' * 32};0:{'11' * 32}", f"{'00' * 32};1:{'11' * 4}"])
def test_a_damaged_secret_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"secret") as refused:
        KeyRing.parse(text)

    assert "0000" not in str(refused.value)


def test_a_ring_does_not_show_its_keys() -> None:
    assert "ssss" not in repr(KEYS)


def test_a_negative_number_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="-1"):
        sign(KEYS, Purpose.VIEW, subscriber_id=-1, list_number=1)
