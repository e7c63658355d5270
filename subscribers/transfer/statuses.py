"""The words products use for how somebody stands to a list, and ours for them."""

from __future__ import annotations

from subscribers.transfer.row import RowError, RowStatus

_WORDS = {
    # Mail that bounced softly may arrive tomorrow.
    RowStatus.ACTIVE: "active subscribed enabled confirmed opted-in optin opt-in optedin yes true 1 premium free paid "
    "regular gifted trialing member valid verified soft-bounced soft-bounce softbounced softbounce",
    RowStatus.PENDING: "pending unconfirmed unactivated waiting",
    RowStatus.UNSUBSCRIBED: "unsubscribed inactive opted-out optout opt-out optedout unsub unsubscribe cancelled "
    "canceled left removed disabled deleted deactivated ended no false 0 archived non-subscribed nonsubscribed "
    "not-subscribed never-subscribed",
    RowStatus.BOUNCED: "bounced cleaned undeliverable hard-bounced hardbounced hard-bounce hardbounce bounce",
    RowStatus.COMPLAINED: "complained complaint spam junk abuse reported spam-complaint spam-complained spam-reported "
    "spam-report marked-as-spam reported-as-spam reported-spam",
    RowStatus.BLOCKED: "blocked blocklisted blacklisted blocklist blacklist suppressed banned spammy",
}
_STATUSES = {word: status for status, words in _WORDS.items() for word in words.split()}

YES = frozenset(("yes", "true", "1", "y", "t", "x", "ja", "oui", "si"))
NO = frozenset(("no", "false", "0", "n", "f", "", "nein", "non"))


def find_status(text: str) -> RowStatus | None:
    """Return the status a word names, or None when nobody knows it."""
    return _STATUSES.get("-".join(text.lower().replace("_", " ").replace("-", " ").split()))


def read_status(text: str) -> RowStatus | None:
    """Return the status a cell names, None when it is empty; raises RowError for a word nobody knows.

    An unknown word might mean that somebody left: mailing them would be worse than asking.
    """
    if not text.strip():
        return None
    status = find_status(text)
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
