"""Read people from JSON: one object a line, or one list of objects; any program's, with the usual names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from subscribers.address import split_name
from subscribers.errors import BadFile
from subscribers.transfer.moments import read_moment
from subscribers.transfer.recognising import shape_of
from subscribers.transfer.report import OWN_COLUMNS, Refused
from subscribers.transfer.row import Row, RowError, RowStatus
from subscribers.transfer.shape import Shape, split_tags, unread
from subscribers.transfer.shapes.listmonk import standing_on
from subscribers.transfer.spelling import FIELDS, find_column, plain
from subscribers.transfer.standing import (
    find_status_of_name,
    flags_of,
    is_named_for_leavers,
    judge,
    like_a_status,
    question_of,
    statuses_of,
    strictest,
)

MAX_LIST_BYTES = 200_000_000
"""A JSON list has to be read whole; a larger one should come as JSON lines."""

_SAID = str | int | float | bool | None
_ATTRIBUTES = ("attributes", "attribs", "customfields", "metadata", "mergefields", "fields")
_CONFIRMED = ("confirmed_at", "confirmed", "confirmation_date")
_NAMES = {
    field: tuple(dict.fromkeys(map(plain, names))) for field, names in {**FIELDS, "confirmed": _CONFIRMED}.items()
}
_KNOWN = {name for names in _NAMES.values() for name in names}
_NUMBERS = frozenset(("id", "uuid", "updatedat", *OWN_COLUMNS))
"""What means nothing here; the last are of a file of refused rows."""
_OF_THEIRS = frozenset(_ATTRIBUTES)
_DEPTH = 3
"""How deep in what an API answers the list of people may lie: listmonk's stands in data, results."""


def is_json(path: Path, encoding: str) -> bool:
    """Tell whether the file begins as a JSON list or object."""
    with path.open(encoding=encoding) as file:
        return next((line for line in file if line.strip()), "").lstrip()[:1] in ("{", "[")


def iter_objects(path: Path, encoding: str) -> Iterator[tuple[int, Mapping[str, Any] | Refused]]:
    """Yield the objects of a file with the line (JSON lines) or the place in the list, from 1.

    Raises BadFile when the file is neither.
    """
    with path.open(encoding=encoding) as file:
        start = [line.strip() for line in islice(filter(str.strip, file), 2)]
    is_object = [line.startswith("{") and _loads(line) is not None for line in start]
    if is_object[0]:
        yield from _iter_lines(path, encoding)
        return
    if path.stat().st_size > MAX_LIST_BYTES:
        raise BadFile(f"The subscriber file {path} is one JSON list over {MAX_LIST_BYTES:,} bytes: write JSON lines.")
    found = _loads(path.read_text(encoding))
    if found is None and start[0].startswith("{") and any(is_object):
        # Its first line is broken.
        yield from _iter_lines(path, encoding)
        return
    if not isinstance(found, dict | list):
        raise BadFile(f"The subscriber file {path} begins like JSON and is neither a list of objects nor JSON lines.")
    try:
        people = _people_in(found)
    except RowError as error:
        raise BadFile(f"The subscriber file {path} cannot be read: {error}.") from error
    for place, each in enumerate(people, start=1):
        yield place, each if isinstance(each, dict) else _no_object(place, json.dumps(each))


def _people_in(found: Any, depth: int = _DEPTH) -> list[Any]:
    """Return the list of people that an answer holds under whatever name, or what was found as the only one.

    A person inside an object that says more is not parted from the rest, which may say that they left. For the same
    reason RowError is raised for several lists, and for one that is called so.
    """
    if isinstance(found, list):
        return found
    if not depth or not isinstance(found, dict) or find_column(found, FIELDS["email"]):
        return [found]
    inner = {name: _people_in(each, depth - 1) for name, each in found.items() if isinstance(each, dict | list)}
    lists = {name: people for name, people in inner.items() if any(map(_is_person, people))}
    if len(lists) > 1 or any(map(is_named_for_leavers, lists)):
        raise RowError(
            f"it holds people under {', '.join(lists)}: give each a file of its own, named for how they stand"
        )
    name = next(iter(lists), "")
    return lists[name] if name and (len(found) == 1 or not _is_person(found[name])) else [found]


def _is_person(each: Any) -> bool:
    return isinstance(each, dict) and bool(find_column(each, FIELDS["email"]))


def read_object(
    found: Mapping[str, Any], line: int, file_name: str = "", *, day_first: bool | None = None
) -> Row | Refused:
    """Return the person an object speaks of, or why they are refused; of who left, that much is taken in any case."""
    values = {plain(name): value for name, value in found.items()}
    text = _text(values, "email")
    name, address = split_name(text)
    dates = [_text(values, field) for field in ("joined", "confirmed", "left")]
    moments = [read_moment(date, day_first=day_first) for date in dates]
    joined_at, confirmed_at, left_at = moments
    # Whole, for the file of refused rows, with what the name of this one says of it.
    named = find_status_of_name(file_name)
    cells = (json.dumps({**found, **({named.value: True} if named else {})}),)
    try:
        status = _standing(found, file_name)
    except RowError as error:
        return Refused(line, text, str(error), cells)
    try:
        return Row(
            line=line,
            address=address,
            name=_name(values) or name,
            status=status,
            tags=_tags(values),
            attributes=_attributes(values) or _others(found, values),
            joined_at=joined_at,
            ip=_text(values, "ip"),
            confirmed_at=confirmed_at,
            left_at=left_at,
            unread_date=unread(zip((dates[0], dates[2]), (joined_at, left_at), strict=True)),
            cells=cells,
        )
    except RowError as error:
        if status.is_leaving:
            return Row(line, address, status=status, left_at=left_at, refusal=str(error), cells=cells)
        return Refused(line, text, str(error), cells)


def _standing(found: Mapping[str, Any], file_name: str) -> RowStatus:
    """Say how somebody stands by the same names as in a table; lists and objects say nothing else."""
    said = {name.lower(): _written(value) for name, value in found.items() if isinstance(value, _SAID)}
    for name, inner in found.items():
        if isinstance(inner, dict) and plain(name) not in _OF_THEIRS:
            flagged = flags_of(each for each, value in inner.items() if isinstance(value, _SAID))
            said |= {flag.column: _written(inner[flag.column]) for flag in flagged if flag.column not in said}
    shape = _shape_of(tuple(said))
    if shape is None:
        flags = flags_of(said)
        return judge([flag.read_of for flag in flags], said, (), file_name, question_of(flags))
    standing = shape.standing(said, file_name)
    if standing.is_leaving:
        return standing
    return strictest((standing, standing_on(found.get("lists")))) or standing


@lru_cache(maxsize=1000)
def _shape_of(names: tuple[str, ...]) -> Shape | None:
    return shape_of(names)


def unread_names(names: Iterable[str]) -> list[str]:
    """Return the names that speak of leaving or staying and that ``read_object`` does not ask."""
    return like_a_status(sorted(name for name in names if not _is_asked(name)))


def _is_asked(name: str) -> bool:
    return plain(name) in _KNOWN or bool(flags_of([name.lower()]) or statuses_of([name]))


def _written(value: str | float | None) -> str:
    return "" if value is None else str(value).strip()


def _iter_lines(path: Path, encoding: str) -> Iterator[tuple[int, Mapping[str, Any] | Refused]]:
    last = 0
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            # An answer of many people may stand in one line: each of them gets a number of its own.
            try:
                people = _people_in(_loads(line))
            except RowError as error:
                people = [Refused(number, line[:200], str(error), (line.strip(),))]
            for each in people:
                last = max(number, last + 1)
                yield last, each if isinstance(each, dict | Refused) else _no_object(last, line.strip())


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


def _text(values: Mapping[str, Any], field: str) -> str:
    for name in _NAMES[field]:
        if (found := values.get(name)) is not None:
            return str(found).strip() if isinstance(found, str | int | float | bool) else ""
    return ""


def _name(values: Mapping[str, Any]) -> str:
    inner = {plain(name): value for name, value in _attributes(values).items()}
    for said in (values, inner):
        whole, first, last = (_text(said, field) for field in ("name", "first_name", "last_name"))
        parts = (first or whole, last) if last and not (whole and first) else (whole or first,)
        if found := " ".join(filter(None, parts)):
            return found
    return ""


def _tags(values: Mapping[str, Any]) -> tuple[str, ...]:
    found = next((values[name] for name in _NAMES["tags"] if values.get(name)), ())
    if isinstance(found, str):
        return split_tags(found)
    if not isinstance(found, list):
        return ()
    names = (each.get("name", "") if isinstance(each, dict) else each for each in found)
    return tuple(dict.fromkeys(str(name) for name in names if name))


def _attributes(values: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = next((values[name] for name in _ATTRIBUTES if values.get(name)), {})
    if isinstance(found, list) and all(isinstance(each, dict) and "value" in each for each in found):
        # One object for each attribute: its name, or key, and its value.
        found = {str(each.get("name") or each.get("key")): each["value"] for each in found}
    if not isinstance(found, dict):
        raise RowError("its attributes are not an object")
    return found


def _others(found: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the plain values of an object that has no place for attributes, and that mean nothing else here."""
    if not _OF_THEIRS.isdisjoint(values):
        return {}
    said = {name: value for name, value in found.items() if isinstance(value, _SAID) and value not in (None, "")}
    return {name: said[name] for name in said if plain(name) not in _NUMBERS and not _is_asked(name)}
