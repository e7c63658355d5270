"""Buttondown: the metadata column is JSON, or a Python dictionary written out."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import read_status

MAX_METADATA = 10_000
"""The longest metadata read, in characters: the literal parser's work and memory grow with its depth."""


_NOT_PAYING = frozenset(("past due", "paused", "churned", "churning", "trialed", "unpaid", "upcoming"))
"""How somebody stands with their payments, who still gets the free mail."""


def _status(cells: Cells) -> RowStatus | None:
    word = cells.get("subscriber_type") or cells.get("type", "")
    return RowStatus.ACTIVE if word.lower().replace("_", " ") in _NOT_PAYING else read_status(word)


def _tags(cells: Cells) -> tuple[str, ...]:
    return split_tags(cells.get("tags", ""))


def _metadata(cells: Cells) -> dict[str, Any]:
    text = cells.get("metadata", "")
    if not text:
        return {}
    found = _as_json(text)
    if found is None:
        found = _as_literal(text)
    if not isinstance(found, dict):
        raise RowError("the metadata cannot be read as a dictionary")
    return found


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _as_literal(text: str) -> Any:
    try:
        found = ast.literal_eval(text) if len(text) <= MAX_METADATA else None
        # Through JSON, because a literal may be a set, bytes or a complex number, which no database keeps.
        return json.loads(json.dumps(found))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _name(cells: Cells) -> str:
    found = _metadata(cells).get("name")
    return found.strip() if isinstance(found, str) else ""


def _attributes(cells: Cells) -> Mapping[str, Any]:
    found = _metadata(cells)
    if _name(cells):
        del found["name"]
    return found


BUTTONDOWN = Shape(
    name="Buttondown",
    header=frozenset(("email", "subscriber_type")),
    address="email",
    status=_status,
    tags=_tags,
    attributes=_attributes,
    own_name=_name,
    joined=("subscription_date", "creation_date"),
    ip=("ip_address",),
    left=("unsubscription_date",),
    used=frozenset(("subscriber_type", "type", "tags", "metadata", "creation_date", "ip_address")),
    ignored=frozenset(("id", "secondary_id")),
)

BY_API = replace(BUTTONDOWN, header=frozenset(("email_address", "type")), address="email_address")
"""The same table with the columns as its API names them."""
