"""ActiveCampaign: a table with an IP and a status in words."""

from __future__ import annotations

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import read_status


def _status(cells: Cells, _file_name: str) -> RowStatus:
    return read_status(cells.get("status", ""))


def _tags(cells: Cells) -> tuple[str, ...]:
    return split_tags(cells.get("tags", ""))


ACTIVECAMPAIGN = Shape(
    name="ActiveCampaign",
    header=frozenset(("email", "first name", "date created", "ip")),
    address="email",
    names=("first name", "last name"),
    status=_status,
    tags=_tags,
    joined=("date created",),
    ip=("ip",),
    used=frozenset(("status", "tags")),
)
