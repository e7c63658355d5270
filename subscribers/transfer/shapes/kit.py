"""Kit, once ConvertKit: the status in words, named state by its API."""

from __future__ import annotations

from dataclasses import replace

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import read_status


def _status(cells: Cells) -> RowStatus | None:
    """Read the status; an inactive subscriber of Kit has not confirmed yet."""
    word = cells.get("status") or cells.get("state", "")
    return RowStatus.PENDING if word.lower() == "inactive" else read_status(word)


def _tags(cells: Cells) -> tuple[str, ...]:
    return split_tags(cells.get("tags", ""))


KIT = Shape(
    name="Kit",
    header=frozenset(("first_name", "email", "created_at", "status")),
    address="email",
    names=("first_name", "last_name"),
    status=_status,
    tags=_tags,
    joined=("created_at",),
    used=frozenset(("status", "tags")),
)

BY_API = replace(
    KIT,
    header=frozenset(("email_address", "state", "created_at")),
    address="email_address",
    used=frozenset(("state", "tags")),
)
"""The same with the columns as its API names them."""
