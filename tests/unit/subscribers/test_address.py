"""Addresses are judged as email-validator does, keyed without merging mailboxes, and never shown in full."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from subscribers import BadAddress, masked, parse_address
from subscribers.address import parse_plain, split_name

LOCAL = st.text("aZ09.+-_!'=~ü@\"", min_size=0, max_size=70)
DOMAIN = st.text("aZ9.-xn_ü", min_size=0, max_size=70)


def test_the_key_ignores_case_and_the_written_form_keeps_it() -> None:
    address = parse_address("Jonas.Weiss@EXAMPLE.org")

    assert address.written == "Jonas.Weiss@example.org"
    assert address.key == "jonas.weiss@example.org"


@pytest.mark.parametrize("other", ["j.weiss@example.org", "jweiss+news@example.org"])
def test_dots_and_plus_tags_are_different_mailboxes(other: str) -> None:
    assert parse_address("jweiss@example.org").key != parse_address(other).key


def test_an_internationalised_domain_is_written_as_letters_and_sent_as_a_label() -> None:
    address = parse_address("ann@Bücher.example")

    assert address.written == "ann@bücher.example"
    assert address.wire == address.key == "ann@xn--bcher-kva.example"
    assert address.domain == "xn--bcher-kva.example"
    assert not address.needs_smtputf8


def test_both_spellings_of_an_internationalised_domain_have_one_key() -> None:
    assert parse_address("ann@xn--bcher-kva.example").key == parse_address("ann@bücher.example").key


def test_a_local_part_that_is_not_ascii_needs_smtputf8() -> None:
    assert parse_address("用户@example.org").needs_smtputf8


def test_two_ways_to_write_an_accent_have_one_key() -> None:
    assert parse_address("rene\u0301@example.org").key == parse_address("ren\u00e9@example.org").key


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no address"),
        ("a@example.org, b@example.org", "more than one address"),
        ("a" * 65 + "@example.org", "octets"),
        ("é" * 33 + "@example.org", "octets"),
        ("no-at-sign.example.org", "@-sign"),
        ("a@localhost", "period"),
        ("a..b@example.org", "period"),
        ("\ufffd@example.org", "lost"),
    ],
)
def test_a_bad_address_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadAddress) as refused:
        parse_address(text)

    assert reason in refused.value.reason


@given(local=LOCAL, domain=DOMAIN)
@example(local="a", domain="x" * 63 + ".org")
@example(local="a", domain="x" * 64 + ".org")
@example(local="a", domain="ab--cd.org")
@example(local="a", domain="example.org.")
@example(local="a", domain="sub.test")
def test_the_fast_path_judges_as_the_slow_one(local: str, domain: str) -> None:
    text = f"{local}@{domain}".strip()
    try:
        expected: str | None = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        expected = None
    if len(text.rpartition("@")[0].encode()) > 64:
        expected = None

    try:
        found: str | None = parse_address(text).written
    except BadAddress:
        found = None

    assert found == expected


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("ann@example.org", "", "ann@example.org"),
        (" Bob B <bob@example.org> ", "Bob B", "bob@example.org"),
        ('"Weiß, Jonas" <j@example.org>', "Weiß, Jonas", "j@example.org"),
        ("MAILTO:ann@example.org?subject=Hi", "", "ann@example.org"),
        ("<ann@example.org>", "", "ann@example.org"),
        ("'Ann@example.org' <ann@example.org>", "", "ann@example.org"),
        ("Ann @ the Courier <ann@example.org>", "Ann @ the Courier", "ann@example.org"),
        ("ann@example.org <bob@example.org>", "", "ann@example.org <bob@example.org>"),
    ],
)
def test_a_name_is_parted_from_its_address(text: str, name: str, address: str) -> None:
    assert split_name(text) == (name, address)


def test_a_masked_address_tells_its_owner_and_nobody_else() -> None:
    assert masked("jonas.weiss@example.org") == "j•••@e•••.org"


PLAIN = ("ann@example.org", "Ann.B+c@Example.org", "x'y@sub.example.co.uk")
LIKELY = (*PLAIN, "", "a..b@example.org", ".a@example.org", "a@b@c.org", "ann@xn--bcher-kva.example", "a@localhost")


@given(st.lists(st.text("aB.@\n +ж\u212a-'_9", max_size=8) | st.sampled_from(LIKELY), max_size=40))
@example([f"{'a' * 64}@example.org", f"{'a' * 65}@example.org", f"a@{'b.' * 122}example.org"])
def test_many_addresses_read_at_once_are_read_as_each_by_itself(texts: list[str]) -> None:
    found = parse_plain(texts)

    for place, text in enumerate(texts):
        if place not in found.odd:
            address = parse_address(text)
            assert (found.keys[place], found.written[place] or found.keys[place]) == (address.key, address.written)
    assert not found.odd & {place for place, text in enumerate(texts) if text in PLAIN}
