"""Describe a product's export as a table of columns, and read rows by it.

A product file in ``shapes/`` only says which column holds what; everything all products share stands here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from subscribers.address import split_name
from subscribers.transfer.moments import read_moment
from subscribers.transfer.row import Row, RowStatus

Cells = Mapping[str, str]
"""One row: stripped values by lower-case header; a column without a value is an empty string or is missing."""


def always_active(_cells: Cells, _file_name: str) -> RowStatus:
    """Judge everybody active: for files that only ever hold active people."""
    return RowStatus.ACTIVE


def no_tags(_cells: Cells) -> tuple[str, ...]:
    """Return no tags: for files without any."""
    return ()


def no_attributes(_cells: Cells) -> Mapping[str, Any]:
    """Return nothing: for files whose attributes are all plain columns."""
    return {}


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of file. Column names are lower-case; where several are given, the first that is filled counts.

    ``header`` are the columns by which the file is recognised; ``status`` judges a row, given its cells and the
    file's name; ``ignored`` are columns not worth keeping; every other column becomes an attribute.
    ``status``, ``tags`` and ``attributes`` read no column but those of ``used``, ``left`` and ``judged``.
    ``day_first`` is how the product writes a date like 03-04-2024, ``plain`` undoes what it does to a cell.
    """

    name: str
    header: frozenset[str]
    address: str
    names: tuple[str, ...] = ()
    status: Callable[[Cells, str], RowStatus] = always_active
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

    def read(self, cells: Cells, line: int, file_name: str, others: Collection[str]) -> Row:
        """Return the person one row speaks of; raises RowError with the reason when it cannot be taken.

        ``others`` are the columns that become attributes, as ``others`` of this shape found them in the header.
        """
        if self.plain is not str:
            cells = {column: self.plain(value) for column, value in cells.items()}
        name, address = split_name(cells.get(self.address, ""))
        return Row(
            line=line,
            address=address,
            name=" ".join(filter(None, (cells.get(column, "") for column in self.names))) or name,
            status=self.status(cells, file_name),
            tags=self.tags(cells),
            attributes={**{column: cells[column] for column in others if cells.get(column)}, **self.attributes(cells)},
            joined_at=read_moment(_first(cells, self.joined), day_first=self.day_first),
            ip=_first(cells, self.ip),
            confirmed_at=read_moment(_first(cells, self.confirmed), day_first=self.day_first),
            confirmed_ip=_first(cells, self.confirmed_ip),
            left_at=read_moment(_first(cells, self.left), day_first=self.day_first),
            note=_first(cells, self.notes),
        )

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


def _first(cells: Cells, columns: tuple[str, ...]) -> str:
    for column in columns:
        if value := cells.get(column):
            return value
    return ""
