"""Ghost: the members export; who switched the mails off is a member still, and gets none."""

from __future__ import annotations

from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import is_yes


def _status(cells: Cells) -> RowStatus:
    answer = cells.get("subscribed_to_emails", "")
    if not answer:
        raise RowError("its column subscribed_to_emails says neither yes nor no")
    return RowStatus.ACTIVE if is_yes(answer) else RowStatus.UNSUBSCRIBED


def _tags(cells: Cells) -> tuple[str, ...]:
    return split_tags(cells.get("labels", ""))


GHOST = Shape(
    name="Ghost",
    header=frozenset(("email", "subscribed_to_emails")),
    address="email",
    names=("name",),
    status=_status,
    tags=_tags,
    joined=("created_at",),
    left=("deleted_at",),
    used=frozenset(("subscribed_to_emails", "labels")),
    ignored=frozenset(("id", "gift_id")),
)
