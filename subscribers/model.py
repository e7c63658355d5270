"""The people and what we know of them: frozen values, no I/O. All times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SubscriptionStatus(StrEnum):
    """Where a subscription stands: pending waits for a confirmation, ended does not come back by an import."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class SuppressionReason(StrEnum):
    """Why an address must never be mailed."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    MANUAL = "manual"
    ERASED = "erased"
    IMPORTED = "imported"


class ConsentHow(StrEnum):
    """How somebody asked for mail; only a confirmed double opt-in brings back who has left."""

    DOUBLE_OPT_IN = "double opt-in"
    SINGLE_OPT_IN = "single opt-in"
    OPERATOR = "operator"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class List:
    """What a subscriber joins. ``number`` is its small stable number inside tokens; ``double_opt_in`` asks first."""

    id: str
    name: str
    number: int = 0
    double_opt_in: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """The evidence that someone asked for mail: when, where, and which words they saw."""

    at: datetime
    how: str
    wording: str = ""
    wording_version: str = ""
    form: str = ""
    ip: str = ""
    confirmed_at: datetime | None = None
    confirmed_ip: str = ""
    provenance: str = ""

    @property
    def is_confirmed(self) -> bool:
        """Tell whether the owner of the address answered our mail: the one proof that it was they who asked."""
        return self.how == ConsentHow.DOUBLE_OPT_IN and self.confirmed_at is not None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscriber on a list. ``since`` is when the status was taken; ``sections`` empty means all of them.

    Nothing is sent before ``paused_until``.
    """

    list_id: str
    status: SubscriptionStatus
    since: datetime
    reason: str = ""
    text_only: bool = False
    sections: tuple[str, ...] = ()
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person's address, as they wrote it, with what we know of them. ``key`` is the address to compare by."""

    id: int
    address: str
    key: str
    name: str = ""
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, object] = field(default_factory=dict)
    created_at: datetime | None = None
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address never to be mailed. ``list_id`` empty: on no list at all. Kept as a keyed hash, never in clear."""

    key_hash: str
    reason: SuppressionReason
    at: datetime
    list_id: str = ""
    note: str = ""
