"""Find out whom a link in a mail speaks of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa
from fastapi import Response

from subscribers.address import masked
from subscribers.database import reading, writing
from subscribers.errors import BadToken, UnknownSubscriber
from subscribers.lists import find_list_by_number, unsubscribe
from subscribers.model import List, Subscriber, Subscription, SubscriptionStatus
from subscribers.store import find_subscription, get_subscriber
from subscribers.tokens import Purpose, Token, verify
from subscribers.web.site import Context


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a token speaks of: the list, the person if we still know them, and how they stand to it."""

    list: List
    id: int
    person: Subscriber | None
    standing: Subscription | None

    @property
    def is_on_list(self) -> bool:
        """Tell whether there is anything to leave."""
        return self.standing is not None and self.standing.status is not SubscriptionStatus.ENDED

    @property
    def masked(self) -> str:
        """Return the address as it may be shown to whom the mail was forwarded; empty when we know none."""
        return masked(self.person.address) if self.person else ""


def read_link(context: Context, purpose: Purpose, token: str) -> Reader:
    """Return whom a token speaks of, changing nothing; raises BadToken."""
    found = verify(context.keys, purpose, token, now=context.clock())
    with reading(context.engine) as conn:
        return _reader(conn, found)


def leave_by_link(context: Context, purpose: Purpose, token: str) -> Reader:
    """Unsubscribe whom a token speaks of and return how they stood before, which is not at all if another request was
    quicker; raises BadToken.
    """
    now = context.clock()
    found = verify(context.keys, purpose, token, now=now)
    with writing(context.engine) as conn:
        reader = _reader(conn, found)
        has_left = unsubscribe(conn, reader.id, reader.list.id, now=now, keys=context.keys)
    return reader if has_left else replace(reader, standing=None)


def _reader(conn: sa.Connection, token: Token) -> Reader:
    wanted = find_list_by_number(conn, token.list_number)
    if wanted is None:
        raise BadToken("There is no such newsletter any more.", "forgotten")
    try:
        person = get_subscriber(conn, token.subscriber_id)
    except UnknownSubscriber:
        return Reader(wanted, token.subscriber_id, None, None)
    return Reader(wanted, person.id, person, find_subscription(conn, person.id, wanted.id))


def left_page(context: Context, reader: Reader) -> Response:
    """Return the page that says who left which list, the address masked."""
    return context.page("left.html", context.say("You are unsubscribed"), list=reader.list, masked=reader.masked)
