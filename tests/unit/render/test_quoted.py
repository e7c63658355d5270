"""Quoted-printable with isolated values, by RFC 2045 and the rules of mbox and SMTP."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.quoted import LINE_LIMIT, clean_value, encode_static, encode_value

TRICKY = st.text(alphabet=st.sampled_from(".=\t &<>'\"aF rom中é😀\u202e\n-"), max_size=400)


def rows(encoded: bytes) -> list[bytes]:
    return encoded.split(b"\r\n")


def assert_wire_safe(encoded: bytes) -> None:
    assert encoded.isascii()
    for row in rows(encoded):
        assert len(row) <= LINE_LIMIT, row
        assert not row.startswith((b".", b"From "))
        assert not row.endswith((b" ", b"\t"))
        assert b"\r" not in row and b"\n" not in row


@given(TRICKY)
def test_static_text_decodes_to_itself_and_is_safe_on_the_wire(text: str) -> None:
    encoded = encode_static(text)

    assert_wire_safe(encoded)
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n").decode() == text


@given(TRICKY)
def test_a_value_decodes_to_its_cleaned_self(value: str) -> None:
    encoded = encode_value(value)

    assert_wire_safe(encoded)
    assert encoded.endswith(b"=\r\n")
    assert quopri.decodestring(encoded).decode() == clean_value(value)


@given(TRICKY, TRICKY, TRICKY)
def test_a_value_between_two_pieces_never_changes_their_lines(before: str, value: str, after: str) -> None:
    encoded = encode_static(before, before_value=True) + encode_value(value) + encode_static(after + "\n")

    assert_wire_safe(encoded)
    decoded = quopri.decodestring(encoded).replace(b"\r\n", b"\n").decode()
    assert decoded == f"{before}{clean_value(value)}{after}\n"


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        (".hidden", b"=2Ehidden"),
        ("From here", b"=46rom here"),
        ("a\n.b\n", b"a\r\n=2Eb\r\n"),
        ("end \n", b"end=20\r\n"),
        ("tab\t\n", b"tab=09\r\n"),
        ("lone\rreturn", b"lone=0Dreturn"),
        ("1=1", b"1=3D1"),
        ("a\r\nb", b"a\r\nb"),
    ],
)
def test_what_a_server_might_change_is_escaped(text: str, encoded: bytes) -> None:
    assert encode_static(text) == encoded


def test_a_long_line_that_starts_with_from_is_escaped_and_stays_within_the_limit() -> None:
    encoded = encode_static("From " + "x" * 71)

    assert encoded.startswith(b"=46rom ")
    assert_wire_safe(encoded)


def test_a_wrapped_row_that_starts_with_from_or_a_dot_is_escaped_too() -> None:
    encoded = encode_static("x" * 73 + "From there" + "y" * 63 + ".dot" + "z" * 80)

    assert b"\r\n=46rom there" in encoded
    assert b"\r\n=2Edot" in encoded
    assert_wire_safe(encoded)


def test_a_plain_value_passes_through_untouched() -> None:
    assert encode_value("https://courier.example.org/u/AbC-_9") == b"https://courier.example.org/u/AbC-_9=\r\n"


def test_an_empty_value_leaves_only_a_soft_break() -> None:
    assert quopri.decodestring(b"a=\r\n" + encode_value("") + b"b") == b"ab"


def test_line_breaks_in_a_value_become_a_space() -> None:
    assert clean_value("Ada\r\nBcc: x\u2028y\tz") == "Ada Bcc: x y\tz"
