"""MailerLite: one file a status, named in the file's name; figures about opens and clicks are left behind."""

from __future__ import annotations

from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import read_status


def _status(cells: Cells) -> RowStatus | None:
    return read_status(cells.get("status", ""))


def _tags(cells: Cells) -> tuple[str, ...]:
    return split_tags(cells.get("groups", ""))


MAILERLITE = Shape(
    name="MailerLite",
    header=frozenset(("subscriber", "subscribed", "opens", "clicks")),
    address="subscriber",
    names=("name", "last name"),
    status=_status,
    tags=_tags,
    joined=("subscribed",),
    left=("unsubscribed",),
    used=frozenset(("status", "groups")),
    ignored=frozenset(("sent", "opens", "clicks")),
)
