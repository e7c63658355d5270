"""Decides what a server's refusal means, and when to try again. Pure.

The classes follow RFC 5321 §4.2.1 (first digit), RFC 3463 (enhanced status) and RFC 4954 (login).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from digest.model import Fate

FIRST_WAIT_S = 300.0
"""Greylisting asks for 5 to 15 minutes before the first retry (RFC 6647 §5); jitter makes it 4 to 6."""

LONGEST_WAIT_S = 3600.0
"""Further waits double up to this. News is stale soon, so an hour is long."""

JITTER = 0.2

MAX_ATTEMPTS = 12
"""Ends what no deadline ends: about seven hours of trying."""


class Step(StrEnum):
    """Where in a mail's transaction a reply came."""

    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    CONTENT = "the end of the message"


def classify(step: Step, code: int, enhanced: str = "") -> Fate:
    """Return the fate of a message whose step was answered with this code and enhanced status.

    Only a good answer to its end accepts a message: before that, one out of turn is no word on which to rely.
    A refused sender is our fault; a refused recipient is rejected, unless the status says that policy or something
    other than the address refused (5.3, 5.6, 5.7): then the message failed and the address is not to blame.
    """
    if 200 <= code < 300 and step is Step.CONTENT:
        return Fate.ACCEPTED
    if not 500 <= code < 600:
        return Fate.DEFERRED
    if step is Step.MAIL:
        # 552 and 5.3.4: too large; 5.7.x: we may not send as this sender. Both hold for every reader.
        return Fate.REFUSED
    if step is Step.RCPT and not enhanced.startswith(("5.3", "5.6", "5.7")):
        return Fate.REJECTED
    return Fate.FAILED


def wait_s(attempts: int, jitter: Callable[[], float]) -> float:
    """Return the seconds until the next try after so many; ``jitter`` gives a number from 0 to 1."""
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** max(0, attempts - 1))
    return wait * (1 - JITTER + 2 * JITTER * jitter())
