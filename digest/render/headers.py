"""Writes the header lines of a mail, one serializer a kind, because no single folding rule fits them all.

The standard library turns a List-Unsubscribe URL over 74 characters into encoded-words, which mailboxes cannot
read (python/cpython#85725), and with a longer line it writes encoded-words over their limit. So: URLs and ids stay
whole on one line, display names and the subject are folded by RFC 2047, and a line break in a value is refused.
"""

from __future__ import annotations

import base64
import hashlib
import re
from base64 import b32encode, urlsafe_b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

import idna

from digest.errors import BadRecipient, RenderError

URL_LIMIT = 74
"""Longest unsubscribe URL that relays built on common libraries leave alone when they write the header anew."""

ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
"""The line that lets a mailbox leave a list by itself (RFC 8058 §3.1)."""

_LINE = 76
_ADDRESS_MAXIMUM = 320  # 64 octets, @ and 255 octets: RFC 5321 §4.5.3.1
_LINE_MAXIMUM = 998  # RFC 5322 §2.1.1, without CRLF
_WORD_MAXIMUM = 75  # RFC 2047 §2
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SAFE = re.compile(r"[ -~]*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_URL = re.compile(r"https?://[!#-;=?-Z\]\[_a-z~]+\Z")
_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]+@[A-Za-z0-9.-]+\Z")
_SIMPLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9'-]*(?: [A-Za-z0-9][A-Za-z0-9'-]*){0,4}\Z")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>\Z")
# Before the @ may stand what is an atom's in ASCII, and whatever is not ASCII (RFC 6531 §3.3).
_UTF8_ADDRESS = re.compile(r"(?:[!#-'*+\-/-9=?A-Z^-~.]|[^\x00-\x9f\u2028\u2029\ud800-\udfff])+@[A-Za-z0-9.-]+\Z")
_QUOTED_ADDRESS = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"@[A-Za-z0-9.-]+\Z')


@dataclass(frozen=True, slots=True)
class MailHeaders:
    """What the header lines of one edition say; the same for all of its readers.

    ``date`` is aware. ``host`` is the domain after the @ of Message-IDs. ``list_id`` without a dot gets the host
    behind it; empty, the mail is no list mail (a confirmation, say). ``edition`` is the written edition key.
    ``unsubscribe_mailto`` is a mailbox somebody reads: ``{token}`` in it is replaced by the reader's token, which
    else stands in the subject. ``extra`` lines go out as they are, checked for line breaks.
    """

    from_name: str
    from_address: str
    subject: str
    list_id: str
    list_name: str
    date: datetime
    host: str
    reply_to: str = ""
    edition: str = ""
    unsubscribe_mailto: str = ""
    extra: Sequence[tuple[str, str]] = ()


def message_id(edition: str, subscriber_id: int, host: str) -> str:
    """Return the Message-ID, in its angle brackets, of one edition to one reader; the same at every retry."""
    return message_ids(edition, host)(subscriber_id)


def message_ids(edition: str, host: str) -> Callable[[int], str]:
    """Return what gives each reader's ``message_id`` of an edition: what they share is hashed once."""
    start, end = f"<{_readable(edition)}.", f"@{host}>"
    common = hashlib.blake2s(f"{edition}\n".encode(), digest_size=12)

    def identity(subscriber_id: int) -> str:
        own = common.copy()
        own.update(b"%d" % subscriber_id)
        return f"{start}{own.hexdigest()}{end}"

    return identity


@lru_cache(maxsize=64)
def _readable(edition: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", ".", edition).strip(".") or "message"


def url_warning(url: str) -> str | None:
    """Return what is wrong with an unsubscribe URL that is legal but will not survive every relay, or None."""
    if len(url) <= URL_LIMIT:
        return None
    return (
        f"The unsubscribe URL has {len(url)} characters; over {URL_LIMIT} some relays rewrite it so that mailboxes "
        "show no unsubscribe button. Use a shorter host name in site.url."
    )


def refuse_breaks(name: str, value: str) -> str:
    """Return the value; raises RenderError when it holds a line break or another control character."""
    if _CONTROL.search(value):
        raise RenderError(f"Header {name} would hold a line break or control character: {value!r}. Remove it.")
    return value


def line(name: str, value: str) -> bytes:
    """Return one header line that is never folded nor encoded; raises RenderError when it cannot be written so."""
    refuse_breaks(name, value)
    written = f"{name}: {value}"
    if not _SAFE.match(value):
        raise RenderError(f"Header {name} may hold ASCII only: {value!r}.")
    if len(written) > _LINE_MAXIMUM:
        raise RenderError(f"Header {name} has {len(written)} characters; RFC 5322 allows {_LINE_MAXIMUM} a line.")
    return written.encode("ascii") + b"\r\n"


def text_line(name: str, value: str) -> bytes:
    """Return a header line of free text (a subject), folded at 76 columns, encoded by RFC 2047 where needed."""
    refuse_breaks(name, value)
    column = len(name) + 2
    folded = _fold_plain(value, column) if _is_plain(value) else _fold_encoded(value, column)
    return f"{name}: {folded}\r\n".encode("ascii")


def is_simple_name(name: str) -> bool:
    """Tell whether a display name stands in a header as it is, as nearly all do."""
    return _SIMPLE_NAME.match(name) is not None


def mailbox(name: str, address: str, *, column: int) -> str:
    """Return ``name <address>`` for a header, folded; the address alone when the name is empty.

    Control characters of a name become spaces: it is the reader's own. A bad address raises BadRecipient. Only the
    local part of the address may hold letters outside ASCII (see ``check_address``).
    """
    spec = check_address(address)
    if is_simple_name(name) and column + len(name) + len(spec) + 3 <= _LINE:
        return f"{name} <{spec}>"
    shown = " ".join(_CONTROL.sub(" ", name).split())
    if not shown:
        return spec
    phrase = _phrase(shown, column)
    last = phrase.rsplit("\r\n", 1)[-1]
    used = len(last) + (column if "\r\n" not in phrase else 0)
    return f"{phrase} <{spec}>" if used + len(spec) + 3 <= _LINE else f"{phrase}\r\n <{spec}>"


def check_address(address: str) -> str:
    """Return the address as a header may hold it, its domain as A-labels (RFC 5890); raises BadRecipient.

    A local part beyond ASCII stays as it is: such a header is UTF-8 and needs a server with SMTPUTF8 (RFC 6532).
    """
    if _ADDRESS.match(address) and len(address) <= _ADDRESS_MAXIMUM:
        return address
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError as problem:
            raise BadRecipient(f"The domain of {address!r} is not a valid name: {problem}.") from problem
    whole = f"{local}{at}{domain}"
    if not (_UTF8_ADDRESS.match(whole) or _QUOTED_ADDRESS.match(whole)) or len(whole.encode()) > _ADDRESS_MAXIMUM:
        raise BadRecipient(f"{address!r} cannot stand in a mail header: it is no mail address.")
    return whole


def check_message_id(written: str) -> str:
    """Return a Message-ID in its angle brackets; raises RenderError when it could not stand in a header."""
    identity = written if written.startswith("<") else f"<{written}>"
    if not _MESSAGE_ID.match(identity):
        raise RenderError(f"{written!r} cannot be a Message-ID.")
    return identity


def is_plain_url(url: str) -> bool:
    """Tell whether a URL may stand in List-Unsubscribe, and in a mail's text and HTML, as it is."""
    return _URL.match(url) is not None and "&" not in url and "'" not in url


def list_unsubscribe(url: str, mailto: str) -> str:
    """Return the lines List-Unsubscribe, never folded, and List-Unsubscribe-Post (RFC 2369, RFC 8058 §3.1)."""
    if not _URL.match(url):
        raise RenderError(f"The unsubscribe URL {url!r} is not a plain http(s) URL; check site.url.")
    value = f"<{url}>"
    if mailto:
        value += f", <mailto:{_leave_by_mail(refuse_breaks('List-Unsubscribe', mailto), url.rpartition('/')[2])}>"
    written = f"List-Unsubscribe: {value}"
    if len(written) > _LINE_MAXIMUM:
        raise RenderError(f"Header List-Unsubscribe has {len(written)} characters; {_LINE_MAXIMUM} are allowed.")
    return f"{written}\r\n{ONE_CLICK.decode('ascii')}"


def _leave_by_mail(mailto: str, token: str) -> str:
    if "{token}" in mailto:
        return mailto.replace("{token}", _without_case(token)) + "?subject=unsubscribe"
    return f"{mailto}?subject=unsubscribe%20{token}"


def _without_case(token: str) -> str:
    """Write a link's token in base32: some relays change the case of an address, which base64url does not survive."""
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return b32encode(raw).decode("ascii").rstrip("=").lower()


def list_lines(headers: MailHeaders) -> list[tuple[str, str]]:
    """Return the constant header values that mark list mail: List-Id (RFC 2919) and Feedback-ID."""
    if not headers.list_id:
        return []
    identifier = headers.list_id if "." in headers.list_id else f"{headers.list_id}.{headers.host}"
    name = _phrase(headers.list_name, len("List-Id: ")) if headers.list_name else ""
    made = [("List-Id", f"{name} <{identifier}>" if name else f"<{identifier}>")]
    if headers.edition:
        sender = re.sub(r"[^a-z0-9]", "", headers.host.lower())[:15] or "digest"
        made.append(("Feedback-ID", f"{headers.edition.replace(':', '.')}:{headers.list_id}:edition:{sender}"))
    return made


def unfold(value: str) -> str:
    """Return a folded header value on one line (RFC 5322 §2.2.3)."""
    return value.replace("\r\n", "")


def constant_lines(headers: MailHeaders) -> bytes:
    """Return the header lines all readers of an edition share, each ended by CRLF."""
    refuse_breaks("List-Id", headers.list_name)
    if headers.date.tzinfo is None:
        raise RenderError("The Date header needs an aware time.")
    if not headers.from_address.isascii():
        raise RenderError(f"The sender's address {headers.from_address!r} has letters outside ASCII; use one without.")
    sender = mailbox(refuse_breaks("From", headers.from_name), headers.from_address, column=len("From: "))
    lines = [
        f"From: {sender}\r\n".encode("ascii"),
        text_line("Subject", headers.subject),
        line("Date", format_datetime(headers.date)),
    ]
    if headers.reply_to:
        lines.append(line("Reply-To", check_address(headers.reply_to)))
    for name, value in list_lines(headers):
        lines.append(f"{name}: {value}\r\n".encode("ascii"))
    for name, value in headers.extra:
        if not re.fullmatch(r"[!-9;-~]+", name):
            raise RenderError(f"{name!r} cannot be the name of a header.")
        lines.append(text_line(name, value) if not _SAFE.match(value) else line(name, value))
    return b"".join(lines)


def _is_plain(value: str) -> bool:
    if not _SAFE.match(value) or "=?" in value or value != " ".join(value.split(" ")).strip():
        return False
    return "  " not in value and all(len(word) <= 60 for word in value.split(" "))


def _fold_plain(value: str, column: int) -> str:
    folded, used = "", column
    for word in value.split(" "):
        if folded and used + 1 + len(word) > _LINE:
            folded, used = f"{folded}\r\n {word}", 1 + len(word)
        elif folded:
            folded, used = f"{folded} {word}", used + 1 + len(word)
        else:
            folded, used = word, used + len(word)
    return folded


def _phrase(name: str, column: int) -> str:
    """Return a display name: atoms, a quoted string, or encoded-words (RFC 5322 §3.2.5, RFC 2047 §5)."""
    if _is_plain(name) and _ATOMS.match(name):
        return _fold_plain(name, column)
    if _is_plain(name) and len(name) + column < _LINE - 4:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return _fold_encoded(name, column)


def _fold_encoded(value: str, column: int) -> str:
    """Return the value as encoded-words of at most 75 characters, none cutting a character in two."""
    words: list[str] = []
    room = _LINE - column
    rest = value.encode("utf-8", "replace").decode("utf-8")
    while rest:
        word, taken = _encoded_word(rest, min(room, _WORD_MAXIMUM))
        words.append(word)
        rest = rest[taken:]
        room = _LINE - 1
    return "\r\n ".join(words)


def _encoded_word(text: str, room: int) -> tuple[str, int]:
    """Return the longest encoded-word that fits in the room, and how many characters it took (at least one)."""
    quoted, quoted_taken = "", 0
    for character in text:
        piece = _quote(character)
        if quoted_taken and len(quoted) + len(piece) > room - 12:
            break
        quoted, quoted_taken = quoted + piece, quoted_taken + 1
    size, base_taken = 0, 0
    for character in text:
        size += len(character.encode("utf-8"))
        if base_taken and (size + 2) // 3 * 4 > room - 12:
            break
        base_taken += 1
    if quoted_taken >= base_taken:
        return f"=?utf-8?q?{quoted}?=", quoted_taken
    based = base64.b64encode(text[:base_taken].encode("utf-8")).decode("ascii")
    return f"=?utf-8?b?{based}?=", base_taken


def _quote(character: str) -> str:
    if character == " ":
        return "_"
    if character.isascii() and (character.isalnum() or character in "!*+-/"):
        return character
    return "".join(f"={byte:02X}" for byte in character.encode("utf-8"))
