"""Read many rows of a table at once, column by column; what is not plain is left to be read row by row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from subscribers.address import parse_plain
from subscribers.store import written_moment
from subscribers.transfer.moments import read_moment
from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Shape

Plain = tuple[int, str, str, str, str, str, tuple[str, ...]]
"""Somebody active whose row says no more than this, ready to be written: line, key, address, name, attributes as JSON,
when they joined as the database keeps a moment, tags. A bare tuple, because an import makes a million of them."""


class Columns:
    """Reads rows of one table that have as many cells as its header, in the order of the header."""

    def __init__(
        self, shape: Shape, header: Sequence[str], others: Sequence[str], file_name: str, now: datetime
    ) -> None:
        self._shape = shape
        self._address = header.index(shape.address) if shape.address in header else None
        self._names = _places(header, shape.names)
        self._joined = _places(header, shape.joined)
        judged = shape.used | shape.judged | frozenset(shape.left)
        self._judged = _places(header, [column for column in dict.fromkeys(header) if column in judged])
        self._odd = _places(header, (*shape.ip, *shape.confirmed, *shape.confirmed_ip, *shape.left, *shape.notes))
        self._others = _places(header, others)
        self._judge = _judge_of(shape, [header[place] for place in self._judged], file_name)
        self._moment = _moment_of(shape.day_first, now)
        self._attributes = _attributes_of([header[place] for place in self._others])

    @property
    def can_read(self) -> bool:
        """Tell whether a table of this shape can be read by columns; one whose cells are disguised cannot."""
        return self._shape.plain is str and self._address is not None

    def read(self, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> list[Plain | None]:
        """Return each row's person; None for a row that has to be read by itself."""
        if not rows:
            return []
        columns = [list(map(str.strip, column)) for column in zip(*rows, strict=True)]
        assert self._address is not None
        addresses = parse_plain(columns[self._address])
        names = _joined_names([columns[place] for place in self._names], len(rows))
        judgements = _each(self._judge, _tuples([columns[place] for place in self._judged], len(rows)))
        moments = _each(self._moment, _first_filled([columns[place] for place in self._joined], len(rows)))
        own = [judgement[1] if judgement else "" for judgement in judgements]
        others = _tuples([columns[place] for place in self._others], len(rows))
        attributes_of = _each(self._attributes, list(zip(others, own, strict=True)))
        odd = _first_filled([columns[place] for place in self._odd], len(rows))
        return [
            (line, address[1], address[0], name, attributes, moment, judgement[0])
            if address and judgement and moment and not odd_cell
            else None
            for line, address, name, judgement, moment, attributes, odd_cell in zip(
                lines, addresses, names, judgements, moments, attributes_of, odd, strict=True
            )
        ]


Said = TypeVar("Said", str, tuple[str, ...], tuple[tuple[str, ...], str])
Judged = TypeVar("Judged")
Judgement = tuple[tuple[str, ...], str]


def _judge_of(shape: Shape, columns: Sequence[str], file_name: str) -> Callable[[tuple[str, ...]], Judgement | None]:
    """Return what tells the tags and own attributes of somebody active by the cells judged; None for all others."""

    def judge(values: tuple[str, ...]) -> Judgement | None:
        cells = dict(zip(columns, values, strict=True))
        try:
            if shape.status(cells, file_name) is not RowStatus.ACTIVE:
                return None
            own = json.dumps(dict(shape.attributes(cells)), allow_nan=False)
            tags = shape.tags(cells)
        except (RowError, ValueError, TypeError):
            return None
        return None if "\\u0000" in own or "\\ud" in own else (tags, own)

    return judge


def _moment_of(day_first: bool | None, now: datetime) -> Callable[[str], str | None]:
    def moment(text: str) -> str | None:
        """Write when somebody joined; None for a time to come, which only the evidence keeps."""
        found = read_moment(text, day_first=day_first) or now
        return None if found > now else written_moment(found)

    return moment


def _attributes_of(columns: Sequence[str]) -> Callable[[tuple[tuple[str, ...], str]], str]:
    def attributes(said: tuple[tuple[str, ...], str]) -> str:
        values, own = said
        if not any(values):
            return own or "{}"
        named: Mapping[str, Any] = {column: value for column, value in zip(columns, values, strict=True) if value}
        return json.dumps({**named, **json.loads(own or "{}")})

    return attributes


def _places(header: Sequence[str], columns: Sequence[str]) -> list[int]:
    # Of two columns of one name the last counts, as in a dictionary of cells.
    last = {column: place for place, column in enumerate(header)}
    return [last[column] for column in columns if column in last]


def _each(judge: Callable[[Said], Judged], said: Sequence[Said]) -> list[Judged]:
    """Judge what is said once for all rows that say the same: readers share their status, tags and cities."""
    judged = {each: judge(each) for each in set(said)}
    return [judged[each] for each in said]


def _tuples(columns: Sequence[Sequence[str]], count: int) -> list[tuple[str, ...]]:
    return list(zip(*columns, strict=True)) if columns else [()] * count


def _joined_names(columns: Sequence[Sequence[str]], count: int) -> Sequence[str]:
    if len(columns) == 1:
        return columns[0]
    return [" ".join(filter(None, parts)) for parts in _tuples(columns, count)]


def _first_filled(columns: Sequence[Sequence[str]], count: int) -> Sequence[str]:
    if len(columns) == 1:
        return columns[0]
    return [next(filter(None, parts), "") for parts in _tuples(columns, count)]
