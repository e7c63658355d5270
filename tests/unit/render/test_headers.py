"""Header lines on the wire: RFC 5322, RFC 2047, RFC 2369, RFC 8058."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import BadRecipient, RenderError
from digest.render import headers as head
from digest.render.headers import MailHeaders, message_id, url_warning

HEADERS = MailHeaders(
    from_name="Morning Lamp",
    from_address="morning@lantern.example.org",
    subject="The night ferry is back",
    list_id="morning",
    list_name="Morning Lamp",
    date=datetime(2026, 3, 4, 6, 30, tzinfo=UTC),
    host="lantern.example.org",
    edition="morning/2026-03-04",
)


def decoded(line: bytes) -> str:
    message = message_from_bytes(line + b"\r\n", policy=policy.compat32)
    return str(make_header(decode_header(message.items()[0][1].replace("\r\n", ""))))


SUBJECTS = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)


@given(SUBJECTS)
def test_any_subject_reads_back_and_no_line_or_word_is_too_long(subject: str) -> None:
    line = head.text_line("Subject", subject)

    assert line.isascii()
    assert all(len(row) <= 76 for row in line.split(b"\r\n"))
    assert decoded(line).split() == subject.split()


def test_a_subject_that_looks_encoded_is_encoded_so_that_it_reads_as_written() -> None:
    assert decoded(head.text_line("Subject", "=?utf-8?q?trick?=")) == "=?utf-8?q?trick?="


def test_a_long_ascii_subject_is_folded_at_spaces() -> None:
    line = head.text_line("Subject", "word " * 30 + "end")

    assert b"=?" not in line
    assert line.count(b"\r\n ") == 2


@pytest.mark.parametrize("broken", ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\x00b", "a\u2028b"])
def test_a_line_break_in_a_header_is_refused(broken: str) -> None:
    for changed in ({"subject": broken}, {"from_name": broken}, {"list_name": broken}, {"extra": (("X-A", broken),)}):
        with pytest.raises(RenderError):
            head.constant_lines(replace(HEADERS, **changed))


def test_constant_lines_parse_back() -> None:
    message = message_from_bytes(head.constant_lines(HEADERS) + b"\r\n", policy=policy.default)

    assert message["From"] == "Morning Lamp <morning@lantern.example.org>"
    assert message["List-Id"] == "Morning Lamp <morning.lantern.example.org>"
    assert message["Feedback-ID"] == "morning/2026-03-04:morning:edition:lanternexampleo"
    assert parsedate_to_datetime(message["Date"]) == HEADERS.date


def test_a_mail_that_is_no_list_mail_has_no_list_headers() -> None:
    lines = head.constant_lines(replace(HEADERS, list_id=""))

    assert b"List-" not in lines
    assert b"Feedback-ID" not in lines


def test_a_naive_date_is_refused() -> None:
    with pytest.raises(RenderError, match="aware"):
        head.constant_lines(replace(HEADERS, date=datetime(2026, 3, 4)))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "ada@example.org"),
        ("Ada Lovelace", "Ada Lovelace <ada@example.org>"),
        ("Lovelace, Ada", '"Lovelace, Ada" <ada@example.org>'),
        ('Ada "Countess"', '"Ada \\"Countess\\"" <ada@example.org>'),
        ("Ada\r\nBcc: x", '"Ada Bcc: x" <ada@example.org>'),
        ("Åsa", "=?utf-8?q?=C3=85sa?= <ada@example.org>"),
    ],
)
def test_display_names_are_written_so_that_they_parse(name: str, written: str) -> None:
    assert head.mailbox(name, "ada@example.org", column=4) == written


@given(st.text(alphabet=st.sampled_from('ab ,."\\<>@é中😀()=?_'), max_size=200))
def test_any_display_name_reads_back_and_leaves_the_address_alone(name: str) -> None:
    line = f"To: {head.mailbox(name, 'ada@example.org', column=4)}\r\n".encode("ascii")

    message = message_from_bytes(line + b"\r\n", policy=policy.default)
    assert all(len(row) <= 78 for row in line.split(b"\r\n"))
    assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.org"]
    # the parser keeps the space between two encoded-words of a name, which RFC 2047 §6.2 says to drop
    shown = message["To"].addresses[0].display_name
    assert "".join(shown.split()) == "".join(name.split())


BAD_ADDRESSES = [
    "",
    "ada",
    "a b@example.org",
    "a@b@",
    "a@exa\nmple.org",
    "a,b@example.org",
    "é @x.org",
    "é\ud800@x.org",
    '"\ud800"@x.org',
    '"é"@x.org',
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_cannot_stand_in_a_header_is_refused(address: str) -> None:
    with pytest.raises(RenderError):
        head.check_address(address)


@given(st.text(st.sampled_from('ab."\\ <>@é\ud800\x85\u2028\r\n-')).map(lambda text: f"{text}@example.org"))
def test_any_address_makes_one_line_of_utf8_or_is_a_bad_recipient(address: str) -> None:
    try:
        written = head.check_address(address).encode()
    except BadRecipient:
        return

    assert len(written.splitlines()) == 1 and b"<" not in written


def test_an_international_domain_goes_out_as_a_labels() -> None:
    assert head.check_address("ada@bücher.example") == "ada@xn--bcher-kva.example"


def test_one_click_headers_stand_on_one_line_each() -> None:
    url = "https://lantern.example.org/u/" + "x" * 200

    lines = head.list_unsubscribe(url, "").split("\r\n")
    assert lines == [
        f"List-Unsubscribe: <{url}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "",
    ]


def test_a_mailbox_to_leave_by_names_the_reader_by_a_token_without_case() -> None:
    lines = head.list_unsubscribe("https://lantern.example.org/u/VG9rZW4_", "u+{token}@lantern.example.org")

    # Both spell the bytes of "Token?": base64url in the link, base32 in the address, which a relay may fold.
    leave = "<mailto:u+krxwwzloh4@lantern.example.org?subject=unsubscribe>"
    assert f"<https://lantern.example.org/u/VG9rZW4_>, {leave}" in lines


def test_a_mailbox_without_a_place_for_the_token_gets_it_in_the_subject() -> None:
    lines = head.list_unsubscribe("https://lantern.example.org/u/TOKEN", "leave@lantern.example.org")

    assert "<mailto:leave@lantern.example.org?subject=unsubscribe%20TOKEN>" in lines


@pytest.mark.parametrize(
    "url", ["", "ftp://x.org/u", "https://x.org/u>,<https://y.org", "https://x.org/é", "https://x\r\n"]
)
def test_an_unsubscribe_url_that_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(RenderError):
        head.list_unsubscribe(url, "")


def test_a_long_unsubscribe_url_is_warned_about_and_a_short_one_is_not() -> None:
    assert url_warning("https://lantern.example.org/u/" + "x" * 35) is None
    assert "75 characters" in (url_warning("h" * 75) or "")


def test_message_id_is_the_same_at_every_retry_and_differs_between_readers() -> None:
    first = message_id("morning/2026-03-04", 7, "lantern.example.org")

    assert first == message_id("morning/2026-03-04", 7, "lantern.example.org")
    assert first != message_id("morning/2026-03-04", 8, "lantern.example.org")
    assert first.startswith("<morning.2026-03-04.") and first.endswith("@lantern.example.org>")


def test_a_line_over_998_characters_is_refused() -> None:
    with pytest.raises(RenderError, match="998"):
        head.line("X-Long", "x" * 998)


def test_what_cannot_stand_in_a_header_is_refused_by_name() -> None:
    for wrong in (
        lambda: head.line("X-A", "é"),
        lambda: head.check_message_id("a b@example.org"),
        lambda: head.check_address("ada@xn--\u00ad.é..example"),
        lambda: head.constant_lines(replace(HEADERS, extra=(("Bad Name", "x"),))),
        lambda: head.list_unsubscribe("https://a.example/u/" + "x" * 998, ""),
    ):
        with pytest.raises(RenderError):
            wrong()


def test_a_quoted_local_part_is_an_address() -> None:
    assert head.check_address('"ada lovelace"@example.org') == '"ada lovelace"@example.org'
