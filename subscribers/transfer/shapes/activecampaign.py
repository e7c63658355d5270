"""ActiveCampaign: a table with an IP and a status in words or numbers."""

from __future__ import annotations

from dataclasses import replace

from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import read_status

_BY_NUMBER = {
    "0": RowStatus.PENDING,
    "1": RowStatus.ACTIVE,
    "2": RowStatus.UNSUBSCRIBED,
    "3": RowStatus.BOUNCED,
}
"""What its API writes instead of the words."""


def _status(cells: Cells) -> RowStatus | None:
    word = cells.get("status", "")
    if not word.lstrip("-").isdigit():
        return read_status(word)
    if word not in _BY_NUMBER:
        raise RowError(f"the status {word!r} is none of ActiveCampaign's: 0 unconfirmed, 1 active, 2 left, 3 bounced")
    return _BY_NUMBER[word]


def _tags(cells: Cells) -> tuple[str, ...]:
    return split_tags(cells.get("tags", ""))


_BASE = Shape(
    name="ActiveCampaign",
    header=frozenset(("first name", "date created", "ip")),
    address="email",
    names=("first name", "last name"),
    status=_status,
    tags=_tags,
    joined=("date created",),
    ip=("ip",),
    used=frozenset(("status", "tags")),
)

_MARKS = (
    ("first name", "date created", "ip"),
    ("first name", "date created", "status"),
    ("first name", "date created", "contact id"),
    ("first name", "ip", "status"),
)
"""Columns of which a file keeps some, whichever were deleted or not chosen."""
ACTIVECAMPAIGN = tuple(replace(_BASE, header=frozenset(marks)) for marks in _MARKS)
