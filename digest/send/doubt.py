"""Judges refusals that come before the first acceptance: are they about the readers, or about us? Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.model import Claim, Fate, Outcome

HOPELESS = 20
"""So many messages failed before the first was accepted: the send need not try more to know that it is us."""

DEAD_AHEAD = 100
"""So many mailboxes that are said not to be there may come before the first acceptance: old lists begin with them."""

# A refusal that names the mailbox (RFC 3463 §3.2 and 3.3), or an address that is none (§3.7). A bare 550 may mean us.
_OF_MAILBOX = re.compile(r"(?:5\d\d[ -])?5\.(?:1\.(?:[1-6]|10)|2\.[0-4]|6\.7)\b")

Doubtful = tuple[Claim, Outcome]


def is_doubtful(outcome: Outcome) -> bool:
    """Tell whether an outcome says little about its reader as long as nobody was accepted."""
    return outcome.fate in (Fate.FAILED, Fate.REJECTED)


def are_hopeless(doubtful: Sequence[Doubtful]) -> bool:
    """Tell whether so many refusals and no acceptance can only be our fault."""
    return len(doubtful) >= DEAD_AHEAD or len(unclear(doubtful)) >= HOPELESS


def unclear(doubtful: Sequence[Doubtful]) -> list[Doubtful]:
    """Return those whose refusal may be about us: it names no mailbox. A provider's word about a reader is clear."""
    return [(claim, outcome) for claim, outcome in doubtful if not _is_of_mailbox(outcome)]


def _is_of_mailbox(outcome: Outcome) -> bool:
    is_smtp = outcome.code.startswith("5")
    return outcome.fate is Fate.REJECTED and (not is_smtp or _OF_MAILBOX.match(outcome.reply) is not None)
