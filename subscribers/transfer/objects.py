"""Read people from JSON: one object a line, or one list of objects; any program's, with the usual names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from subscribers.address import split_name
from subscribers.errors import BadFile
from subscribers.transfer.moments import read_moment
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row, RowError, RowStatus
from subscribers.transfer.shape import split_tags, unread
from subscribers.transfer.shapes.generic import FIELDS
from subscribers.transfer.standing import find_status_of_name, flags_of, judge, like_a_status
from subscribers.transfer.statuses import read_status

MAX_LIST_BYTES = 200_000_000
"""A JSON list has to be read whole; a larger one should come as JSON lines."""

_ATTRIBUTES = ("attributes", "attribs", "custom_fields", "metadata", "merge_fields")
_CONFIRMED = ("confirmed_at", "confirmed", "confirmation_date")


def is_json(path: Path, encoding: str) -> bool:
    """Tell whether the file begins as a JSON list or object."""
    with path.open(encoding=encoding) as file:
        return next((line for line in file if line.strip()), "").lstrip()[:1] in ("{", "[")


def iter_objects(path: Path, encoding: str) -> Iterator[tuple[int, Mapping[str, Any] | Refused]]:
    """Yield the objects of a file with the line (JSON lines) or the place in the list, from 1.

    Raises BadFile when the file is neither.
    """
    with path.open(encoding=encoding) as file:
        start = next((line for line in file if line.strip()), "").strip()
    if start.startswith("{") and _loads(start) is not None:
        yield from _iter_lines(path, encoding)
        return
    if path.stat().st_size > MAX_LIST_BYTES:
        raise BadFile(f"The subscriber file {path} is one JSON list over {MAX_LIST_BYTES:,} bytes: write JSON lines.")
    found = _loads(path.read_text(encoding))
    people = found.get("subscribers", [found]) if isinstance(found, dict) else found
    if not isinstance(people, list):
        raise BadFile(f"The subscriber file {path} begins like JSON and is neither a list of objects nor JSON lines.")
    for place, each in enumerate(people, start=1):
        yield place, each if isinstance(each, dict) else _no_object(place, json.dumps(each))


def read_object(
    found: Mapping[str, Any], line: int, file_name: str = "", *, day_first: bool | None = None
) -> Row | Refused:
    """Return the person an object speaks of, or why they are refused; of who left, that much is taken in any case."""
    values = {name.lower(): value for name, value in found.items()}
    text = _text(values, FIELDS["email"])
    name, address = split_name(text)
    dates = [_text(values, names) for names in (FIELDS["joined"], _CONFIRMED, FIELDS["left"])]
    moments = [read_moment(date, day_first=day_first) for date in dates]
    joined_at, confirmed_at, left_at = moments
    # Whole, for the file of refused rows, with what the name of this one says of it.
    named = find_status_of_name(file_name)
    cells = (json.dumps({**found, **({named.value: True} if named else {})}),)
    try:
        status = _standing(values, file_name)
    except RowError as error:
        return Refused(line, text, str(error), cells)
    try:
        return Row(
            line=line,
            address=address,
            name=_name(values) or name,
            status=status,
            tags=_tags(values),
            attributes=_attributes(values),
            joined_at=joined_at,
            ip=_text(values, FIELDS["ip"]),
            confirmed_at=confirmed_at,
            left_at=left_at,
            unread_date=unread(zip((dates[0], dates[2]), (joined_at, left_at), strict=True)),
            cells=cells,
        )
    except RowError as error:
        if status.is_leaving:
            return Row(line, address, status=status, left_at=left_at, refusal=str(error), cells=cells)
        return Refused(line, text, str(error), cells)


def _standing(values: Mapping[str, Any], file_name: str) -> RowStatus:
    """Say how somebody stands by the same names as in a table; lists and objects say nothing."""
    kinds = str | int | float | bool | None
    said = {name: _written(value) for name, value in values.items() if isinstance(value, kinds)}
    own = next((name for name in FIELDS["status"] if said.get(name) and not flags_of([name])), "")
    left = next((name for name in FIELDS["left"] if said.get(name)), "")
    flags = flags_of(said)
    return judge(lambda cells: read_status(cells.get(own, "")), flags, said, [left], file_name, must_answer=True)


def unread_names(names: Iterable[str]) -> list[str]:
    """Return the names that speak of leaving or staying and that ``read_object`` does not ask."""
    known = {name for several in FIELDS.values() for name in several} | set(_CONFIRMED)
    asked = sorted(name for name in names if name.lower() not in known and not flags_of([name.lower()]))
    return like_a_status(asked)


def _written(value: str | float | None) -> str:
    return "" if value is None else str(value).strip()


def _iter_lines(path: Path, encoding: str) -> Iterator[tuple[int, Mapping[str, Any] | Refused]]:
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                found = _loads(line)
                yield number, found if isinstance(found, dict) else _no_object(number, line.strip())


def _no_object(line: int, text: str) -> Refused:
    return Refused(line, text[:200], "it is not a JSON object", (text,))


def _loads(text: str) -> Any:
    """Return what JSON says, or None; NaN and the infinities are not JSON, though Python reads them."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _text(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = next((values[name] for name in names if values.get(name) is not None), "")
    return str(found).strip() if isinstance(found, str | int | float | bool) else ""


def _name(values: Mapping[str, Any]) -> str:
    whole = _text(values, FIELDS["name"])
    parts = (_text(values, FIELDS["first_name"]), _text(values, FIELDS["last_name"]))
    return whole or " ".join(filter(None, parts))


def _tags(values: Mapping[str, Any]) -> tuple[str, ...]:
    found = next((values[name] for name in FIELDS["tags"] if values.get(name)), ())
    if isinstance(found, str):
        return split_tags(found)
    if not isinstance(found, list):
        return ()
    names = (each.get("name", "") if isinstance(each, dict) else each for each in found)
    return tuple(dict.fromkeys(str(name) for name in names if name))


def _attributes(values: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = next((values[name] for name in _ATTRIBUTES if values.get(name)), {})
    if not isinstance(found, dict):
        raise RowError("its attributes are not an object")
    return found
