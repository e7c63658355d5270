"""Any table: columns are recognised by their usual names, or by the mapping somebody gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from subscribers.errors import BadFile
from subscribers.transfer.shape import Shape, split_tags
from subscribers.transfer.standing import flags_of
from subscribers.transfer.statuses import read_status

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
    "status": (
        "status",
        *("subscription status", "subscription_status", "subscriber status", "subscriber_status"),
        *("email status", "email_status", "member status", "member_status", "list status", "marketing status"),
        "state",
    ),
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
    # A column that answers yes or no is read as its name means it, also where a mapping names it.
    status = "" if flags_of([columns["status"]]) else columns["status"]
    return Shape(
        name="a table with columns of the usual names",
        header=frozenset(),
        address=columns["email"],
        names=tuple(filter(None, names)),
        status=lambda cells: read_status(cells.get(status, "")),
        tags=lambda cells: split_tags(cells.get(columns["tags"], "")),
        joined=tuple(filter(None, (columns["joined"],))),
        ip=tuple(filter(None, (columns["ip"],))),
        left=tuple(filter(None, (columns["left"],))),
        used=frozenset(filter(None, (status, columns["tags"]))),
        day_first=day_first,
    )


def _usual(header: Sequence[str], names: Sequence[str]) -> str:
    return next((name for name in names if name in header), "")


def _given(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    for field, column in mapping.items():
        if field not in FIELDS:
            raise BadFile(f"There is no field {field!r} to map a column to. Fields: {', '.join(FIELDS)}.")
        if column.lower() not in header:
            raise BadFile(f"The file has no column {column!r} for {field}. Columns: {', '.join(header)}.")
    return {field: column.lower() for field, column in mapping.items()}
