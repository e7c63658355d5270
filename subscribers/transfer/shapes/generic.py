"""Any table: columns are recognised by their usual names, or by the mapping somebody gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from subscribers.errors import BadFile
from subscribers.transfer.shape import Shape, split_tags
from subscribers.transfer.spelling import FIELDS, find_column
from subscribers.transfer.standing import HINTS, flags_of


def generic_shape(
    header: Sequence[str], mapping: Mapping[str, str] | None = None, *, day_first: bool | None = None
) -> Shape | None:
    """Return the shape of a table with these lower-case columns, or None when none of them holds addresses.

    ``mapping`` gives the column of a field of ``FIELDS``; raises BadFile for a field or column that is not there.
    """
    columns = {field: find_column(header, names) for field, names in FIELDS.items()} | _given(header, mapping or {})
    if not columns["email"]:
        return None
    first, last = columns["first_name"] or columns["name"], columns["last_name"]
    names = (columns["name"],) if columns["name"] and (columns["first_name"] or not last) else (first, last)
    # A column that answers yes or no is read as its name means it, also where a mapping names it.
    status = "" if flags_of([columns["status"]]) else columns["status"]
    return Shape(
        name="a table with columns of the usual names",
        header=frozenset(),
        address=columns["email"],
        names=tuple(filter(None, names)),
        statuses=tuple(filter(None, (status,))),
        tags=lambda cells: split_tags(cells.get(columns["tags"], "")),
        joined=tuple(filter(None, (columns["joined"],))),
        ip=tuple(filter(None, (columns["ip"],))),
        left=tuple(filter(None, (columns["left"],))),
        hints=tuple(filter(None, (find_column(header, (name,)) for name in HINTS))),
        used=frozenset(filter(None, (status, columns["tags"]))),
        day_first=day_first,
    )


def _given(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    for field, column in mapping.items():
        if field not in FIELDS:
            raise BadFile(f"There is no field {field!r} to map a column to. Fields: {', '.join(FIELDS)}.")
        if column.lower() not in header:
            raise BadFile(f"The file has no column {column!r} for {field}. Columns: {', '.join(header)}.")
    return {field: column.lower() for field, column in mapping.items()}
