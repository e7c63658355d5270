"""listmonk: attributes are JSON; the export says nothing of lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeGuard

from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.standing import strictest
from subscribers.transfer.statuses import read_status


def _status(cells: Cells) -> RowStatus | None:
    """Read the status; that somebody is enabled says nothing yet of the list that was exported."""
    status = read_status(cells.get("status", ""))
    return _on_lists(cells) if status is None or status is RowStatus.ACTIVE else status


def _on_lists(cells: Cells) -> RowStatus | None:
    """Read a column of lists as people take it from its database, where it is JSON; names alone say nothing."""
    try:
        lists = json.loads(cells.get("lists", ""))
    except (ValueError, RecursionError):
        return None
    return standing_on(lists)


def standing_on(lists: Any) -> RowStatus | None:
    """Say how somebody stands to the lists its API names for them; raises RowError when that is not clear.

    Who has not confirmed gets the mail of a list that does not ask for it.
    """
    if not isinstance(lists, list):
        return None
    said = set()
    for each in lists:
        word = str(each.get("subscription_status", "")) if isinstance(each, dict) else ""
        is_asked = isinstance(each, dict) and each.get("optin") != "single"
        said.add(read_status(word if is_asked or word != "unconfirmed" else "confirmed"))
    stays, leaves = said & {RowStatus.ACTIVE, RowStatus.PENDING}, {each for each in said if each and each.is_leaving}
    if stays and leaves:
        raise RowError("it is on one list and left another: export the list that is meant by itself")
    return RowStatus.ACTIVE if RowStatus.ACTIVE in said else strictest(said)


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
    judged=frozenset(("lists",)),
    ignored=frozenset(("uuid", "updated_at")),
)
