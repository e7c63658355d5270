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
        self._announced: set[int] = set()
        self._count = 0
        self.wake_at = 0.0

    def __len__(self) -> int:
        """Return how many messages wait here."""
        return len(self._again) + self._count

    @property
    def is_paced(self) -> bool:
        """Tell whether messages must wait for their moment at all."""
        return self._throttle.is_active

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing waits here nor has to: the next message may be taken straight from its source."""
        return not (self._again or self._count or self._throttle.is_active)

    def append(self, message: Outgoing) -> None:
        """Take a message to be sent again."""
        self._again.append(message)

    def next(self, pull: Callable[[], Outgoing | None], now: float) -> Outgoing | None:
        """Return a message whose moment is at most ``HORIZON_S`` ahead, or None for now.

        With None, ``wake_at`` is when to ask again; 0 when time alone brings nothing. What is returned counts as
        announced until ``wait_s`` or ``forget`` is called for it.
        """
        if not self._throttle.is_active:
            return self._again.popleft() if self._again else pull()
        self.wake_at = 0.0
        latest = now + HORIZON_S
        all_due = self._throttle.all_due(now) + len(self._announced) / self._throttle.rate_of()
        if all_due > latest:
            self.wake_at = all_due - HORIZON_S
            return None
        message = self._parked_one(latest, now) or self._fresh_one(pull, latest, now)
        if message is not None:
            self._announced.add(message.subscriber_id)
        return message

    def wait_s(self, message: Outgoing, now: float) -> float:
        """Reserve the next moment for an announced message and return how long it must wait for it.

        Reserved now and not when it was announced: what a slow server held up must not follow in a burst.
        """
        if not self._throttle.is_active:
            return 0.0
        self.forget(message)
        return max(0.0, self._throttle.take(domain_of(message), now) - now)

    def forget(self, message: Outgoing) -> None:
        """Take note that an announced message needs no moment any more."""
        self._announced.discard(message.subscriber_id)

    def _parked_one(self, latest: float, now: float) -> Outgoing | None:
        for domain, waiting in self._parked.items():
            if self._throttle.due(domain, now) <= latest:
                message = waiting.popleft()
                self._count -= 1
                if not waiting:
                    del self._parked[domain]
                return message
        return None

    def _fresh_one(self, pull: Callable[[], Outgoing | None], latest: float, now: float) -> Outgoing | None:
        while self._count < MOST_PARKED:
            message = self._again.popleft() if self._again else pull()
            if message is None:
                break
            domain = domain_of(message)
            if domain not in self._parked and self._throttle.due(domain, now) <= latest:
                return message
            self._parked.setdefault(domain, deque()).append(message)
            self._count += 1
        if self._parked:
            self.wake_at = min(self._throttle.due(domain, now) for domain in self._parked) - HORIZON_S
        return None


def domain_of(message: Outgoing) -> str:
    """Return the domain a message goes to, in lower case."""
    return message.address.rpartition("@")[2].lower()
