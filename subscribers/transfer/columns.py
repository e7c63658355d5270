"""Read many rows of a table at once, column by column; what is not plain is left to be read row by row."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import TypeVar

from subscribers import written
from subscribers.address import parse_plain
from subscribers.transfer.moments import read_moment
from subscribers.transfer.plain import Plain
from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.shape import Shape, unread

_MOMENTS = 20_000
"""How many moments are remembered: where a file has days only, its readers share a few thousand."""


class Columns:
    """Reads rows of one table that have as many cells as its header, in the order of the header."""

    def __init__(
        self, shape: Shape, header: Sequence[str], others: Sequence[str], file_name: str, now: datetime
    ) -> None:
        self._shape = shape
        self._address = next(iter(_places(header, (shape.address,))), None)
        self._names = _places(header, shape.names)
        self._joined = _places(header, shape.joined)
        judged = shape.used | shape.judged | frozenset(shape.left)
        self._judged = _places(header, [column for column in dict.fromkeys(header) if column in judged])
        self._odd = _places(header, (*shape.ip, *shape.confirmed, *shape.confirmed_ip, *shape.left, *shape.notes))
        self._others = _places(header, list(dict.fromkeys(others)))
        self._judge = _judge_of(shape, [header[place] for place in self._judged], file_name)
        self._moment, self._now = _moment_of(shape.day_first, now), written.moment(now)
        self._attributes_with = _writer_of([header[place] for place in self._others])
        self._attributes = _with_nothing(self._attributes_with)

    @property
    def can_read(self) -> bool:
        """Tell whether a table of this shape can be read by columns; one whose cells are disguised cannot."""
        return self._shape.plain is str and self._address is not None

    def read(self, columns: Sequence[Sequence[str]], lines: Sequence[int]) -> tuple[Plain, set[int], list[Unread]]:
        """Return the plain people of stripped columns, and the places of rows that have to be read by themselves.

        Last come the dates of the plain people that could not be read.
        """
        assert self._address is not None
        count = len(lines)
        found = parse_plain(columns[self._address])
        judged = _each(self._judge, _together([columns[place] for place in self._judged], count))
        dates = _first_filled([columns[place] for place in self._joined], count)
        moments = _each(self._moment, dates)
        odd = found.odd | _places_of_none(judged) | _places_of_none(moments)
        for place in self._odd:
            odd |= _filled_places(columns[place])
        plain = Plain(
            lines=list(lines),
            keys=found.keys,
            addresses=found.written,
            names=_joined_names([columns[place] for place in self._names], count),
            attributes=self._written(columns, [each[1] if each else "" for each in judged]),
            joined=[moment or "" for moment in moments],
            tags=[each[0] if each else () for each in judged],
        )
        return plain.without(odd), odd, self._unread(dates, moments, lines, odd)

    def _unread(
        self, dates: Sequence[str], moments: Sequence[str | None], lines: Sequence[int], odd: Collection[int]
    ) -> list[Unread]:
        # What could not be read became the present moment: where there is none of it, nothing is looked at.
        if not self._joined or self._now not in moments:
            return []
        places = (place for place, moment in enumerate(moments) if moment == self._now and place not in odd)
        return [(lines[place], dates[place]) for place in places if self._is_unread(dates[place])]

    def _is_unread(self, date: str) -> bool:
        return bool(unread([(date, read_moment(date, day_first=self._shape.day_first))]))

    def _written(self, columns: Sequence[Sequence[str]], own: Sequence[str]) -> list[str]:
        others = [columns[place] for place in self._others]
        if not others:
            return [each or "{}" for each in own]
        # Most shapes say nothing themselves: then the cells alone are looked up, a single column as it stands.
        if not any(each not in ("", "{}") for each in set(own)):
            return _each(self._attributes, _together(others, len(own)))
        return _each(self._attributes_with, list(zip(*others, own, strict=True)))


Unread = tuple[int, str]
"""A line and its text that should be a time and is none."""

Cells = str | tuple[str, ...]
"""The cells of one row that are looked at together; a single one as it stands, which is found sooner."""

Said = TypeVar("Said", str, Cells, tuple[str, ...])
Judged = TypeVar("Judged")
Judgement = tuple[tuple[str, ...], str]


def _judge_of(shape: Shape, columns: Sequence[str], file_name: str) -> Callable[[Cells], Judgement | None]:
    """Return what tells the tags and own attributes of somebody active by the cells judged; None for all others."""

    def judge(said: Cells) -> Judgement | None:
        cells = dict(zip(columns, (said,) if isinstance(said, str) else said, strict=True))
        try:
            if shape.standing(cells, file_name) is not RowStatus.ACTIVE or shape.own_name(cells):
                return None
            own = written.attributes(shape.attributes(cells))
            tags = shape.tags(cells)
        except (RowError, ValueError, TypeError):
            return None
        return None if "\\u0000" in own or "\\ud" in own else (tags, own)

    return judge


def _moment_of(day_first: bool | None, now: datetime) -> Callable[[str], str | None]:
    @lru_cache(maxsize=_MOMENTS)
    def moment(text: str) -> str | None:
        """Write when somebody joined; None for a time to come, which only the evidence keeps."""
        found = read_moment(text, day_first=day_first) or now
        return None if found > now else written.moment(found)

    return moment


def _writer_of(columns: Sequence[str]) -> Callable[[tuple[str, ...]], str]:
    names = list(map(written.attribute, columns))

    def write(said: tuple[str, ...]) -> str:
        """Write the filled cells as a JSON object; what a shape says itself stands last and counts more."""
        *values, own = said
        named = [name + encode_basestring_ascii(value) for name, value in zip(names, values, strict=True) if value]
        if own in ("", "{}"):
            return written.joined(named)
        return written.attributes({**json.loads(written.joined(named)), **json.loads(own)})

    return write


def _places(header: Sequence[str], columns: Sequence[str]) -> list[int]:
    # Of two columns of one name the last counts, as in a dictionary of cells.
    last = {column: place for place, column in enumerate(header)}
    return [last[column] for column in columns if column in last]


def _each(judge: Callable[[Said], Judged], said: Sequence[Said]) -> list[Judged]:
    """Judge what is said once for all rows that say the same: readers share their status, tags and cities."""
    judged = {each: judge(each) for each in set(said)}
    return [judged[each] for each in said] if len(judged) > 1 else list(judged.values()) * len(said)


def _places_of_none(found: Sequence[object]) -> set[int]:
    return {place for place, each in enumerate(found) if each is None} if None in found else set()


def _filled_places(column: Sequence[str]) -> set[int]:
    return {place for place, cell in enumerate(column) if cell} if any(column) else set()


def _with_nothing(write: Callable[[tuple[str, ...]], str]) -> Callable[[Cells], str]:
    return lambda said: write((said, "") if isinstance(said, str) else (*said, ""))


def _together(columns: Sequence[Sequence[str]], count: int) -> Sequence[Cells]:
    return columns[0] if len(columns) == 1 else _tuples(columns, count)


def _tuples(columns: Sequence[Sequence[str]], count: int) -> list[tuple[str, ...]]:
    return list(zip(*columns, strict=True)) if columns else [()] * count


def _joined_names(columns: Sequence[Sequence[str]], count: int) -> list[str]:
    if len(columns) == 1:
        return list(columns[0])
    return [" ".join(filter(None, parts)) for parts in _tuples(columns, count)]


def _first_filled(columns: Sequence[Sequence[str]], count: int) -> Sequence[str]:
    if len(columns) == 1:
        return columns[0]
    return [next(filter(None, parts), "") for parts in _tuples(columns, count)]
