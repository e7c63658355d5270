"""beehiiv: one row a subscriber, a Yes/No column for every tier."""

from __future__ import annotations

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import read_status


def _status(cells: Cells) -> RowStatus | None:
    return read_status(cells.get("status", ""))


def _tags(cells: Cells) -> tuple[str, ...]:
    tier = cells.get("tier", "").lower()
    return tuple(dict.fromkeys((*(() if tier in ("", "free") else (tier,)), *split_tags(cells.get("tags", "")))))


BEEHIIV = Shape(
    name="beehiiv",
    header=frozenset(("email", "status", "tier")),
    address="email",
    names=("first name", "last name"),
    status=_status,
    tags=_tags,
    joined=("created_at",),
    left=("unsubscribed_at",),
    used=frozenset(("status", "tier", "tags")),
)
