"""Any table: columns are recognised by their usual names, or by the mapping somebody gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from subscribers.errors import BadFile
from subscribers.transfer.row import RowStatus
from subscribers.transfer.shape import Cells, Shape, split_tags
from subscribers.transfer.statuses import NO, read_status

FIELDS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email",
        "e-mail",
        "email address",
        "e-mail address",
        "email_address",
        "emailaddress",
        "mail",
        "e-mail-adresse",
        "email adresse",
        "subscriber",
        "adresse e-mail",
        "correo electrónico",
        "correo",
        "address",
    ),
    "name": ("name", "full name", "full_name", "fullname", "subscriber name"),
    "first_name": ("first name", "first_name", "firstname", "given name", "vorname", "prénom", "nombre"),
    "last_name": ("last name", "last_name", "lastname", "surname", "family name", "nachname", "nom", "apellido"),
    "tags": ("tags", "tag", "labels", "groups"),
    "status": ("status", "subscription status", "subscriber_status", "state"),
    "joined": (
        "joined",
        "created_at",
        "created",
        "subscribed_at",
        "subscribed at",
        "date added",
        "subscription date",
        "signup date",
        "sign-up date",
        "optin_time",
        "opt-in date",
        "date",
    ),
    "ip": ("ip", "ip address", "ip_address", "optin_ip", "signup ip"),
    "left": ("unsubscribed_at", "unsubscribed at", "unsubscribe date", "unsubscription_date", "date unsubscribed"),
}
"""What a column may be called for each field; a mapping names a field and the file's own column."""

_REFUSALS = ("unsubscribed", "email_disabled", "opted_out", "opted out", "opt_out", "opt-out", "blocked")
"""Columns that, when they say anything but no (a date perhaps), mean that the person must not be mailed."""


def generic_shape(
    header: Sequence[str], mapping: Mapping[str, str] | None = None, *, day_first: bool | None = None
) -> Shape | None:
    """Return the shape of a table with these lower-case columns, or None when none of them holds addresses.

    ``mapping`` gives the column of a field of ``FIELDS``; raises BadFile for a field or column that is not there.
    """
    columns = {field: _usual(header, names) for field, names in FIELDS.items()} | _given(header, mapping or {})
    if not columns["email"]:
        return None
    names = (columns["name"],) if columns["name"] else (columns["first_name"], columns["last_name"])
    refusals = tuple(column for column in _REFUSALS if column in header)
    return Shape(
        name="a table with columns of the usual names",
        header=frozenset(),
        address=columns["email"],
        names=tuple(filter(None, names)),
        status=_status_by(columns["status"], columns["left"], refusals),
        tags=lambda cells: split_tags(cells.get(columns["tags"], "")),
        joined=tuple(filter(None, (columns["joined"],))),
        ip=tuple(filter(None, (columns["ip"],))),
        left=tuple(filter(None, (columns["left"],))),
        used=frozenset(filter(None, (columns["status"], columns["tags"], *refusals))),
        day_first=day_first,
    )


def _status_by(status: str, left: str, refusals: Sequence[str]) -> Callable[[Cells, str], RowStatus]:
    def judge(cells: Cells, _file_name: str) -> RowStatus:
        named = read_status(cells.get(status, ""))
        has_left = cells.get(left) or any(cells.get(column, "").lower() not in NO for column in refusals)
        return max(named, RowStatus.UNSUBSCRIBED, key=_strictness) if has_left else named

    return judge


def _strictness(status: RowStatus) -> int:
    return status.strictness


def _usual(header: Sequence[str], names: Sequence[str]) -> str:
    return next((name for name in names if name in header), "")


def _given(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    for field, column in mapping.items():
        if field not in FIELDS:
            raise BadFile(f"There is no field {field!r} to map a column to. Fields: {', '.join(FIELDS)}.")
        if column.lower() not in header:
            raise BadFile(f"The file has no column {column!r} for {field}. Columns: {', '.join(header)}.")
    return {field: column.lower() for field, column in mapping.items()}
