"""Read the rows of a table, many at once where they are plain, and yield people one by one or in blocks."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from subscribers.address import split_name
from subscribers.transfer.columns import Columns, Unread
from subscribers.transfer.cutting import MAX_CELL, Cells, cut_columns
from subscribers.transfer.plain import Plain
from subscribers.transfer.recognising import Table
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row, RowError, RowStatus
from subscribers.transfer.statuses import NO, find_status

_END = "end of the block"
_FEW = 64
"""How many lines are tried at once after a header between the rows."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows read together: who is plainly said, and by line who had to be read by themselves or cannot be taken.

    ``unread`` are the dates of the plain people that could not be read.
    """

    plain: Plain
    others: list[Row | Refused]
    unread: list[Unread] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return how many rows these are."""
        return len(self.plain.lines) + len(self.others)

    def parted(self, count: int) -> tuple[Block, Block]:
        """Return the first rows, as many as asked for, and the rest."""
        if count <= 0:
            return Block(Plain.of([]), []), self
        lines = sorted([*self.plain.lines, *(each.line for each in self.others)])
        last = lines[min(count, len(lines)) - 1] if lines else 0
        late = [place for place, line in enumerate(self.plain.lines) if line > last]
        early = [place for place, line in enumerate(self.plain.lines) if line <= last]
        first = Block(
            self.plain.without(late),
            [each for each in self.others if each.line <= last],
            [each for each in self.unread if each[0] <= last],
        )
        rest = Block(
            self.plain.without(early),
            [each for each in self.others if each.line > last],
            [each for each in self.unread if each[0] > last],
        )
        return first, rest


def iter_rows(path: Path, encoding: str, table: Table) -> Iterator[Row | Refused]:
    """Yield what each row says, or why it is refused; empty rows and comments are passed over.

    Where another header stands between the rows, as when files were put together, the rows after it are read by it.
    """
    is_headed = not table.header
    with path.open(encoding=encoding, newline="") as file:
        for line, cells in Cells(file, table.separator, 0):
            if isinstance(cells, Refused):
                yield cells
            elif not is_headed:
                is_headed = table.is_header(cells)
            elif (another := table.next_of(cells)) is not None:
                table = another
            elif any(cells) and (table.header or not cells[0].startswith("#")):
                yield _read(table, cells, line)


def iter_blocks(path: Path, encoding: str, table: Table, size: int, now: datetime) -> Iterator[Block]:
    """Yield the same people as ``iter_rows`` in blocks of about ``size`` rows, those plainly said already read."""
    if not table.header or not _columns_of(table, now).can_read:
        yield from in_blocks(iter_rows(path, encoding, table), size)
        return
    with path.open(encoding=encoding, newline="") as file:
        yield from _Reading(table, _columns_of(table, now), file, _pass_header(file, table), size, now).blocks()


def _columns_of(table: Table, now: datetime) -> Columns:
    return Columns(table.shape, table.header, table.others, table.file_name, now)


def in_blocks(rows: Iterator[Row | Refused], size: int) -> Generator[Block, None, None]:
    """Yield the rows ``size`` at a time."""
    while block := list(islice(rows, size)):
        yield Block(Plain.of([]), block)


def _pass_header(file: TextIO, table: Table) -> int:
    """Read on to the end of the header and return the number of lines read."""
    cells = Cells(file, table.separator, 0)
    for _line, found in cells:
        if not isinstance(found, Refused) and table.is_header(found):
            break
    return cells.line


@dataclass(slots=True)
class _Reading:
    """A file being read, by the table whose header came last.

    ``done`` counts the lines before the next, ``ahead`` holds lines taken from the file that were not read yet,
    ``step`` is how many are tried at once: few after a header, because another may follow soon.
    """

    table: Table
    columns: Columns
    file: Iterator[str]
    done: int
    step: int
    now: datetime
    ahead: list[str] = field(default_factory=list)

    def blocks(self) -> Iterator[Block]:
        """Yield what is left of the file."""
        size = self.step
        while lines := self.ahead[: self.step] or list(islice(self.file, self.step)):
            self.ahead = self.ahead[self.step :]
            self.step = min(self.step * 2, size)
            yield self._simple_block(lines) or self._block_of_rows(lines)

    def _simple_block(self, lines: list[str]) -> Block | None:
        """Return the people of lines each of which is a row, up to another header; None when some row is longer."""
        block = self._read(lines)
        if block is None:
            return None
        others, line, another = _up_to_header(self.table, block.others)
        if another is None:
            self.done += len(lines)
            return Block(block.plain, others, block.unread)
        before, self.ahead = lines[: line - self.done - 1], lines[line - self.done :] + self.ahead
        block = (self._read(before) if before else None) or Block(Plain.of([]), [])
        self._go_on(line, another)
        return Block(block.plain, others, block.unread)

    def _block_of_rows(self, lines: list[str]) -> Block:
        """Read one by one rows of which some go over several lines, perhaps beyond these."""
        until, taken = self.done + len(lines), iter(lines + self.ahead)
        cells = Cells(chain(taken, self.file), self.table.separator, self.done)
        rows, another = _read_named(self.table, cells, until)
        self.ahead, self.done = list(taken), cells.line
        if another is not None:
            self._go_on(self.done, another)
        return Block(Plain.of([]), rows)

    def _go_on(self, done: int, table: Table) -> None:
        self.table, self.columns, self.done, self.step = table, _columns_of(table, self.now), done, _FEW

    def _read(self, lines: list[str]) -> Block | None:
        cut = cut_columns(lines, self.table.separator, len(self.table.header), MAX_CELL)
        if cut is not None:
            return _read_columns(self.table, self.columns, cut, range(self.done + 1, self.done + len(lines) + 1))
        rows = _one_a_line(lines, self.table.separator)
        return None if rows is None else _read_block(self.table, self.columns, rows, self.done + 1)


def _up_to_header(table: Table, rows: Sequence[Row | Refused]) -> tuple[list[Row | Refused], int, Table | None]:
    """Return the rows before another table's header, its line and that table; the table's own header is dropped."""
    before: list[Row | Refused] = []
    for each in rows:
        another = table.next_of(each.cells)
        if another is None:
            before.append(each)
        elif another is not table:
            return before, each.line, another
    return before, 0, None


def _one_a_line(lines: list[str], separator: str) -> list[list[str]] | None:
    """Return the cells of each line, or None when a row goes over several lines or cannot be read as it stands."""
    # If a quotation mark were open at the end, the last line would not come out by itself.
    try:
        rows = list(csv.reader(chain(lines, [_END]), delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return None
    if len(rows) != len(lines) + 1 or rows.pop() != [_END] or "\0" in "".join(lines):
        return None
    return rows


def _read_block(table: Table, columns: Columns, rows: list[list[str]], first_line: int) -> Block:
    width = len(table.header)
    whole = [place for place, cells in enumerate(rows) if len(cells) == width]
    others: list[Row | Refused] = []
    for place, cells in enumerate(rows):
        if len(cells) != width and any(stripped := [cell.strip() for cell in cells]):
            others.append(_read(table, stripped, first_line + place))
    cut = [list(map(str.strip, column)) for column in zip(*(rows[place] for place in whole), strict=True)]
    if not cut:
        return Block(Plain.of([]), others)
    block = _read_columns(table, columns, cut, [first_line + place for place in whole])
    return Block(block.plain, sorted([*block.others, *others], key=lambda each: each.line), block.unread)


def _read_columns(table: Table, columns: Columns, cut: list[list[str]], lines: Sequence[int]) -> Block:
    """Read stripped columns; the rows that are not plain one by one."""
    plain, odd, unread = columns.read(cut, lines)
    rows = ((lines[place], [column[place] for column in cut]) for place in sorted(odd))
    return Block(plain, [_read(table, cells, line) for line, cells in rows if any(cells)], unread)


def _read_named(table: Table, cells: Cells, until: int) -> tuple[list[Row | Refused], Table | None]:
    """Read rows one by one up to a line, or to the header of another table, which is returned with them."""
    rows: list[Row | Refused] = []
    for line, found in cells:
        if isinstance(found, Refused):
            rows.append(found)
        elif (another := table.next_of(found)) is None:
            rows += [_read(table, found, line)] if any(found) else []
        elif another is not table:
            return rows, another
        if cells.line >= until:
            break
    return rows, None


def _read(table: Table, cells: Sequence[str], line: int) -> Row | Refused:
    row = _read_cells(table, cells, line)
    return replace(row, columns=table.written) if table.is_later else row


def _read_cells(table: Table, cells: Sequence[str], line: int) -> Row | Refused:
    named = dict(zip(table.header or map(str, range(len(cells))), cells, strict=False))
    text, written = named.get(table.shape.address, ""), tuple(cells)
    try:
        return table.shape.read(named, line, table.file_name, table.others, written, _trouble(table, cells))
    except RowError as error:
        leaving = _leaving_word(table, cells)
        if leaving is not None:
            return Row(line, split_name(text)[1], status=leaving, refusal=str(error), cells=written)
        return Refused(line, text, str(error), written)


def _leaving_word(table: Table, cells: Sequence[str]) -> RowStatus | None:
    """Return what a row with too many cells says of leaving, under whatever column it has come to stand."""
    if not table.header or not any(cells[len(table.header) :]):
        return None
    said = (find_status(cell) for cell in cells if cell.lower() not in NO)
    return max((each for each in said if each and each.is_leaving), key=lambda each: each.strictness, default=None)


def _trouble(table: Table, cells: Sequence[str]) -> str:
    """Say why a row cannot be taken, whatever its cells hold, or nothing."""
    # Cells that cannot be told apart: a status might stand under another column's name.
    if table.header and any(cells[len(table.header) :]):
        return f"it has {len(cells)} cells where the header has {len(table.header)}"
    if not table.header and sum("@" in cell for cell in cells) > 1:
        return "it holds more than one address"
    return "it holds a NUL, which is no text" if any("\0" in cell for cell in cells) else ""
