"""The rules about the message around the mail: its headers, its parts, its lines and what its pictures weigh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from io import BytesIO
from typing import Any

import lxml.html
from PIL import Image, ImageStat

from digest.lint.finding import Finding, Mail

LONGEST_LINE = 998
"""Octets before CRLF: RFC 5322 §2.1.1."""

PICTURES_BYTES, PICTURE_BYTES = 800_000, 200_000
TEXT_SHARE = 0.2
DARK = 70
"""Mean brightness, of 255, under which lines are not seen on a dark page."""

MANY_LINKS = 60
FEW_CHARACTERS = 400
"""SpamAssassin's HTML_IMAGE_ONLY rules begin under this much text beside a picture."""

_LINK = re.compile(r"https?://[^\s<>\"]+")


def message(mail: Mail) -> Iterator[Finding]:
    """Yield what is wrong with the message as it is handed over; nothing while only its parts are known."""
    yield from _parts(mail)
    if not mail.message:
        return
    parsed = message_from_bytes(mail.message)
    yield from _headers(parsed)
    yield from _one_click(parsed)
    yield from _octets(mail.message, parsed)
    yield from _weight(parsed)
    yield from _dark_lines(parsed)


def _headers(parsed: Message) -> Iterator[Finding]:
    missing = [name for name in ("From", "To", "Date", "Message-ID") if not parsed[name]]
    if missing:
        yield Finding("headers-missing", f"the message has no {', '.join(missing)}.")
    if parsed["From"] and not parseaddr(str(parsed["From"]))[0]:
        yield Finding("sender-name", "the sender has no name: write from = 'Name <address>' for the newsletter.")
    if not parsed["List-Id"]:
        yield Finding("list-id", "the message has no List-Id.")


def _one_click(parsed: Message) -> Iterator[Finding]:
    if "<https://" not in str(parsed["List-Unsubscribe"] or "").replace("<http://localhost", "<https://localhost"):
        yield Finding("list-unsubscribe", "List-Unsubscribe has no https address.")
    if parsed["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        yield Finding("one-click", "List-Unsubscribe-Post must be exactly List-Unsubscribe=One-Click.")


def _octets(raw: bytes, parsed: Message) -> Iterator[Finding]:
    head = raw.partition(b"\r\n\r\n")[0]
    if any(octet > 126 for octet in head):
        yield Finding("header-ascii", "a header holds characters that are not ASCII and are not encoded.")
    longest = max(map(len, raw.split(b"\r\n")))
    if longest > LONGEST_LINE:
        yield Finding("line-length", f"a line of the message has {longest} octets; {LONGEST_LINE} are allowed.")
    if any(str(part["Content-Transfer-Encoding"] or "").lower() == "8bit" for part in parsed.walk()):
        yield Finding("eight-bit", "a part is sent as 8bit, which not every server passes on.")


def _weight(parsed: Message) -> Iterator[Finding]:
    sizes = {
        str(part.get_filename() or part["Content-ID"] or "a picture"): len(part.get_payload(decode=True) or b"")
        for part in parsed.walk()
        if part.get_content_maintype() == "image"
    }
    if sum(sizes.values()) > PICTURES_BYTES:
        yield Finding("pictures-heavy", f"the pictures have {sum(sizes.values()) // 1000} KB together.")
    for name, size in sizes.items():
        if size > PICTURE_BYTES:
            yield Finding("picture-heavy", f"the picture {name} has {size // 1000} KB.")


def _dark_lines(parsed: Message) -> Iterator[Finding]:
    for part in parsed.walk():
        if part.get_content_type() != "image/png":
            continue
        try:
            picture = Image.open(BytesIO(part.get_payload(decode=True) or b"")).convert("RGBA")  # type: ignore[arg-type]
        except (OSError, ValueError, SyntaxError):
            continue
        opaque = picture.getchannel("A").point(lambda alpha: 255 if alpha > 127 else 0)
        shown = ImageStat.Stat(picture.convert("L"), opaque)
        if picture.getchannel("A").getextrema()[0] == 0 and shown.count[0] and shown.mean[0] < DARK:
            name = part.get_filename() or part["Content-ID"] or "a picture"
            yield Finding("picture-dark", f"the picture {name} is dark on a transparent ground: give it a light one.")


def _parts(mail: Mail) -> Iterator[Finding]:
    if not mail.text.strip():
        yield Finding("text-missing", "the mail has no text part.")
    if not mail.html:
        return
    page: Any = lxml.html.document_fromstring(mail.html)
    for element in list(page.iter("style", "script", "title")):
        element.drop_tree()
    shown = " ".join(page.text_content().split())
    if len(mail.text.split()) < TEXT_SHARE * len(shown.split()):
        yield Finding("text-share", "the text part has less than a fifth of the HTML's words.")
    if len(shown) < FEW_CHARACTERS and page.find(".//img") is not None:
        yield Finding("little-text", f"there are {len(shown)} characters beside pictures; filters take that for spam.")
    links = {link.get("href") or "" for link in page.iter("a")}
    web = {link for link in links if link.startswith(("http://", "https://"))}
    if len(web) > MANY_LINKS:
        yield Finding("many-links", f"the mail has {len(web)} links; over {MANY_LINKS} look like spam.")
    absent = sorted(web - set(_LINK.findall(mail.text)))
    if absent:
        more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        yield Finding("links-differ", f"the text part has not the link {absent[0]}{more}.")
