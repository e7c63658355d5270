"""Read a file of rows: find its separator and its header, recognise the product, and yield people one by one."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from subscribers.address import split_name
from subscribers.errors import BadFile
from subscribers.transfer.cells import plain_cell
from subscribers.transfer.columns import Columns, Unread
from subscribers.transfer.cutting import cut_columns
from subscribers.transfer.plain import Plain
from subscribers.transfer.report import OWN_COLUMNS, Refused
from subscribers.transfer.row import Row, RowError, RowStatus
from subscribers.transfer.shape import Shape
from subscribers.transfer.shapes import SHAPES
from subscribers.transfer.shapes.generic import generic_shape
from subscribers.transfer.statuses import NO, find_status

_SEPARATORS = (",", ";", "\t", "|")
_END = "end of the block"
MAX_CELL = 131_072
"""The longest cell read, in characters: a quote that is never closed would swallow the rest of the file."""


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


@dataclass(frozen=True, slots=True)
class Table:
    """How a file's rows are to be read. ``header`` is empty when the first line is a person already.

    ``others`` are the columns that become attributes; ``written`` is the header as it stands in the file, or what a
    header would say.
    """

    shape: Shape
    because: str
    separator: str
    header: tuple[str, ...]
    file_name: str
    others: tuple[str, ...] = ()
    written: tuple[str, ...] = ()


def recognise(
    path: Path, encoding: str, mapping: Mapping[str, str] | None = None, *, day_first: bool | None = None
) -> Table:
    """Tell how to read a table from its first rows; raises BadFile when no column can hold addresses."""
    with path.open(encoding=encoding, newline="") as file:
        first = next((line for line in file if line.strip() and not line.startswith(("#", "sep="))), "")
    separator = max(_SEPARATORS, key=lambda each: _outside_quotes(first).count(each))
    cells = next(csv.reader([first], delimiter=separator), [])
    file_name = path.name.lower()
    if any("@" in cell for cell in cells) and not mapping:
        lines, because = _without_header(cells)
        return Table(lines, because, separator, (), file_name, written=_named_for(lines, len(cells)))
    header = tuple(cell.strip().lower() for cell in cells)
    if mapping:
        shape = generic_shape(header, mapping, day_first=day_first)
        because = "its columns were named by the mapping"
    else:
        shape, because = _by_header(header, day_first)
    if shape is None:
        raise BadFile(
            f"The subscriber file {path} has no column of addresses among: {', '.join(cells)}. "
            "Name it with a mapping, for example email=COLUMN."
        )
    is_ours = header[: len(OWN_COLUMNS)] == OWN_COLUMNS
    theirs = header[len(OWN_COLUMNS) :] if is_ours else header
    known = shape.for_table(theirs)
    if is_ours:
        known, because = replace(known, plain=plain_cell), f"{because}; it holds rows refused before"
    return Table(known, because, separator, header, file_name, known.others(theirs), tuple(cells))


def iter_rows(path: Path, encoding: str, table: Table) -> Iterator[Row | Refused]:
    """Yield what each row says, or why it is refused; empty rows and comments are passed over."""
    is_headed = not table.header
    with path.open(encoding=encoding, newline="") as file:
        for line, cells in _Cells(file, table.separator, 0):
            if isinstance(cells, Refused):
                yield cells
            elif not is_headed:
                is_headed = tuple(cell.lower() for cell in cells) == table.header
            elif any(cells) and (table.header or not cells[0].startswith("#")):
                yield _read(table, cells, line)


def iter_blocks(path: Path, encoding: str, table: Table, size: int, now: datetime) -> Iterator[Block]:
    """Yield the same people as ``iter_rows`` in blocks of about ``size`` rows, those plainly said already read."""
    columns = Columns(table.shape, table.header, table.others, table.file_name, now)
    if not table.header or not columns.can_read:
        yield from in_blocks(iter_rows(path, encoding, table), size)
        return
    with path.open(encoding=encoding, newline="") as file:
        done = _pass_header(file, table)
        while lines := list(islice(file, size)):
            cut = cut_columns(lines, table.separator, len(table.header), MAX_CELL)
            if cut is not None:
                yield _read_columns(table, columns, cut, range(done + 1, done + len(lines) + 1))
                done += len(lines)
                continue
            rows = _one_a_line(lines, table.separator)
            if rows is not None:
                yield _read_block(table, columns, rows, done + 1)
                done += len(lines)
                continue
            # Some row goes over several lines, perhaps beyond this block: count each, then go on in blocks.
            cells = _Cells(chain(lines, file), table.separator, done)
            yield Block(Plain.of([]), list(_iter_named(table, cells, until=done + len(lines))))
            done = cells.line


def in_blocks(rows: Iterator[Row | Refused], size: int) -> Generator[Block, None, None]:
    """Yield the rows ``size`` at a time."""
    while block := list(islice(rows, size)):
        yield Block(Plain.of([]), block)


def _pass_header(file: TextIO, table: Table) -> int:
    """Read on to the end of the header and return the number of lines read."""
    cells = _Cells(file, table.separator, 0)
    for _line, found in cells:
        if not isinstance(found, Refused) and tuple(cell.lower() for cell in found) == table.header:
            break
    return cells.line


def _one_a_line(lines: list[str], separator: str) -> list[list[str]] | None:
    """Return the cells of each line, or None when a row goes over several lines or cannot be read as it stands."""
    # If a quotation mark were open at the end, the last line would not come out by itself.
    try:
        rows = list(csv.reader(chain(lines, [_END]), delimiter=separator))
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


def _iter_named(table: Table, cells: _Cells, until: int) -> Iterator[Row | Refused]:
    for line, found in cells:
        if isinstance(found, Refused):
            yield found
        elif any(found):
            yield _read(table, found, line)
        if cells.line >= until:
            return


def _read(table: Table, cells: Sequence[str], line: int) -> Row | Refused:
    named = dict(zip(table.header or _positions(len(cells)), cells, strict=False))
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


class _Cells:
    """Yields each row's stripped cells with the line it begins on; ``line`` is the last line read."""

    def __init__(self, lines: Iterable[str], separator: str, before: int) -> None:
        csv.field_size_limit(MAX_CELL)
        self._lines = _Lines(iter(lines))
        self._reader = csv.reader(self._lines, delimiter=separator)
        self._before = before

    @property
    def line(self) -> int:
        """Return how many lines were read, those before the first included."""
        return self._before + self._reader.line_num

    def __iter__(self) -> Iterator[tuple[int, list[str] | Refused]]:
        return self

    def __next__(self) -> tuple[int, list[str] | Refused]:
        line, self._lines.quotes = self.line + 1, 0
        try:
            cells = next(self._reader)
        except csv.Error as error:
            return line, Refused(line, "", f"lines {line} to {self.line} cannot be read as cells: {error}")
        if self._lines.quotes % 2 and self.line > line:
            reason = f"a quotation mark is never closed, so that lines {line} to {self.line} are lost"
            return line, Refused(line, ",".join(cells)[:200], reason)
        return line, [cell.strip() for cell in cells]


class _Lines:
    """Hands lines to the reader and counts the quotation marks of the row it is reading."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.quotes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.quotes += line.count('"')
        return line


def _by_header(header: Sequence[str], day_first: bool | None) -> tuple[Shape | None, str]:
    columns = frozenset(header)
    for shape in SHAPES:
        if shape.header <= columns:
            return shape, f"its header has {', '.join(sorted(shape.header))}"
    return generic_shape(header, day_first=day_first), "its header names a column of addresses"


def _without_header(cells: Sequence[str]) -> tuple[Shape, str]:
    """Take the first cell with an @ for the address and the first other one for the name."""
    address = next(index for index, cell in enumerate(cells) if "@" in cell)
    name = next((index for index in range(len(cells)) if index != address), None)
    shape = Shape(
        name="plain lines" if name is None else "a table without a header",
        header=frozenset(),
        address=str(address),
        names=() if name is None else (str(name),),
    )
    return shape, "its first line holds an address already"


def _named_for(shape: Shape, count: int) -> tuple[str, ...]:
    """Return what a header of a table without one would say."""
    known = {shape.address: "email", **dict.fromkeys(shape.names, "name")}
    return tuple(known.get(place, f"column {place}") for place in _positions(count))


def _positions(count: int) -> list[str]:
    return [str(index) for index in range(count)]


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])
