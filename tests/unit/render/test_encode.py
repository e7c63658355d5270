"""Encoding once and joining per reader: what goes in comes back through a mail parser."""

from __future__ import annotations

import base64
import random
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from html import escape

import pytest

from digest.errors import RenderError
from digest.model import Recipient, Rendered
from digest.render import compile_message, is_plain, ready_address
from digest.render.headers import MailHeaders
from digest.render.quoted import clean_value
from digest.render.slots import markers

MARKS = markers("seed")
HEADERS = MailHeaders(
    from_name="Morning Lamp",
    from_address="morning@lantern.example.org",
    subject="The night ferry",
    list_id="morning",
    list_name="Morning Lamp",
    date=datetime(2026, 3, 4, 6, 30, tzinfo=UTC),
    host="lantern.example.org",
    edition="morning/2026-03-04",
    reply_to="editor@lantern.example.org",
)
VALUES = {
    "unsubscribe_url": "https://lantern.example.org/u/abc",
    "preferences_url": "https://lantern.example.org/p/abc",
    "view_url": "https://lantern.example.org/v/abc",
    "address": "ada@example.org",
    "name": "Ada",
}
HTML = (
    "<p>From {name}.</p>\n.a line with a dot and a long, long, long, long, long, long, long, long tail {name}{address}"
    '\n<a href="{unsubscribe_url}">leave</a> {address}\n<p>Ünïcödé — “quoted” = done </p>'
)
TEXT = "From the newsroom to {name}\n.dot\n{view_url}\n{unsubscribe_url}\n{name}"


def page(pattern: str) -> str:
    filled = pattern
    for name, marker in MARKS.items():
        filled = filled.replace("{" + name + "}", marker)
    return filled


def rendered(**changes: object) -> Rendered:
    made = Rendered("The night ferry", "pre", page(HTML), page(TEXT), MARKS)
    return replace(made, **changes)  # type: ignore[arg-type]


def parse(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def expected(pattern: str, values: dict[str, str], *, html: bool) -> str:
    filled = pattern
    for name, value in values.items():
        shown = clean_value(escape(value) if html else value)
        filled = filled.replace("{" + name + "}", shown)
    return filled + "\n"


def assert_wire_safe(raw: bytes) -> None:
    head, _, rest = raw.partition(b"\r\n\r\n")
    assert raw.isascii() and raw.endswith(b"\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert all(len(row) <= 998 for row in head.split(b"\r\n"))
    for row in rest.split(b"\r\n"):
        assert len(row) <= 78 and not row.startswith((b".", b"From ")) and not row.endswith((b" ", b"\t"))


def wild(chance: random.Random, longest: int) -> str:
    return "".join(chance.choice(".= \tab&<>'\"é中😀\u202eF\n") for _ in range(chance.randrange(longest)))


def test_two_thousand_wild_readers_read_back_exactly() -> None:
    chance = random.Random(20260304)
    encoded = compile_message(rendered(), HEADERS)

    for number in range(2000):
        link = "https://lantern.example.org/u/" + "x." * chance.randrange(80)
        local = "".join(chance.choice("abc+-_") for _ in range(1 + chance.randrange(40)))
        values = {**VALUES, "name": wild(chance, 200), "unsubscribe_url": link, "view_url": "." + wild(chance, 180)}
        values["address"] = f"{local}@example.org"
        raw = encoded.message(Recipient(number, values["address"], values["name"]), values)
        # the older policy: the newer one spends five milliseconds on a long encoded name
        message = message_from_bytes(raw)
        plain, html = (part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in message.get_payload())
        assert_wire_safe(raw)
        assert html == expected(HTML, values, html=True)
        assert plain == expected(TEXT, values, html=False)
        assert message["List-Unsubscribe"] == f"<{link}>"
        assert parseaddr(message["To"])[1] == values["address"]


@pytest.mark.parametrize("name", ["", "Ada"])
def test_values_given_ready_make_the_same_mail(name: str) -> None:
    encoded = compile_message(rendered(), HEADERS)
    reader = Recipient(7, "ada@example.org", name)
    values = {**VALUES, "name": name, "address": reader.address}
    ready = {key: value.encode() if is_plain(value) else value for key, value in values.items()}
    ready["address"] = ready_address(reader.address)

    assert isinstance(ready["unsubscribe_url"], bytes) and isinstance(ready["address"], bytes)
    assert b"".join(encoded.pieces(reader, ready)) == encoded.message(reader, values)


@pytest.mark.parametrize(
    "address", ["ada@ex ample.org", '"a b"@example.org', "ada@bücher.example", "a" * 80 + "@b.example"]
)
def test_an_address_that_must_be_looked_at_is_not_ready(address: str) -> None:
    assert ready_address(address) == address


def test_the_same_reader_gets_the_same_bytes_again() -> None:
    reader = Recipient(7, "ada@example.org", "Ada")

    first = compile_message(rendered(), HEADERS).message(reader, VALUES)
    assert first == compile_message(rendered(), HEADERS).message(reader, VALUES)


def test_a_mail_carries_text_before_html_in_seven_bits() -> None:
    message = parse(compile_message(rendered(), HEADERS).message(Recipient(7, "ada@example.org"), VALUES))

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in message.iter_parts()} == {"quoted-printable"}
    assert str(message.get_boundary()).startswith("=_")


def test_a_mail_carries_the_headers_a_bulk_sender_must_have() -> None:
    message = parse(compile_message(rendered(), HEADERS).message(Recipient(7, "ada@example.org", "Ada"), VALUES))

    assert message["List-Unsubscribe"] == "<https://lantern.example.org/u/abc>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "Morning Lamp <morning.lantern.example.org>"
    assert message["Reply-To"] == "editor@lantern.example.org"
    assert message["MIME-Version"] == "1.0"
    assert len(message.get_all("Message-ID")) == len(message.get_all("Date")) == 1


def test_a_recipient_keeps_the_message_id_of_the_ledger() -> None:
    reader = Recipient(7, "ada@example.org", message_id="<kept@lantern.example.org>")

    assert parse(compile_message(rendered(), HEADERS).message(reader, VALUES))["Message-ID"] == reader.message_id


def test_a_text_only_variant_is_one_plain_part() -> None:
    encoded = compile_message(rendered(html=""), HEADERS)

    message = parse(encoded.message(Recipient(7, "ada@example.org"), VALUES))
    assert message.get_content_type() == "text/plain"
    assert body(message, "plain") == expected(TEXT, VALUES, html=False)


def test_embedded_pictures_travel_beside_the_html_and_only_those_it_shows() -> None:
    html = page('<img src="cid:a.jpg" alt=""> {name}')
    shown = rendered(html=html, attachments=(("a.jpg", b"\xff\xd8picture" * 40), ("b.png", b"other")))

    raw = compile_message(shown, HEADERS).message(Recipient(7, "ada@example.org"), VALUES)
    related = list(parse(raw).iter_parts())[1]
    assert isinstance(related, EmailMessage)
    parts = list(related.iter_parts())
    assert related.get_content_type() == "multipart/related"
    assert [(part.get_content_type(), part["Content-ID"]) for part in parts] == [
        ("text/html", None),
        ("image/jpeg", "<a.jpg>"),
    ]
    assert parts[1].get_content() == b"\xff\xd8picture" * 40
    assert_wire_safe(raw)


def test_a_picture_of_a_kind_mail_cannot_show_is_refused() -> None:
    shown = rendered(html='<img src="cid:a.svg" alt="">', attachments=(("a.svg", b"<svg/>"),))

    with pytest.raises(RenderError, match=r"a\.svg"):
        compile_message(shown, HEADERS)


def test_a_page_without_any_slot_is_whole() -> None:
    plain = rendered(html="<p>One</p>", text="One", slots=MARKS)

    message = parse(compile_message(plain, replace(HEADERS, list_id="")).message(Recipient(7, "ada@example.org"), {}))
    assert body(message, "html") == "<p>One</p>\n"
    assert "List-Unsubscribe" not in message


def test_a_missing_value_is_named() -> None:
    incomplete = {name: value for name, value in VALUES.items() if name != "view_url"}

    with pytest.raises(RenderError, match="view_url"):
        compile_message(rendered(), HEADERS).message(Recipient(7, "ada@example.org"), incomplete)


def test_an_api_gets_the_same_texts_and_headers() -> None:
    shown = rendered(html=page('<img src="cid:a.jpg" alt=""> {name} {unsubscribe_url}'), attachments=(("a.jpg", b"x"),))
    reader = Recipient(7, "ada@example.org", "Ada & Co.")

    payload = compile_message(shown, HEADERS).payload(reader, VALUES | {"name": "<Ada>"})
    assert payload["from"] == "Morning Lamp <morning@lantern.example.org>"
    assert payload["to"] == '"Ada & Co." <ada@example.org>'
    assert "&lt;Ada&gt; https://lantern.example.org/u/abc" in payload["html"]
    assert "to <Ada>\n" in payload["text"]
    assert payload["headers"]["List-Unsubscribe"] == "<https://lantern.example.org/u/abc>"
    assert payload["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert payload["reply_to"] == "editor@lantern.example.org"
    assert base64.b64decode(payload["attachments"][0]["content"]) == b"x"


def test_an_address_beyond_ascii_makes_one_line_of_utf8_and_nothing_else() -> None:
    encoded = compile_message(rendered(), HEADERS)
    address = "jürgen@bücher.example"

    raw = encoded.message(Recipient(7, address, "Jürgen"), {**VALUES, "address": address})

    odd = [row for row in raw.split(b"\r\n") if not row.isascii()]
    assert [row.decode() for row in odd] == ["To: =?utf-8?q?J=C3=BCrgen?= <jürgen@xn--bcher-kva.example>"]
