"""The words products use for how somebody stands to a list, and ours for them."""

from __future__ import annotations

from subscribers.transfer.row import RowError, RowStatus

_WORDS = {
    RowStatus.ACTIVE: "active subscribed enabled confirmed opted-in optin optedin yes true 1 premium free paid regular "
    "gifted trialing member",
    RowStatus.PENDING: "pending unconfirmed unactivated waiting",
    RowStatus.UNSUBSCRIBED: "unsubscribed inactive opted-out optout optedout unsub cancelled canceled left removed "
    "disabled deleted deactivated ended no false 0 archived",
    RowStatus.BOUNCED: "bounced cleaned undeliverable hard-bounced hardbounced bounce undeliverable",
    RowStatus.COMPLAINED: "complained complaint spam junk abuse reported",
    RowStatus.BLOCKED: "blocked blocklisted blacklisted suppressed banned",
}
_STATUSES = {word: status for status, words in _WORDS.items() for word in words.split()}

YES = frozenset(("yes", "true", "1", "y", "t", "x", "ja", "oui", "si"))
NO = frozenset(("no", "false", "0", "n", "f", "", "nein", "non"))


def read_status(text: str) -> RowStatus:
    """Return the status a cell names, active when it is empty; raises RowError for a word nobody knows.

    An unknown word might mean that somebody left: mailing them would be worse than asking.
    """
    word = text.strip().lower().replace(" ", "-").replace("_", "-")
    if not word:
        return RowStatus.ACTIVE
    status = _STATUSES.get(word)
    if status is None:
        raise RowError(f"the status {text.strip()!r} is not known: write active, pending, unsubscribed or bounced")
    return status


def is_yes(text: str) -> bool:
    """Tell whether a cell says yes; raises RowError when it says neither yes nor no."""
    word = text.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise RowError(f"{text.strip()!r} is neither yes nor no")
