"""Describe a product's export as a table of columns, and read rows by it.

A product file in ``shapes/`` only says which column holds what; everything all products share stands here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from subscribers.address import split_name
from subscribers.transfer.moments import read_moment
from subscribers.transfer.row import Row, RowError, RowStatus
from subscribers.transfer.standing import Flag, flags_of, is_filled, judge

Cells = Mapping[str, str]
"""One row: stripped values by lower-case header; a column without a value is an empty string or is missing."""


def no_status(_cells: Cells) -> None:
    """Say nothing of how somebody stands: for files without a column for it."""


def no_tags(_cells: Cells) -> tuple[str, ...]:
    """Return no tags: for files without any."""
    return ()


def no_name(_cells: Cells) -> str:
    """Return no name: for files whose names are plain columns."""
    return ""


def no_attributes(_cells: Cells) -> Mapping[str, Any]:
    """Return nothing: for files whose attributes are all plain columns."""
    return {}


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of file. Column names are lower-case; where several are given, the first that is filled counts.

    ``header`` are the columns by which the file is recognised; ``status`` says what a row's cells tell of how somebody
    stands, if anything, to which ``standing`` adds what any file may tell; ``own_name`` is a name that stands in none
    of ``names``; ``ignored`` are columns not worth keeping; every other column becomes an attribute.
    ``status``, ``own_name``, ``tags`` and ``attributes`` read no column but those of ``used``, ``left`` and
    ``judged``.
    ``day_first`` is how the product writes a date like 03-04-2024, ``plain`` undoes what it does to a cell.
    """

    name: str
    header: frozenset[str]
    address: str
    names: tuple[str, ...] = ()
    own_name: Callable[[Cells], str] = no_name
    status: Callable[[Cells], RowStatus | None] = no_status
    flags: tuple[Flag, ...] = ()
    tags: Callable[[Cells], tuple[str, ...]] = no_tags
    attributes: Callable[[Cells], Mapping[str, Any]] = no_attributes
    joined: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    confirmed_ip: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ignored: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    judged: frozenset[str] = frozenset()
    day_first: bool | None = None
    plain: Callable[[str], str] = str

    def for_table(self, header: Sequence[str]) -> Shape:
        """Return this shape for one table, with the columns in it that answer whether somebody left."""
        flags = flags_of(self.others(header))
        return replace(
            self,
            flags=flags,
            used=self.used | {flag.column for flag in flags},
            left=(*self.left, *(flag.column for flag in flags if flag.is_date)),
        )

    def standing(self, cells: Cells, file_name: str) -> RowStatus:
        """Say how somebody stands by their row or by the file's name; raises RowError when that is not clear."""
        # A product's file is of those who are there unless it says otherwise; of any other table nobody knows that.
        return judge(self.status, self.flags, cells, self.left, file_name, must_answer=not self.header)

    def read(
        self,
        cells: Cells,
        line: int,
        file_name: str,
        others: Collection[str],
        written: tuple[str, ...] = (),
        trouble: str = "",
    ) -> Row:
        """Return the person one row speaks of; raises RowError with the reason when it cannot be taken.

        ``others`` are the columns that become attributes, as ``others`` of this shape found them in the header;
        ``written`` are the cells in the order of the file; ``trouble`` is why the row cannot be taken whatever it
        holds. Of who left, that much is taken in any case.
        """
        if self.plain is not str:
            cells = {column: self.plain(value) for column, value in cells.items()}
        name, address = split_name(cells.get(self.address, ""))
        status = self.standing(cells, file_name)
        joined, confirmed, left = (_first(cells, columns) for columns in (self.joined, self.confirmed, self.left))
        joined_at, confirmed_at, left_at = (
            read_moment(text, day_first=self.day_first) for text in (joined, confirmed, left)
        )
        try:
            if trouble:
                raise RowError(trouble)
            return Row(
                line=line,
                address=address,
                name=" ".join(filter(None, (cells.get(each, "") for each in self.names)))
                or name
                or self.own_name(cells),
                status=status,
                tags=self.tags(cells),
                attributes={**{each: cells[each] for each in others if cells.get(each)}, **self.attributes(cells)},
                joined_at=joined_at,
                ip=_first(cells, self.ip),
                confirmed_at=confirmed_at,
                confirmed_ip=_first(cells, self.confirmed_ip),
                left_at=left_at,
                note=_first(cells, self.notes),
                unread_date=unread(((joined, joined_at), (confirmed, confirmed_at), (left, left_at))),
                cells=written,
            )
        except RowError as error:
            if not status.is_leaving:
                raise
            return Row(line, address, status=status, left_at=left_at, refusal=str(error), cells=written)

    def others(self, header: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of a header that have no meaning of their own here and become attributes."""
        several = (self.names, self.joined, self.ip, self.confirmed, self.confirmed_ip, self.left)
        taken = self.ignored | self.used | {self.address} | {column for columns in several for column in columns}
        return tuple(column for column in header if column and column not in taken)


def split_tags(text: str) -> tuple[str, ...]:
    """Part a cell at its commas, semicolons or bars into tags, in order and without repeats."""
    if not text:
        return ()
    parts = (part.strip() for part in re.split(r"[,;|]", text))
    return tuple(dict.fromkeys(part for part in parts if part))


def unread(dates: Iterable[tuple[str, datetime | None]]) -> str:
    """Return the first text that is there and could not be read as a moment, or nothing."""
    return next((text for text, moment in dates if text and moment is None and is_filled(text)), "")


def _first(cells: Cells, columns: tuple[str, ...]) -> str:
    for column in columns:
        if value := cells.get(column):
            return value
    return ""
