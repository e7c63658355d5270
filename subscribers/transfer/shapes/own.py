"""Our own table, as ``exporting`` writes it for spreadsheets and as somebody may have edited it there."""

from __future__ import annotations

from subscribers.transfer.cells import plain_cell
from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.shapes.listmonk import json_attributes
from subscribers.transfer.statuses import read_status


def _status(cells: Cells) -> RowStatus | None:
    return read_status(cells.get("status", ""))


def _tags(cells: Cells) -> tuple[str, ...]:
    return split_tags(cells.get("tags", ""))


OWN = Shape(
    name="our own table",
    header=frozenset(("email", "name", "list", "status", "since", "tags", "attributes")),
    address="email",
    names=("name",),
    status=_status,
    tags=_tags,
    attributes=json_attributes,
    joined=("since",),
    used=frozenset(("status", "tags", "attributes", "list")),
    plain=plain_cell,
)
