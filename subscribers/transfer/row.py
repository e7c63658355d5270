"""What a foreign file says about one person, whatever product wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RowStatus(StrEnum):
    """How a file's person stood there, in our words; the later in this list, the stricter."""

    ACTIVE = "active"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    BLOCKED = "blocked"
    COMPLAINED = "complained"

    @property
    def strictness(self) -> int:
        """Return the place in the order: when two rows or two places disagree, the higher stands."""
        return _STRICTNESS[self]

    @property
    def is_leaving(self) -> bool:
        """Tell whether the person must not be mailed."""
        return self not in (RowStatus.ACTIVE, RowStatus.PENDING)


_STRICTNESS = {status: place for place, status in enumerate(RowStatus)}


@dataclass(frozen=True, slots=True)
class Row:
    """One person as a file has them; ``line`` is where the row begins, from 1. Times are in UTC.

    ``unread_date`` is a text that should be a time and is none. ``refusal`` says why no more was taken of a row than
    that the person left. ``cells`` are the row as it stands in the file, below ``columns`` where these are
    not those of its first row.
    """

    line: int
    address: str
    name: str = ""
    status: RowStatus = RowStatus.ACTIVE
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, object] = field(default_factory=dict)
    joined_at: datetime | None = None
    ip: str = ""
    confirmed_at: datetime | None = None
    confirmed_ip: str = ""
    left_at: datetime | None = None
    note: str = ""
    unread_date: str = ""
    refusal: str = ""
    cells: tuple[str, ...] = field(default=(), compare=False, repr=False)
    columns: tuple[str, ...] = field(default=(), compare=False, repr=False)


class RowError(ValueError):
    """One row cannot be taken; the message is the reason a person reads in the report."""
