"""Brevo: semicolons, the day before the month, and a column that says who must not be mailed."""

from __future__ import annotations

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape
from subscribers.transfer.statuses import is_yes


def _status(cells: Cells) -> RowStatus:
    return RowStatus.UNSUBSCRIBED if is_yes(cells.get("email_blacklisted", "")) else RowStatus.ACTIVE


BREVO = Shape(
    name="Brevo",
    header=frozenset(("email", "email_blacklisted")),
    address="email",
    names=("firstname", "lastname"),
    status=_status,
    joined=("added_time",),
    used=frozenset(("email_blacklisted",)),
    ignored=frozenset(("sms_blacklisted", "modified_time", "contact id")),
    day_first=True,
)
