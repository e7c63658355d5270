"""What the store keeps about people beside their lists: shown to them, and forgotten with them.

The schedule forgets once an hour what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

import subscribers
from digest import store
from digest.model import said
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
        store.erase_deliveries(conn, subscriber_id, list(store.edition_names(conn)), now=newsroom.clock())

    return erase


def traces(conn: Connection, subscriber_id: int) -> Mapping[str, object]:
    """Return a person's traces in the ledger as plain values: which editions went to them, and how that ended."""
    names = store.edition_names(conn)
    told = [
        {
            "edition": str(names[edition_id]),
            "address": line.recipient.address,
            "state": line.state.name.lower(),
            "at": line.at.isoformat() if line.at else None,
            "reply": said(line.code, line.reply) if line.code or line.reply else "",
        }
        for edition_id, line in store.deliveries_to(conn, subscriber_id, list(names))
    ]
    return {"deliveries": told}
