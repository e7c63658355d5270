"""The seams: what each replaceable part promises, before any code of it.

Stages are handed these; ``store``, ``send``, ``gather`` and ``summarise`` implement them. One contract suite per
seam in ``tests/contracts`` runs over every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from digest.model import Blurb, Claim, Counts, Fate, Mark, Outcome, Outgoing, Story, Window

Clock = Callable[[], datetime]
"""Returns the present moment, aware, in UTC. The command line makes the one that runs; tests freeze it."""


class SourceState(Protocol):
    """What a source remembers between two runs: small strings by name (an ETag, a file's mark)."""

    def get(self, name: str) -> str | None:
        """Return what was put under the name, or None."""

    def put(self, name: str, value: str) -> None:
        """Remember a value; kept only if the whole gathering of this source succeeds."""


class Source(Protocol):
    """Yields stories. It may repeat what it yielded before: the store tells new, changed and known apart.

    Times are aware UTC; a story without a date has ``published=None``. Raises SourceError only; one unreadable
    story is reported through ``warn`` and passed over. ``window`` is a hint: a source may yield outside of it.
    """

    name: str

    def stories(self, window: Window, state: SourceState, warn: Callable[[str], None]) -> Iterator[Story]:
        """Yield the stories known to the source, in its own order of importance."""


class Summarizer(Protocol):
    """Turns a story into a blurb.

    Never over ``max_words`` (unless its first sentence alone is) nor over ``max_sentences``; every sentence is a
    whole sentence equal to its span, in order; the same input gives the same output unless ``method`` says not.
    A story without usable sentences gives a Blurb with empty text and ``Origin.NONE``.
    """

    name: str

    def summarise(self, stories: Sequence[Story], *, max_sentences: int, max_words: int) -> Blurb:
        """Return the blurb of one cluster's stories, the lead story first."""


class Gate(Protocol):
    """Asked right before each irrevocable step which messages may still go.

    It knows the stop, the pause, the kill and who has left since the edition was frozen; and it notes every
    admitted message durably, so that a crash after this call leaves it ambiguous and not forgotten.
    """

    @property
    def is_open(self) -> bool:
        """Tell whether any message may go now: who waits for a moment far off must not sleep through a stop."""

    def admit(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Return those that may go, in order; the transport yields ``skipped`` for the rest."""

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Note the answers to admitted messages the moment they are read, before anything else is done."""


class Journal(Protocol):
    """Holds the messages of this process between their irrevocable step and the record of their outcome.

    What is noted survives the death of the process at any instruction. Used by one thread at a time.
    """

    def admit(self, edition_id: int, subscriber_id: int, fence: int) -> None:
        """Note that a message is about to pass the point of no return."""

    def answer(self, subscriber_id: int, fate: Fate, code: int = 0) -> None:
        """Note the answer to an admitted message; others are passed over."""

    def find(self, subscriber_id: int) -> Mark | None:
        """Return what is noted of one message, or None."""

    def free(self, subscriber_ids: Iterable[int]) -> None:
        """Forget messages whose outcomes are recorded."""


class Ledger(Protocol):
    """Remembers who got an edition. Every call is a short transaction of its own, durable when it returns.

    A delivery is claimed by one process at a time; recording is idempotent and only the holder of the claim (owner
    and fence) is heard. Raises LedgerError when the record cannot be kept and OwnershipLost when this process has
    been declared dead: nothing more may then be sent. Used by one thread at a time.
    """

    def claim(self, edition_id: int, limit: int) -> Sequence[Claim]:
        """Take up to ``limit`` deliveries that are due; the messages of an interrupted call come alone and whole."""

    def record(self, edition_id: int, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes down and return how many were heard; ``refused`` and unknown ones are due again.

        A deferred outcome is due again after its ``retry_after_s`` seconds.
        """

    def release(self, edition_id: int, claims: Sequence[Claim]) -> None:
        """Give back claims nothing was done with: they are due at once, and the attempt does not count."""

    def recover(self) -> int:
        """Take back what dead processes held; return how many deliveries became due, were settled or are held."""

    def heartbeat(self) -> datetime:
        """Prolong this process's lease and return the moment it ends."""

    def next_due(self, edition_id: int) -> datetime | None:
        """Return when the next deferred delivery or interrupted call is due; None when none waits."""

    def give_up(self, edition_id: int, reason: str) -> int:
        """Fail what is deferred, because its time is over; return how many."""

    def counts(self, edition_id: int) -> Counts:
        """Return the account of the edition."""


class CallLog(Protocol):
    """Remembers a provider's request before it is made, so that it can be repeated unchanged after a crash."""

    def asked(self, key: str, subscriber_ids: Sequence[int], protected_s: float) -> bool:
        """Store the call durably; True when it may be made (again), False when its protection has run out.

        ``protected_s`` is how long the provider keeps the key from its first use.
        """

    def answered(self, key: str) -> None:
        """Note that the call was answered, whatever the answer was."""

    def interrupted(self, key: str, retry_after_s: float) -> None:
        """Note that nobody knows what became of the call; it may be repeated after so many seconds."""


class Transport(Protocol):
    """Carries messages. Yields exactly one outcome a message, in any order, as soon as it is known.

    ``codec`` says which content it wants (see Outgoing). ``batch`` is how many messages one irrevocable step
    carries at most. Raises TransportError only when nothing can be handed over at all; messages that have no
    outcome by then were not touched. ``deliver`` may be called again after an error; ``close`` releases all.
    """

    kind: str
    codec: Literal["wire", "json"]
    batch: int

    def deliver(self, messages: Iterable[Outgoing], gate: Gate) -> Iterator[Outcome]:
        """Hand the messages over."""

    def probe(self) -> None:
        """Check that messages could be handed over, without doing so; raises TransportError."""

    def close(self) -> None:
        """Close every connection; may be called twice."""


class Fetcher(Protocol):
    """The guarded client, as the stages see it (``digest.http`` implements it)."""

    def fetch(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Get one URL; raises FetchError."""


class Fetched(Protocol):
    """One answer: the final URL, status, lower-case headers and the decoded body."""

    @property
    def url(self) -> str:
        """Return where the answer came from in the end."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by lower-case name."""

    @property
    def body(self) -> bytes:
        """Return the body, decompressed."""
