"""Forgets what is due: once an hour from the schedule, with all that the store keeps about the people forgotten."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

import subscribers
from digest import store
from digest.newsroom import Newsroom


def keep_house(newsroom: Newsroom) -> None:
    """Forget unanswered sign-ups, and what the newsroom's rules of retention name; too early, it does nothing."""
    now = newsroom.clock()
    with newsroom.writing() as conn:
        on_forget = erase_traces(newsroom)
        kept = subscribers.keep_house(conn, newsroom.settings.retention.rules, now=now, on_forget=on_forget)
        if kept is not None and kept.is_anything:
            words = f"{kept.unconfirmed} unanswered, {kept.ended} long gone, {kept.addresses} IP addresses"
            store.log(conn, now, "forgotten", words)


def erase_traces(newsroom: Newsroom) -> Callable[[Connection, int], None]:
    """Return what erases a person's traces in the ledger, inside the transaction that forgets them."""

    def erase(conn: Connection, subscriber_id: int) -> None:
        editions = [stored.id for stored in store.iter_editions(conn)]
        store.erase_deliveries(conn, subscriber_id, editions, now=newsroom.clock())

    return erase
