"""Mailchimp: three files of one audience, told apart by their name or their UNSUB and CLEAN columns."""

from __future__ import annotations

import csv
from dataclasses import replace

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape
from subscribers.transfer.standing import is_filled


def _status(cells: Cells) -> RowStatus | None:
    if _says(cells, "clean_time") or _says(cells, "clean_campaign_title"):
        return RowStatus.BOUNCED
    reason = cells.get("unsub_reason", "").lower() if _says(cells, "unsub_reason") else ""
    if "abuse" in reason or "spam" in reason:
        return RowStatus.COMPLAINED
    has_left = reason or _says(cells, "unsub_time") or _says(cells, "unsub_campaign_title")
    return RowStatus.UNSUBSCRIBED if has_left else None


def _says(cells: Cells, column: str) -> bool:
    return is_filled(cells.get(column, ""))


def _tags(cells: Cells) -> tuple[str, ...]:
    """Read TAGS, a quoted list inside a cell: a second CSV, because one tag may hold a comma."""
    parts = next(csv.reader([cells.get("tags", "")]), [])
    return tuple(part.strip() for part in parts if part.strip())


_BASE = Shape(
    name="Mailchimp",
    header=frozenset(("optin_time", "confirm_time")),
    address="email address",
    names=("first name", "last name"),
    status=_status,
    tags=_tags,
    joined=("optin_time", "confirm_time"),
    ip=("optin_ip", "confirm_ip"),
    confirmed=("confirm_time",),
    confirmed_ip=("confirm_ip",),
    left=("unsub_time", "clean_time"),
    leavers=("unsub_time", "clean_time"),
    notes=("unsub_reason_other", "unsub_reason", "unsub_campaign_title", "clean_campaign_title"),
    used=frozenset(("tags", "unsub_reason", "unsub_reason_other", "unsub_campaign_title", "clean_campaign_title")),
    # Figures and numbers of theirs that mean nothing elsewhere.
    ignored=frozenset(("member_rating", "latitude", "longitude", "gmtoff", "dstoff", "last_changed", "leid", "euid"))
    | frozenset(("unsub_campaign_id", "clean_campaign_id")),
)

_MARKS = (("optin_time", "confirm_time"), ("leid", "euid"), ("member_rating",), ("unsub_time",), ("clean_time",))
"""Columns of which a file keeps some, whichever were deleted. That of addresses is a field whose name the account's
language and its owner choose."""
MAILCHIMP = tuple(replace(_BASE, header=frozenset(marks)) for marks in _MARKS)
