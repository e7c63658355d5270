"""Asks, right before a message can no longer be called back, whether it may still go.

The gate of an edition knows the editors' stop and pause and who has left since the audience was frozen; it looks
again at least twice a second, so an unsubscribe has taken effect one second after its commit. Every message it lets
through is noted in the sender's journal first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.errors import OwnershipLost
from digest.model import Outcome, Outgoing
from digest.protocols import Clock, Journal

REFRESH_S = 0.4
"""How old what the gate knows may be: twice a second with room to spare for the look itself."""


@dataclass(frozen=True, slots=True)
class GateState:
    """What the gate must know of one edition: the editors' word, and the subscribers who must not get it."""

    stopped: bool = False
    paused: bool = False
    withdrawn: frozenset[int] = frozenset()


class EditionGate:
    """The gate of one edition in one process; implements ``protocols.Gate``.

    ``refresh`` reads the state anew and may raise: then nothing goes. ``monotonic`` counts seconds. ``looked_at`` is
    when the state was last read: who works message by message may do what is due now and then whenever it changes.
    """

    def __init__(
        self, refresh: Callable[[], GateState], *, ring: Journal, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.ring = ring
        self._refresh = refresh
        self._monotonic = monotonic
        self._state = GateState()
        self._edition_id = 0
        self._clock: Clock | None = None
        self._deadline: datetime | None = None
        self._is_late = False
        self._lease_until: datetime | None = None
        self._on_look: Callable[[], None] | None = None
        self.looked_at = float("-inf")
        self.interrupted = False

    def bind(
        self,
        edition_id: int,
        clock: Clock,
        on_look: Callable[[], None] | None = None,
        *,
        deadline: datetime | None = None,
    ) -> None:
        """Tell which edition's messages come through, and what else is to be done whenever the state is read.

        From the look that finds the ``deadline`` over, nothing goes any more.
        """
        self._edition_id = edition_id
        self._clock = clock
        self._on_look = on_look
        self._deadline = deadline

    def hold_until(self, lease_until: datetime) -> None:
        """Tell when this process's claims end unless prolonged; nothing is let through after that."""
        self._lease_until = lease_until

    def interrupt(self) -> None:
        """Let nothing more through in this process: the operator pressed Ctrl-C."""
        self.interrupted = True

    def look(self, *, anew: bool = False) -> GateState:
        """Return the state, read anew if what is known is too old, or in any case."""
        now = self._monotonic()
        if anew or now - self.looked_at >= REFRESH_S:
            self._state = self._refresh()
            self.looked_at = now
            self._is_late = self._deadline is not None and self._clock is not None and self._clock() >= self._deadline
            if self._on_look is not None:
                self._on_look()
        return self._state

    @property
    def is_open(self) -> bool:
        """Tell whether messages may go at all at this moment."""
        return not self._is_shut(self.look())

    def _is_shut(self, state: GateState) -> bool:
        return state.stopped or state.paused or self._is_late or self.interrupted

    def has_left(self, subscriber_id: int) -> bool:
        """Tell whether a reader is known to have left or to be suppressed since the audience was frozen."""
        return subscriber_id in self._state.withdrawn

    def admit(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Return those that may go, each noted in the journal; raises OwnershipLost when the lease is over."""
        state = self.look()
        if self._is_shut(state):
            return []
        admitted = [m for m in messages if m.subscriber_id not in state.withdrawn] if state.withdrawn else messages
        note, edition_id = self.ring.admit, self._edition_id
        for message in admitted:
            note(edition_id, message.subscriber_id, message.fence)
        # Noted first, then checked: who takes over after the lease either sees the note, or we see the lease over.
        if self._lease_until is not None and self._clock is not None and self._clock() >= self._lease_until:
            self.ring.free([message.subscriber_id for message in admitted])
            raise OwnershipLost("This sender's lease ran out while it slept, so another may have taken over. It stops.")
        return admitted

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Note answers in the journal."""
        note = self.ring.answer
        for outcome in outcomes:
            code = outcome.code
            note(outcome.subscriber_id, outcome.fate, int(code) if code.isdigit() else 0)
