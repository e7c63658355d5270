"""Checks a message before it meets a server: what can be refused without asking, and what would do harm."""

from __future__ import annotations

import re
from functools import lru_cache

from digest.model import Fate, Outcome, Outgoing, Pieces
from digest.send.smtp.opening import Offer
from digest.send.smtp.session import size_bytes

# What may stand between < and > without ending the command: no control character, space or bracket. A quoted local
# part with a space or @ is legal (RFC 5321 §4.1.2) and refused here all the same: nobody has one that works.
_SAFE = re.compile(r"[^\x00-\x20<>@\x7f-\x9f]+@[^\x00-\x20<>@\x7f-\x9f]+\Z")
_PLAIN = re.compile(r"[a-zA-Z0-9._+-]+@[a-zA-Z0-9.-]+\Z")


def unfit(message: Outgoing, offer: Offer, *, is_first: bool) -> Outcome | None:
    """Return the outcome of a message that must not be offered to this server, or None if it may.

    The form of the content is looked at once a run: all messages of a run come out of one encoder, and looking
    costs more than sending.
    """
    content = message.content
    if (
        not is_first
        and type(content) is Pieces
        and "SIZE" not in offer.keywords
        and _is_sender(message.sender)
        and _PLAIN.match(message.address)
    ):
        # Nearly all of them.
        return None
    if not isinstance(content, (bytes, Pieces)):
        return _refused(message, "The message is a provider's payload, not mail; it cannot go by SMTP.")
    if not _is_sender(message.sender):
        return _refused(message, f"The sender {message.sender!r} is no mail address for an envelope.")
    if not _SAFE.match(message.address):
        return Outcome(message.subscriber_id, Fate.REJECTED, message.fence, "501", "5.1.3 not a mail address")
    if not message.address.isascii() and not offer.has("SMTPUTF8"):
        reply = "5.6.7 the address has letters outside ASCII and the server does not offer SMTPUTF8"
        return Outcome(message.subscriber_id, Fate.REJECTED, message.fence, "553", reply)
    if offer.size_bytes and (size := size_bytes(message)) > offer.size_bytes:
        return _refused(message, f"The message has {size} bytes and the server takes {offer.size_bytes} at most.")
    if is_first and not has_wire_form(bytes(content)):
        return _refused(message, "The message holds a bare line end, or a line that begins with a dot.")
    return None


@lru_cache(maxsize=16)
def _is_sender(address: str) -> bool:
    return address.isascii() and _SAFE.match(address) is not None


def has_wire_form(content: bytes) -> bool:
    """Tell whether content may go into DATA as it is: CRLF line ends only, and no line that begins with a dot."""
    lines = content.count(b"\r\n")
    clean = content.count(b"\n") == lines == content.count(b"\r")
    return clean and not content.startswith(b".") and b"\n." not in content


def _refused(message: Outgoing, reply: str) -> Outcome:
    return Outcome(message.subscriber_id, Fate.REFUSED, message.fence, "", reply)
