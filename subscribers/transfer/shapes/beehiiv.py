"""beehiiv: one row a subscriber, a Yes/No column for every tier."""

from __future__ import annotations

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape
from subscribers.transfer.statuses import read_status


def _status(cells: Cells) -> RowStatus | None:
    return read_status(cells.get("status", ""))


def _tags(cells: Cells) -> tuple[str, ...]:
    tier = cells.get("tier", "").lower()
    return () if tier in ("", "free") else (tier,)


BEEHIIV = Shape(
    name="beehiiv",
    header=frozenset(("email", "status", "tier", "created_at", "unsubscribed_at")),
    address="email",
    names=("first name", "last name"),
    status=_status,
    tags=_tags,
    joined=("created_at",),
    left=("unsubscribed_at",),
    used=frozenset(("status", "tier")),
)
