"""Buttondown: the metadata column is a Python dictionary written out."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import read_status

MAX_METADATA = 10_000
"""The longest metadata read, in characters: the literal parser's work and memory grow with its depth."""


def _status(cells: Cells, _file_name: str) -> RowStatus:
    if cells.get("unsubscription_date"):
        return RowStatus.UNSUBSCRIBED
    return read_status(cells.get("subscriber_type", ""))


def _tags(cells: Cells) -> tuple[str, ...]:
    return split_tags(cells.get("tags", ""))


def _metadata(cells: Cells) -> Mapping[str, Any]:
    text = cells.get("metadata", "")
    if not text:
        return {}
    try:
        found = ast.literal_eval(text) if len(text) <= MAX_METADATA else None
        # Through JSON, because a literal may be a set, bytes or a complex number, which no database keeps.
        found = json.loads(json.dumps(found))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RowError("the metadata cannot be read as a dictionary")
    return found


BUTTONDOWN = Shape(
    name="Buttondown",
    header=frozenset(("email", "subscriber_type", "metadata", "tags")),
    address="email",
    status=_status,
    tags=_tags,
    attributes=_metadata,
    joined=("subscription_date", "creation_date"),
    ip=("ip_address",),
    left=("unsubscription_date",),
    used=frozenset(("subscriber_type", "tags", "metadata", "creation_date", "ip_address")),
    ignored=frozenset(("id", "secondary_id")),
)
