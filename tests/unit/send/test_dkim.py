"""Signatures of mail, judged by dkimpy and, where it is installed, by OpenDKIM."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SettingsError
from digest.model import Pieces
from digest.send import dkim as signing
from digest.send.dkim import DkimKey, dns_record, load_key, make_key, sign, signed
from tests.sends import message

HEAD = (
    b"From: Morning Watch <morning@example.com>\r\nSubject: The  harbour\r\n is open\r\n"
    b"Date: Mon, 05 Jan 2026 06:30:00 +0000\r\nTo: reader@example.org\r\nMessage-ID: <1@example.com>\r\n"
    b"List-Unsubscribe: <https://courier.example/u/abc>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
)
WHOLE = HEAD + b"The harbour is open.\r\nShips come in.\r\n"


@pytest.fixture(scope="module")
def keys() -> dict[str, DkimKey]:
    return {
        kind: load_key("example.com", kind, make_key(kind)[0], named="the test's key") for kind in ("rsa", "ed25519")
    }


def verified(whole: bytes, keys: dict[str, DkimKey], index: int = 0) -> bool:
    dkim = pytest.importorskip("dkim", reason="dkimpy is not installed")
    pytest.importorskip("nacl", reason="dkimpy needs PyNaCl for Ed25519")
    records = {f"{key.selector}._domainkey.example.com.": dns_record(key.key).encode() for key in keys.values()}
    try:
        return bool(dkim.DKIM(whole).verify(index, dnsfunc=lambda name, timeout=5: records.get(name.decode())))
    except dkim.ValidationError:
        return False


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_another_programs_verifier_accepts_the_signature(keys: dict[str, DkimKey], kind: str) -> None:
    whole = sign([keys[kind]], WHOLE) + WHOLE

    assert verified(whole, keys)


def test_both_signatures_of_a_doubly_signed_mail_hold(keys: dict[str, DkimKey]) -> None:
    whole = sign(list(keys.values()), WHOLE) + WHOLE

    assert verified(whole, keys, 0) and verified(whole, keys, 1)


@pytest.mark.parametrize(
    ("was", "became"),
    [
        (b"Ships come in.", b"Ships go out."),
        (b"The  harbour", b"A harbour"),
        (b"/u/abc", b"/u/abd"),
        (b"=One-Click", b"=Two-Clicks"),
        (b"To: reader@", b"To: another@"),
        (b"Subject:", b"From: Somebody <else@example.net>\r\nSubject:"),
        (b"Date:", b"Reply-To: else@example.net\r\nDate:"),
    ],
)
def test_a_mail_altered_on_its_way_fails(keys: dict[str, DkimKey], was: bytes, became: bytes) -> None:
    whole = sign([keys["rsa"]], WHOLE) + WHOLE.replace(was, became)

    assert not verified(whole, keys)


def test_headers_folded_anew_on_the_way_still_hold(keys: dict[str, DkimKey]) -> None:
    folded = WHOLE.replace(b"Subject: The  harbour\r\n is", b"subject:   The harbour is")

    assert verified(sign([keys["rsa"]], WHOLE) + folded, keys)


def test_the_signature_covers_both_unsubscribe_lines_and_names_from_once_more(keys: dict[str, DkimKey]) -> None:
    line = sign([keys["rsa"]], WHOLE).decode().replace("\r\n", "").replace(" ", "")

    names = line.split(";h=")[1].split(";")[0].split(":")
    assert names.count("from") == 2
    assert {"list-unsubscribe", "list-unsubscribe-post", "subject", "to", "message-id"} <= set(names)


def test_no_line_of_a_signature_is_long_or_begins_with_a_dot(keys: dict[str, DkimKey]) -> None:
    lines = sign(list(keys.values()), WHOLE).split(b"\r\n")

    assert max(map(len, lines)) <= 78
    assert not [line for line in lines if line.startswith(b".")]


@settings(max_examples=60, deadline=None)
@given(body=st.text(alphabet="ab .=\t\n", max_size=60), subject=st.text(alphabet="ab \t", max_size=40))
def test_whatever_the_text_the_signature_holds(keys: dict[str, DkimKey], body: str, subject: str) -> None:
    whole = HEAD.replace(b"The  harbour", b"x" + subject.encode()) + body.replace("\n", "\r\n").encode() + b"\r\n"

    assert verified(sign([keys["ed25519"]], whole) + whole, keys)


def test_messages_come_out_signed_and_in_order(keys: dict[str, DkimKey]) -> None:
    plain = [message(n, content=WHOLE.replace(b"Ships", b"%d ships" % n)) for n in range(40)]

    with ThreadPoolExecutor(2) as pool:
        made = list(signed(iter(plain), [keys["ed25519"]], pool, 2))

    assert [m.subscriber_id for m in made] == list(range(40))
    assert all(isinstance(m.content, Pieces) and verified(bytes(m.content), keys) for m in made)


@pytest.mark.parametrize("pem", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_holds_no_key_is_told(pem: bytes) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_key("example.com", "news", pem, named="key.pem")


@pytest.mark.parametrize(("domain", "selector"), [("exa mple.com", "news"), ("example.com", "a;b"), ("", "news")])
def test_a_name_that_cannot_stand_in_dns_is_told(domain: str, selector: str) -> None:
    with pytest.raises(SettingsError, match="no DNS name"):
        load_key(domain, selector, make_key("ed25519")[0], named="key.pem")


def test_opendkim_accepts_the_signature(keys: dict[str, DkimKey], tmp_path: Path) -> None:
    program = shutil.which("opendkim", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("opendkim is not installed")
    mail, record = tmp_path / "mail", tmp_path / "keys"
    mail.write_bytes(sign([keys["rsa"]], WHOLE) + WHOLE)
    record.write_text(f"rsa._domainkey.example.com {dns_record(keys['rsa'].key)}\n")

    (tmp_path / "conf").write_text(f"TestDNSData {record}\nMode v\n")
    seen = subprocess.run(
        [program, "-x", tmp_path / "conf", "-t", mail, "-vv"], capture_output=True, text=True, check=False
    )

    assert "verification (s=rsa, d=example.com, 2048-bit key) succeeded" in seen.stdout + seen.stderr


def test_what_is_signed_where_it_stands_is_a_list_of_lower_case_names() -> None:
    assert set(signing.OVERSIGNED) <= set(signing.SIGNED)
    assert all(name == name.lower() for name in signing.SIGNED)
