"""listmonk: attributes are JSON; the export says nothing of lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Cells, Shape
from subscribers.transfer.statuses import read_status


def _status(cells: Cells, _file_name: str) -> RowStatus:
    return read_status(cells.get("status", ""))


def _attributes(cells: Cells) -> Mapping[str, Any]:
    text = cells.get("attributes", "")
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise RowError(f"the attributes are not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RowError("the attributes are not a JSON object")
    return found


LISTMONK = Shape(
    name="listmonk",
    header=frozenset(("email", "name", "attributes")),
    address="email",
    names=("name",),
    status=_status,
    attributes=_attributes,
    joined=("created_at",),
    used=frozenset(("status", "attributes")),
    ignored=frozenset(("uuid", "updated_at")),
)
