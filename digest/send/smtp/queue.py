"""What a run still has to send, in the order the throttle allows. Knows no connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from digest.model import Outgoing
from digest.send.throttle import Throttle

HORIZON_S = 0.5
"""How far ahead of its moment a message may be announced, so that its envelope costs no round trip of its own."""

MOST_PARKED = 500
"""How many messages may wait for their domains before nothing more is taken: one batch of claims."""


class Queue:
    """Messages to send again, and messages parked until their domain may have them; the rest is pulled on demand."""

    def __init__(self, first: Iterable[Outgoing], throttle: Throttle) -> None:
        self._throttle = throttle
        self._again: deque[Outgoing] = deque(first)
        self._parked: dict[str, deque[Outgoing]] = {}
        self._count = 0
        self.wake_at = 0.0

    def __len__(self) -> int:
        """Return how many messages wait here."""
        return len(self._again) + self._count

    def append(self, message: Outgoing) -> None:
        """Take a message to be sent again."""
        self._again.append(message)

    def next(self, pull: Callable[[], Outgoing | None], now: float) -> tuple[Outgoing, float] | None:
        """Return a message and the moment it may leave (at most ``HORIZON_S`` ahead), or None for now.

        With None, ``wake_at`` is when to ask again; 0 when time alone brings nothing.
        """
        if not self._throttle.is_active:
            message = self._again.popleft() if self._again else pull()
            return None if message is None else (message, 0.0)
        self.wake_at = 0.0
        latest = now + HORIZON_S
        all_due = self._throttle.all_due(now)
        if all_due > latest:
            self.wake_at = all_due - HORIZON_S
            return None
        return self._parked_one(latest, now) or self._fresh_one(pull, latest, now)

    def _parked_one(self, latest: float, now: float) -> tuple[Outgoing, float] | None:
        for domain, waiting in self._parked.items():
            if self._throttle.due(domain, now) <= latest:
                message = waiting.popleft()
                self._count -= 1
                if not waiting:
                    del self._parked[domain]
                return message, self._throttle.take(domain, now)
        return None

    def _fresh_one(
        self, pull: Callable[[], Outgoing | None], latest: float, now: float
    ) -> tuple[Outgoing, float] | None:
        while self._count < MOST_PARKED:
            message = self._again.popleft() if self._again else pull()
            if message is None:
                break
            domain = domain_of(message)
            if domain not in self._parked and self._throttle.due(domain, now) <= latest:
                return message, self._throttle.take(domain, now)
            self._parked.setdefault(domain, deque()).append(message)
            self._count += 1
        if self._parked:
            self.wake_at = min(self._throttle.due(domain, now) for domain in self._parked) - HORIZON_S
        return None


def domain_of(message: Outgoing) -> str:
    """Return the domain a message goes to, in lower case."""
    return message.address.rpartition("@")[2].lower()
