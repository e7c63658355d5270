"""Mailchimp: three files of one audience, told apart by their name or their UNSUB and CLEAN columns."""

from __future__ import annotations

import csv

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape


def _status(cells: Cells) -> RowStatus | None:
    if "clean_time" in cells:
        return RowStatus.BOUNCED
    if cells.get("unsub_reason", "").upper() in ("ABUSE", "SPAM"):
        return RowStatus.COMPLAINED
    return RowStatus.UNSUBSCRIBED if "unsub_time" in cells else None


def _tags(cells: Cells) -> tuple[str, ...]:
    """Read TAGS, a quoted list inside a cell: a second CSV, because one tag may hold a comma."""
    parts = next(csv.reader([cells.get("tags", "")]), [])
    return tuple(part.strip() for part in parts if part.strip())


MAILCHIMP = Shape(
    name="Mailchimp",
    header=frozenset(("email address", "optin_time", "confirm_time")),
    address="email address",
    names=("first name", "last name"),
    status=_status,
    tags=_tags,
    joined=("optin_time", "confirm_time"),
    ip=("optin_ip", "confirm_ip"),
    confirmed=("confirm_time",),
    confirmed_ip=("confirm_ip",),
    left=("unsub_time", "clean_time"),
    notes=("unsub_reason_other", "unsub_reason", "unsub_campaign_title", "clean_campaign_title"),
    used=frozenset(("tags", "unsub_reason", "unsub_reason_other", "unsub_campaign_title", "clean_campaign_title")),
    # Figures and numbers of theirs that mean nothing elsewhere.
    ignored=frozenset(("member_rating", "latitude", "longitude", "gmtoff", "dstoff", "last_changed", "leid", "euid"))
    | frozenset(("unsub_campaign_id", "clean_campaign_id")),
)
