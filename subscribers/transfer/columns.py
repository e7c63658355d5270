"""Read many rows of a table at once, column by column; what is not plain is left to be read row by row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from subscribers.address import parse_plain
from subscribers.store import written_moment
from subscribers.transfer.moments import read_moment
from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Shape

MEMORY = 4096
"""How many judgements of each column are remembered: a list's readers share their status, tags and cities."""


class Plain(NamedTuple):
    """Somebody active whose row says no more than this, ready to be written.

    ``attributes`` is JSON, ``joined_at`` a moment as the database keeps it.
    """

    line: int
    key: str
    address: str
    name: str
    attributes: str
    joined_at: str
    tags: tuple[str, ...]


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
        self._judge = lru_cache(MEMORY)(_judge_of(shape, [header[place] for place in self._judged], file_name))
        self._moment = lru_cache(MEMORY)(_moment_of(shape.day_first, now))
        self._attributes = lru_cache(MEMORY)(_attributes_of([header[place] for place in self._others]))

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
        judged = _tuples([columns[place] for place in self._judged], len(rows))
        joined = _first_filled([columns[place] for place in self._joined], len(rows))
        others = _tuples([columns[place] for place in self._others], len(rows))
        odd = _first_filled([columns[place] for place in self._odd], len(rows))
        several = zip(lines, addresses, names, judged, joined, others, odd, strict=True)
        return [self._person(*each) for each in several]

    def _person(
        self,
        line: int,
        address: tuple[str, str] | None,
        name: str,
        judged: tuple[str, ...],
        joined: str,
        others: tuple[str, ...],
        odd: str,
    ) -> Plain | None:
        if address is None or odd:
            return None
        judgement = self._judge(judged)
        moment = self._moment(joined)
        if judgement is None or moment is None:
            return None
        tags, extra = judgement
        attributes = self._attributes(others, extra)
        return Plain(line, address[1], address[0], name, attributes, moment, tags)


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


def _attributes_of(columns: Sequence[str]) -> Callable[[tuple[str, ...], str], str]:
    def attributes(values: tuple[str, ...], own: str) -> str:
        named: Mapping[str, Any] = {column: value for column, value in zip(columns, values, strict=True) if value}
        return json.dumps({**named, **json.loads(own)})

    return attributes


def _places(header: Sequence[str], columns: Sequence[str]) -> list[int]:
    # Of two columns of one name the last counts, as in a dictionary of cells.
    last = {column: place for place, column in enumerate(header)}
    return [last[column] for column in columns if column in last]


def _tuples(columns: Sequence[Sequence[str]], count: int) -> Iterator[tuple[str, ...]] | list[tuple[str, ...]]:
    return zip(*columns, strict=True) if columns else [()] * count


def _joined_names(columns: Sequence[Sequence[str]], count: int) -> Sequence[str]:
    if len(columns) == 1:
        return columns[0]
    return [" ".join(filter(None, parts)) for parts in _tuples(columns, count)]


def _first_filled(columns: Sequence[Sequence[str]], count: int) -> Sequence[str]:
    if len(columns) == 1:
        return columns[0]
    return [next(filter(None, parts), "") for parts in _tuples(columns, count)]
