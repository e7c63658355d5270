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
from subscribers.transfer.spelling import FIELDS, find_column, respelled
from subscribers.transfer.standing import (
    Flag,
    Question,
    flags_of,
    is_filled,
    judge,
    question_of,
    read_hint,
    says_subscribed,
    statuses_of,
    strictest,
)
from subscribers.transfer.statuses import YES, read_status

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

    ``header`` are the columns by which the file is recognised, however they are spelled; the others may also have any
    usual name for what they hold. ``status`` says what a row's cells tell of how somebody
    stands, if anything, to which ``standing`` adds what any file may tell; ``own_name`` is a name that stands in none
    of ``names``; ``ignored`` are columns not worth keeping; every other column becomes an attribute.
    ``leavers`` are columns that only the product's files of people who left have: a row without an answer in the one
    that a table has is refused, unless the file's name says how they stand. ``statuses`` and ``hints`` are more
    columns with a status in words, and such as may hold one.
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
    statuses: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    leavers: tuple[str, ...] = ()
    question: Question | None = None
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

    def respelled(self, header: Sequence[str]) -> tuple[str, ...]:
        """Return a table's header with the columns of this shape named as the shape names them."""
        own = {self.address, *self.header, *self.names, *self.joined, *self.ip, *self.confirmed, *self.confirmed_ip}
        own.update(self.left, self.notes, self.ignored, self.used, self.judged)
        usual: dict[str, Sequence[str]] = {self.address: FIELDS["email"]}
        if len(self.names) > 1:
            usual[self.names[0]] = (*FIELDS["first_name"], *FIELDS["name"])
            usual[self.names[1]] = FIELDS["last_name"]
        if self.joined and not find_column(header, self.joined):
            usual[self.joined[0]] = FIELDS["joined"]
        fields = {"status": "status", "tags": "tags", "labels": "tags", "groups": "tags"}
        usual |= {name: FIELDS[field] for name, field in fields.items() if name in self.used}
        # What a product is recognised by has to be there as the product names it.
        others = {name: _unflagged(names) for name, names in usual.items() if name not in self.header}
        return respelled(header, own, others)

    def for_table(self, header: Sequence[str]) -> Shape:
        """Return this shape for one table, with the columns in it that say whether somebody left."""
        others = self.others(header)
        # A product's column of when they came asks nothing.
        flags = flags_of(others if self.header else (*others, *self.joined))
        statuses = (*self.statuses, *statuses_of(others))
        return replace(
            self,
            flags=flags,
            statuses=statuses,
            question=self._question(header, flags),
            used=self.used.union(statuses, (flag.column for flag in flags)),
            judged=self.judged.union(self.hints),
            left=(*self.left, *(flag.column for flag in flags if flag.is_date)),
        )

    def _question(self, header: Sequence[str], flags: Sequence[Flag]) -> Question | None:
        """Return what a row of a table must answer that says nothing else, if anything."""
        # A product's file is of those who are there unless it says otherwise; of any other table nobody knows that.
        if not self.header:
            return question_of(flags)
        there = [column for column in self.leavers if column in header]
        # With the columns of several such files it was put together of them, and of the people who are there.
        if len(there) != 1:
            return None
        return Question(there[0], f"its {there[0]} is empty, and the file's name does not say how its people stand")

    def standing(self, cells: Cells, file_name: str) -> RowStatus:
        """Say how somebody stands by their row or by the file's name; raises RowError when that is not clear."""
        readers = (self.status, *(flag.read_of for flag in self.flags), self._read_words)
        is_answered = self.leavers and says_subscribed(file_name)
        return judge(readers, cells, self.left, file_name, None if is_answered else self.question)

    def _read_words(self, cells: Cells) -> RowStatus | None:
        found = [read_status(cells.get(column, "")) for column in self.statuses]
        found += [read_hint(cells.get(column, "")) for column in self.hints]
        return strictest(found)

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


def _unflagged(names: Sequence[str]) -> list[str]:
    # "subscribed" may hold a date as well as a no: as a flag it is read for either.
    return [name for name in names if not flags_of([name])]


def split_tags(text: str) -> tuple[str, ...]:
    """Part a cell at its commas, semicolons or bars into tags, in order and without repeats."""
    if not text:
        return ()
    parts = (part.strip() for part in re.split(r"[,;|]", text))
    return tuple(dict.fromkeys(part for part in parts if part))


def unread(dates: Iterable[tuple[str, datetime | None]]) -> str:
    """Return the first text that is there and could not be read as a moment, or nothing."""
    return next((text for text, moment in dates if text and moment is None and _is_date(text)), "")


def _is_date(text: str) -> bool:
    """Tell whether a text should be a date: "subscribed" may hold a yes instead."""
    return is_filled(text) and text.lower() not in YES


def _first(cells: Cells, columns: tuple[str, ...]) -> str:
    for column in columns:
        if value := cells.get(column):
            return value
    return ""
