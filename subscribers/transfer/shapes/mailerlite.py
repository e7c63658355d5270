"""MailerLite: one file a status, named in the file's name; figures about opens and clicks are left behind."""

from __future__ import annotations

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape
from subscribers.transfer.statuses import read_status

_BY_FILE_NAME = {
    "unsubscribed": RowStatus.UNSUBSCRIBED,
    "bounced": RowStatus.BOUNCED,
    "junk": RowStatus.COMPLAINED,
    "unconfirmed": RowStatus.PENDING,
}


def _status(cells: Cells, file_name: str) -> RowStatus:
    if cells.get("unsubscribed"):
        return RowStatus.UNSUBSCRIBED
    named = next((status for word, status in _BY_FILE_NAME.items() if word in file_name), RowStatus.ACTIVE)
    return max(named, read_status(cells.get("status", "")), key=lambda status: status.strictness)


MAILERLITE = Shape(
    name="MailerLite",
    header=frozenset(("subscriber", "subscribed", "opens", "clicks")),
    address="subscriber",
    names=("name", "last name"),
    status=_status,
    joined=("subscribed",),
    left=("unsubscribed",),
    used=frozenset(("status",)),
    ignored=frozenset(("sent", "opens", "clicks")),
)
