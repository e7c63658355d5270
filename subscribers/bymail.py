"""Leave by mail: find the reader's token in a message to the unsubscribe mailbox (RFC 2369 section 3.2)."""

from __future__ import annotations

import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses

import sqlalchemy as sa

from subscribers.errors import BadToken
from subscribers.lists import find_list_by_number, unsubscribe
from subscribers.tokens import KeyRing, Purpose, Token, verify

MAX_BYTES = 1_000_000
_RECIPIENT = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_WORD = re.compile(r"[A-Za-z0-9_-]{20,120}")


def leave_by_mail(conn: sa.Connection, message: bytes, *, now: datetime, keys: KeyRing) -> bool | None:
    """Unsubscribe whom a message's token names; tells whether that changed anything, None when it names nobody.

    Subject and body may say anything. What a machine sent by itself is passed over (RFC 3834): an out-of-office reply
    to a newsletter must not unsubscribe its reader.
    """
    found = read_leaving(message, now=now, keys=keys)
    wanted = find_list_by_number(conn, found.list_number) if found else None
    if found is None or wanted is None:
        return None
    return unsubscribe(conn, found.subscriber_id, wanted.id, now=now, keys=keys)


def read_leaving(message: bytes, *, now: datetime, keys: KeyRing) -> Token | None:
    """Return the unsubscribe token in a message's recipients or subject, or None."""
    parsed = message_from_bytes(message[:MAX_BYTES], policy=policy.compat32)
    if _text(parsed, "Auto-Submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return None
    # One by one: newer Pythons give nothing at all when one of several is empty or wrong.
    values = [str(value) for name in _RECIPIENT for value in parsed.get_all(name, [])]
    addresses = [found for value in values for found in getaddresses([value])]
    tags = [address.rpartition("@")[0].partition("+")[2] for _name, address in addresses]
    for word in (*tags, *_WORD.findall(_text(parsed, "Subject"))):
        try:
            return verify(keys, Purpose.UNSUBSCRIBE, word, now=now)
        except BadToken:
            continue
    return None


def _text(message: Message, name: str) -> str:
    return " ".join(str(each) for each in message.get_all(name, []))
