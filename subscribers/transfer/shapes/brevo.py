"""Brevo: semicolons, the day before the month, and a column that says who must not be mailed."""

from __future__ import annotations

from dataclasses import replace

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape, no_status
from subscribers.transfer.statuses import is_yes


def _status(cells: Cells) -> RowStatus:
    return RowStatus.UNSUBSCRIBED if is_yes(cells.get("email_blacklisted", "")) else RowStatus.ACTIVE


_IGNORED = ("sms_blacklisted", "sms_blocklisted", "whatsapp_blacklisted", "modified_time", "contact id")
BREVO = Shape(
    name="Brevo",
    header=frozenset(("email", "email_blacklisted")),
    address="email",
    names=("firstname", "lastname"),
    status=_status,
    joined=("added_time",),
    used=frozenset(("email_blacklisted",)),
    ignored=frozenset(_IGNORED),
    day_first=True,
)

_MARKS = (("contact id", "email", "added_time"), ("email", "double_opt-in", "opt_in"))
NEWER = tuple(replace(BREVO, header=frozenset(marks), status=no_status, used=frozenset[str]()) for marks in _MARKS)
"""The newer export, which names that column otherwise or leaves it out, and asks OPT_IN and DOUBLE_OPT-IN."""
