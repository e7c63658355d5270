"""listmonk: attributes are JSON; the export says nothing of lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeGuard

from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import read_status


def _status(cells: Cells) -> RowStatus | None:
    """Read the status; that somebody is enabled says nothing yet of the list that was exported."""
    status = read_status(cells.get("status", ""))
    return None if status is RowStatus.ACTIVE else status


def json_attributes(cells: Cells) -> dict[str, Any]:
    """Return the JSON object in the column attributes; raises RowError."""
    text = cells.get("attributes", "")
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise RowError(f"the attributes are not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RowError("the attributes are not a JSON object")
    return found


def _tags(cells: Cells) -> tuple[str, ...]:
    """Read tags where they can stand: in a column, or among the attributes, where our own export puts them."""
    found = json_attributes(cells).get("tags")
    own = found if _are_tags(found) else []
    return tuple(dict.fromkeys((*split_tags(cells.get("tags", "")), *own)))


def _attributes(cells: Cells) -> Mapping[str, Any]:
    found = json_attributes(cells)
    return {name: value for name, value in found.items() if name != "tags" or not _are_tags(value)}


def _are_tags(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


LISTMONK = Shape(
    name="listmonk",
    header=frozenset(("email", "name", "attributes")),
    address="email",
    names=("name",),
    status=_status,
    tags=_tags,
    attributes=_attributes,
    joined=("created_at",),
    used=frozenset(("status", "attributes", "tags")),
    ignored=frozenset(("uuid", "updated_at")),
)
