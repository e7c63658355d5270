"""Compiles a rendered variant once, so that one reader's mail costs a lookup of values and a join.

Two codecs: ``message`` gives a whole RFC 5322 message (7-bit, quoted-printable, CRLF), ``payload`` the fields an
API wants. Both come from the same text, split at its slot markers before anything is encoded.
"""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from operator import itemgetter
from pathlib import PurePosixPath
from typing import Any, TypeVar

from digest.errors import RenderError
from digest.model import Pieces, Recipient, Rendered
from digest.render import headers as head
from digest.render import quoted
from digest.render.headers import MailHeaders

_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}
_PART = "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"

_Value = TypeVar("_Value", str, str | bytes)

Slot = tuple[str, str]
"""A place for a value: the slot's name and the context it is escaped for, ``text`` or ``html``."""

_ESCAPES: dict[str, Callable[[str], str]] = {"text": str, "html": escape}

_SHORT = 68
"""Characters of name and address that fit in one header line of 76 with ``To:``, a blank and two brackets."""

_LARGE = 2048
"""A piece of so many bytes or more is written as it is; smaller ones are joined: each piece costs the kernel too."""

LONGEST_PLAIN = 73
"""How long a value may be that stands in a mail as it is: one row (see ``quoted.encode_value``)."""

_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+\Z").match

# What stands in a mail as it is, whatever the context: printable ASCII without white space, ``=`` and the five
# characters that HTML escapes, short enough for one row and not beginning with a dot.
_PLAIN_EVERYWHERE = re.compile(r"(?:[!#-%(-\-/-;?-~][!#-%(-;?-~]{0,72})?\Z").match


class Encoded:
    """A variant ready for its readers; made by ``compile_message``, never changed after, safe between threads."""

    __slots__ = ("_attachments", "_constant", "_groups", "_headers", "_html", "_names", "_static", "_text")

    def __init__(self, rendered: Rendered, headers: MailHeaders) -> None:
        self._headers = headers
        self._constant = head.constant_lines(headers)
        self._text = _split(_ended(rendered.text), rendered.slots, "text")
        self._html = _split(_ended(rendered.html), rendered.slots, "html") if rendered.html else ([""], [])
        self._attachments = [_api_attachment(name, data) for name, data in _shown_pictures(rendered)]
        pieces, slots = _wire_pieces(rendered, self._text, self._html)
        # The soft break behind a value stands at the start of the piece that follows it: so a value that needs no
        # encoding is itself a piece.
        self._static = [pieces[0], *(quoted.SOFT_BREAK + piece for piece in pieces[1:])]
        self._names = tuple(dict.fromkeys(name for name, _ in slots))
        self._groups = self._grouped(slots)

    def _grouped(self, slots: list[Slot]) -> list[bytes | Callable[[Sequence[bytes]], tuple[bytes, ...]]]:
        """Return the message as large pieces, and between them what picks the small ones.

        They are picked from head, values in text, values in HTML, small static pieces and nothing (``pieces``).
        """
        count = len(self._names)
        groups: list[bytes | list[int]] = [[0]]
        for number, piece in enumerate(self._static):
            if number:
                name, kind = slots[number - 1]
                _open_group(groups).append(1 + self._names.index(name) + (count if kind == "html" else 0))
            if len(piece) >= _LARGE:
                groups.append(piece)
            else:
                _open_group(groups).append(1 + 2 * count + number)
        nothing = 1 + 2 * count + len(self._static)
        return [group if isinstance(group, bytes) else itemgetter(*group, nothing) for group in groups]

    def message(self, recipient: Recipient, values: Mapping[str, str]) -> bytes:
        """Return the whole message: CRLF lines of at most 998 octets in the head and 76 in the body.

        ASCII only, but for a To line whose address has letters beyond it before the @: then that line is UTF-8.
        No body line starts with a dot, so the bytes need no dot-stuffing. The same arguments give the same bytes.
        Raises RenderError when a value the variant needs is missing or an address cannot stand in a header.
        """
        return b"".join(self.pieces(recipient, values))

    def pieces(self, recipient: Recipient, values: Mapping[str, str | bytes], identity: str = "") -> Pieces:
        """Return the message as the pieces to write one after the other, the head first; see ``message``.

        Most of them are the edition's own and shared by all readers, so that nobody copies them but the kernel.
        ``identity`` stands for the recipient's Message-ID. A value given as bytes is taken as it is: whoever gives
        one vouches that ``is_plain`` holds for it, and for an address that it came from ``ready_address``.
        """
        in_text: Sequence[bytes]
        in_html: Sequence[bytes]
        try:
            given = [values[name] for name in self._names]
        except KeyError as missing:
            raise _no_value(missing.args[0]) from None
        in_text = in_html = [value for value in given if isinstance(value, bytes)]
        if len(in_text) < len(given):
            in_text, in_html = zip(*map(_for_text_and_html, given), strict=True)
        first = self._head(recipient, values, identity or self._message_id(recipient))
        small = [first, *in_text, *in_html, *self._static, b""]
        return Pieces([group if isinstance(group, bytes) else b"".join(group(small)) for group in self._groups])

    def payload(self, recipient: Recipient, values: Mapping[str, str]) -> dict[str, Any]:
        """Return the message as an API's fields: ``from to subject html text headers reply_to``.

        ``html`` is empty for a text-only variant. ``attachments`` is there when pictures are embedded: dicts of
        ``filename content_type content_id content``, the content in base64. Header values are unfolded.
        """
        filled: dict[str, Any] = {
            "from": _shown_mailbox(self._headers.from_name, self._headers.from_address),
            "to": _shown_mailbox(recipient.name, recipient.address),
            "subject": self._headers.subject,
            "html": _join(self._html, values),
            "text": _join(self._text, values),
            "headers": self._api_headers(recipient, values),
            "reply_to": self._headers.reply_to,
        }
        if self._attachments:
            filled["attachments"] = [dict(attachment) for attachment in self._attachments]
        return filled

    @property
    def size_bytes(self) -> int:
        """Return the size of the message without the reader's own values and header lines."""
        return len(self._constant) + sum(map(len, self._static))

    def _message_id(self, recipient: Recipient) -> str:
        written = recipient.message_id or head.message_id(
            self._headers.edition, recipient.subscriber_id, self._headers.host
        )
        return head.check_message_id(written)

    def _head(self, recipient: Recipient, values: Mapping[str, str | bytes], identity: str) -> bytes:
        name, address = recipient.name, values.get("address")
        if not isinstance(address, bytes):
            address = head.mailbox(name, recipient.address, column=len("To: ")).encode("utf-8")
        elif name and head.is_simple_name(name) and len(name) + len(address) < _SHORT:
            address = b"%b <%b>" % (name.encode("ascii"), address)
        elif name:
            address = head.mailbox(name, recipient.address, column=len("To: ")).encode("utf-8")
        leave = b""
        if self._headers.list_id:
            url = _value(values, "unsubscribe_url")
            if isinstance(url, bytes) and not self._headers.unsubscribe_mailto:
                leave = b"List-Unsubscribe: <%b>\r\n%b" % (url, head.ONE_CLICK)
            else:
                shown = url.decode("ascii") if isinstance(url, bytes) else url
                leave = head.list_unsubscribe(shown, self._headers.unsubscribe_mailto).encode("ascii")
        return b"%bTo: %b\r\nMessage-ID: %b\r\n%bMIME-Version: 1.0\r\n" % (
            self._constant,
            address,
            identity.encode("ascii"),
            leave,
        )

    def _api_headers(self, recipient: Recipient, values: Mapping[str, str]) -> dict[str, str]:
        written = {name: head.unfold(value) for name, value in head.list_lines(self._headers)}
        written.update({name: head.refuse_breaks(name, value) for name, value in self._headers.extra})
        written["Message-ID"] = self._message_id(recipient)
        if self._headers.list_id:
            lines = head.list_unsubscribe(_value(values, "unsubscribe_url"), self._headers.unsubscribe_mailto)
            written.update(_split_lines(lines))
        return written


def _split_lines(lines: str) -> list[tuple[str, str]]:
    split = (written.partition(": ") for written in lines.splitlines())
    return [(name, value) for name, _, value in split]


def compile_message(rendered: Rendered, headers: MailHeaders) -> Encoded:
    """Compile a variant for all of its readers, and prove it by decoding one message again.

    Raises RenderError when a header cannot be written, or when the encoded parts would not decode to the rendered
    text (a fault of ours; better no mail than a damaged one).
    """
    encoded = Encoded(rendered, headers)
    for rendered_part, (texts, slots) in ((rendered.text, encoded._text), (rendered.html, encoded._html)):
        _prove(rendered_part, texts, slots, rendered.slots)
    return encoded


def _prove(original: str, texts: list[str], slots: list[Slot], markers: Mapping[str, str]) -> None:
    if not original:
        return
    body = b"".join(_interleave(texts, [quoted.encode_value(markers[name]) for name, _ in slots]))
    decoded = quopri.decodestring(body).replace(b"\r\n", b"\n")
    if decoded != _ended(original).encode("utf-8", "replace"):
        raise RenderError("The encoded mail does not decode to the rendered text; nothing was sent.")


def _interleave(texts: list[str], values: list[bytes]) -> list[bytes]:
    parts = []
    for index, text in enumerate(texts):
        has_value = index < len(values)
        parts.append(quoted.encode_static(text, before_value=has_value))
        parts.extend(values[index : index + 1])
    return parts


def _ended(text: str) -> str:
    """Return the text with LF line ends and exactly one at its end, so that no part ends in a soft break."""
    return text.replace("\r\n", "\n").rstrip("\n") + "\n"


def _split(text: str, markers: Mapping[str, str], kind: str) -> tuple[list[str], list[Slot]]:
    """Split a text at its slot markers: one more piece than slots."""
    names = {marker: name for name, marker in markers.items()}
    pieces, slots, position = [], [], 0
    found = sorted((index, marker) for marker in names for index in _occurrences(text, marker))
    for index, marker in found:
        pieces.append(text[position:index])
        slots.append((names[marker], kind))
        position = index + len(marker)
    return [*pieces, text[position:]], slots


def _occurrences(text: str, marker: str) -> list[int]:
    found, index = [], text.find(marker)
    while index >= 0:
        found.append(index)
        index = text.find(marker, index + len(marker))
    return found


def ready_address(address: str) -> str | bytes:
    """Return an address as bytes if it may stand as it is wherever a mail names its reader, or else unchanged."""
    if len(address) <= LONGEST_PLAIN and _PLAIN_ADDRESS(address):
        return address.encode("ascii")
    return address


def _for_text_and_html(value: str | bytes) -> tuple[bytes, bytes]:
    """Return a value as it stands in each part, without the soft break behind it."""
    if isinstance(value, bytes):
        return value, value
    if _PLAIN_EVERYWHERE(value):
        plain = value.encode("ascii")
        return plain, plain
    return _bare(value), _bare(escape(value))


def _bare(value: str) -> bytes:
    return quoted.encode_value(value)[: -len(quoted.SOFT_BREAK)]


def _open_group(groups: list[bytes | list[int]]) -> list[int]:
    """Return the group of small pieces at the end, a new one behind a large piece."""
    last = groups[-1]
    if isinstance(last, bytes):
        last = []
        groups.append(last)
    return last


def is_plain(value: str) -> bool:
    """Tell whether a value stands in a mail as it is, in text and in HTML, so that it may be given as bytes."""
    return _PLAIN_EVERYWHERE(value) is not None


def _value(values: Mapping[str, _Value], name: str) -> _Value:
    try:
        return values[name]
    except KeyError:
        raise _no_value(name) from None


def _no_value(name: str) -> RenderError:
    return RenderError(f"The mail needs the reader's {name}, and no value was given for it.")


def _join(split: tuple[list[str], list[Slot]], values: Mapping[str, str]) -> str:
    texts, slots = split
    parts = list(texts[:1])
    for (name, kind), text in zip(slots, texts[1:], strict=True):
        parts += (_ESCAPES[kind](quoted.clean_value(_value(values, name))), text)
    return "".join(parts)


def _shown_mailbox(name: str, address: str) -> str:
    """Return a mailbox for an API, which encodes names itself."""
    spec = head.check_address(address)
    shown = " ".join(quoted.clean_value(name).replace("\t", " ").split())
    if not shown:
        return spec
    escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
    quotes = escaped != shown or any(character in shown for character in "()<>[]:;@,.")
    return f'"{escaped}" <{spec}>' if quotes else f"{shown} <{spec}>"


def _shown_pictures(rendered: Rendered) -> list[tuple[str, bytes]]:
    """Return the embedded pictures this variant's page shows, each once: a variant may print fewer stories."""
    pictures = dict(rendered.attachments)
    return [(name, data) for name, data in pictures.items() if f"cid:{name}" in rendered.html]


def _api_attachment(name: str, data: bytes) -> dict[str, str]:
    return {
        "filename": name,
        "content_type": _content_type(name),
        "content_id": name,
        "content": base64.b64encode(data).decode("ascii"),
    }


def _content_type(name: str) -> str:
    ending = PurePosixPath(name).suffix.lower()
    if ending not in _TYPES:
        raise RenderError(f"The picture {name} is not JPEG, PNG or GIF; mail clients show no other kind.")
    return _TYPES[ending]


def _wire_pieces(
    rendered: Rendered, text: tuple[list[str], list[Slot]], html: tuple[list[str], list[Slot]]
) -> tuple[list[bytes], list[Slot]]:
    """Return the encoded static pieces of the whole body and the slots between them, MIME structure included."""
    texts, slots = _encode_pieces(text)
    texts[0] = _PART.format(kind="plain").encode("ascii") + texts[0]
    if not rendered.html:
        return texts, slots
    outer, inner = (_boundary(rendered, salt) for salt in ("alternative", "related"))
    pages, page_slots = _encode_pieces(html)
    pages[0] = _PART.format(kind="html").encode("ascii") + pages[0]
    pictures = _shown_pictures(rendered)
    if pictures:
        pages[0] = _multipart("related", inner, '; type="text/html"') + pages[0]
        pages[-1] += b"".join(_embedded(name, data, inner) for name, data in pictures)
        pages[-1] += f"\r\n--{inner}--\r\n".encode("ascii")
    texts[0] = _multipart("alternative", outer) + texts[0]
    pages[-1] += f"\r\n--{outer}--\r\n".encode("ascii")
    joint = texts[-1] + f"\r\n--{outer}\r\n".encode("ascii") + pages[0]
    return [*texts[:-1], joint, *pages[1:]], [*slots, *page_slots]


def _encode_pieces(split: tuple[list[str], list[Slot]]) -> tuple[list[bytes], list[Slot]]:
    texts, slots = split
    return [quoted.encode_static(piece, before_value=i < len(slots)) for i, piece in enumerate(texts)], list(slots)


def _multipart(kind: str, boundary: str, more: str = "") -> bytes:
    return f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"{more}\r\n\r\n--{boundary}\r\n'.encode("ascii")


def _boundary(rendered: Rendered, salt: str) -> str:
    """Return a boundary no quoted-printable or base64 line can be: there ``=`` never stands before ``_``."""
    seed = f"{salt}\n{rendered.subject}\n{rendered.text}\n{rendered.html}"
    return "=_" + hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:28]


def _embedded(name: str, data: bytes, boundary: str) -> bytes:
    lines = [
        f"\r\n--{boundary}",
        f"Content-Type: {_content_type(name)}",
        "Content-Transfer-Encoding: base64",
        f"Content-ID: <{name}>",
        f'Content-Disposition: inline; filename="{name}"',
        "",
        base64.encodebytes(data).decode("ascii").rstrip("\n").replace("\n", "\r\n"),
    ]
    return "\r\n".join(lines).encode("ascii")
