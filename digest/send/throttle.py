"""How fast mail may leave: a rate for all of it, one for each receiving domain, halved when a server asks for it.

Pure: times are seconds handed in, nothing sleeps. A place in time is reserved for each message, so that its envelope
may travel ahead of its moment and the connection loses no round trip by waiting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

SLACK_S = 0.01
"""A moment missed by no more than this is caught up with; more would come as a burst that servers refuse."""

SHARE = 0.97
"""The share of an allowed rate that is used: two clocks never count the same second."""

RECOVER_AFTER_S = 30.0
"""How long a slowed rate must go well before it grows by a tenth: servers count in minutes."""

RECOVERY = 1.1
SLOWEST = 0.1
"""Messages a second below which nobody is slowed: one in ten seconds."""

_ONCE_IN_S = 5.0
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_NEVER = float("inf")


def asks_to_slow_down(code: str, reply: str) -> bool:
    """Tell whether a reply is about our pace: an enhanced 4.7.x, 454 (a provider's throttle) or a bare 421.

    RFC 5321 §3.8, RFC 3463 §3.8. A server that goes down (421 4.3.2) or a full mailbox (4.2.2) asks for nothing.
    """
    status = _STATUS.search(reply[:20])
    if status is None:
        return code in ("421", "454")
    return status[0].startswith("4.7.")


def concerns_all(code: str) -> bool:
    """Tell whether such a reply holds for all our mail and not for one receiving domain alone."""
    return code in ("421", "454")


@dataclass(slots=True)
class Bucket:
    """One rate. ``ceiling`` is the most ever allowed (infinite: no limit), ``rate`` what is allowed now."""

    ceiling: float = _NEVER
    rate: float = field(default=_NEVER)
    next_at: float = 0.0
    changed_at: float = float("-inf")

    def due(self, now: float) -> float:
        """Return when the next message may leave."""
        return now if self.rate == _NEVER else max(self.next_at, now - SLACK_S)

    def take(self, due: float, now: float) -> None:
        """Reserve a moment."""
        if self.rate != _NEVER:
            self.next_at = due + 1.0 / (self.rate * SHARE)
            self._recover(now)

    def slow_down(self, now: float, seen: float) -> None:
        """Halve the rate, or the one seen if there is none; once in a few seconds: one cause brings many replies."""
        if now - self.changed_at < _ONCE_IN_S:
            return
        self.rate = max(SLOWEST, (seen if self.rate == _NEVER else self.rate) / 2)
        self.next_at = max(self.next_at, now) + 1.0 / self.rate
        self.changed_at = now

    def _recover(self, now: float) -> None:
        if self.rate < self.ceiling and now - self.changed_at >= RECOVER_AFTER_S:
            self.rate = min(self.ceiling, self.rate * RECOVERY)
            self.changed_at = now


class Throttle:
    """The rates of one run: ``rate`` for all mail (0: no limit), ``domains`` for single receiving domains."""

    def __init__(self, rate: float = 0.0, domains: Mapping[str, float] | None = None) -> None:
        self._all = _bucket(rate)
        self._domains = {name.lower(): _bucket(limit) for name, limit in (domains or {}).items()}
        self.is_active = bool(rate or self._domains)

    def due(self, domain: str, now: float) -> float:
        """Return when a message to the domain may leave at the earliest."""
        bucket = self._domains.get(domain)
        due = self._all.due(now)
        return due if bucket is None else max(due, bucket.due(now))

    def take(self, domain: str, now: float) -> float:
        """Reserve that moment and return it."""
        due = self.due(domain, now)
        self._all.take(due, now)
        bucket = self._domains.get(domain)
        if bucket is not None:
            bucket.take(due, now)
        return due

    def all_due(self, now: float) -> float:
        """Return when any message may leave at the earliest, whatever its domain."""
        return self._all.due(now)

    def slow_down(self, domain: str, code: str, now: float, *, seen: float) -> None:
        """Take a server's word that we are too fast; ``seen`` is how many messages a second went out."""
        self.is_active = True
        bucket = self._all if concerns_all(code) else self._domains.setdefault(domain, Bucket())
        bucket.slow_down(now, seen)

    def rate_of(self, domain: str = "") -> float:
        """Return the rate allowed now for a domain, or for all mail; infinite without a limit."""
        bucket = self._domains.get(domain, self._all) if domain else self._all
        return bucket.rate


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How a new sender grows: ``first`` messages on the day ``since``, ``factor`` times as many each day after."""

    since: date
    first: int
    factor: float = 1.5

    def allowed(self, today: date) -> int:
        """Return how many messages may leave on a day; none before the plan begins."""
        days = (today - self.since).days
        return 0 if days < 0 else int(self.first * self.factor ** min(days, 365))

    def rate(self, today: date, *, hours: float) -> float:
        """Return the messages a second that spread a day's allowance over so many hours."""
        return max(self.allowed(today), 1) / (hours * 3600)


def _bucket(rate: float) -> Bucket:
    return Bucket(rate, rate) if rate else Bucket()
