"""Substack: the email list, its two older forms, and the dashboard's export.

``active_subscription=false`` means that somebody does not pay; only ``email_disabled=true`` means that they left.
"""

from __future__ import annotations

from dataclasses import replace

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape
from subscribers.transfer.statuses import find_status, is_yes


def _status(cells: Cells) -> RowStatus:
    return RowStatus.UNSUBSCRIBED if is_yes(cells.get("email_disabled", "")) else RowStatus.ACTIVE


def _tags(cells: Cells) -> tuple[str, ...]:
    kind = cells.get("type", "").lower()
    return ("paid",) if is_yes(cells.get("active_subscription", "")) or kind not in ("", "free") else ()


LIST = Shape(
    name="Substack",
    header=frozenset(("email", "active_subscription", "email_disabled")),
    address="email",
    names=("name",),
    status=_status,
    tags=_tags,
    joined=("created_at",),
    used=frozenset(("email_disabled", "active_subscription", "type")),
    ignored=frozenset(("first_payment_at",)),
)

OLDEST = replace(
    LIST,
    name="Substack (oldest form)",
    header=frozenset(("email", "email_disabled", "expiry", "type")),
)


_NOT_PAYING = frozenset(("cancelled", "canceled", "inactive", "ended"))
"""Types of subscription that nobody pays for any more."""


def _kept(cells: Cells) -> RowStatus | None:
    kind = cells.get("subscription type", "").lower()
    status = None if kind in _NOT_PAYING else find_status(kind)
    return status if status is not None and status.is_leaving else None


def _paid(cells: Cells) -> tuple[str, ...]:
    kind = cells.get("subscription type", "").lower()
    return () if kind in ("", "free", *_NOT_PAYING) or _kept(cells) else ("paid",)


# Figures about a reader's habits: not consented to with us, and of no use to a newsletter.
_FIGURES = (
    "activity,revenue,comments (all time),comments (last 7 days),comments (last 30 days),shares (all time),"
    "shares (last 7 days),shares (last 30 days),email receives (last 6 months),email drops (last 6 months),"
    "emails opened (last 6 months),email opens (last 6 months),email opens (last 7 days),email opens (last 30 days),"
    "email last opened at,link clicks,last clicked at,unique emails seen (last 6 months),"
    "unique emails seen (last 7 days),unique emails seen (last 30 days),post views (last 6 months),"
    "post views (last 7 days),post views (last 30 days),unique posts seen (all-time),unique posts seen (last 7 days),"
    "unique posts seen (last 30 days),days active (last 30 days)"
)

DASHBOARD = Shape(
    name="Substack (dashboard)",
    header=frozenset(("email", "subscription type")),
    address="email",
    names=("name",),
    status=_kept,
    tags=_paid,
    joined=("subscription date",),
    judged=frozenset(("subscription type",)),
    ignored=frozenset(_FIGURES.split(",")),
)
