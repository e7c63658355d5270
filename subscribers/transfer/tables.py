"""Read a file of rows: find its separator and its header, recognise the product, and yield people one by one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from subscribers.errors import BadFile
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row, RowError
from subscribers.transfer.shape import Shape
from subscribers.transfer.shapes import SHAPES
from subscribers.transfer.shapes.generic import generic_shape

_SEPARATORS = (",", ";", "\t", "|")
MAX_CELL = 131_072
"""The longest cell read, in characters: a quote that is never closed would swallow the rest of the file."""


@dataclass(frozen=True, slots=True)
class Table:
    """How a file's rows are to be read. ``header`` is empty when the first line is a person already;
    ``others`` are the columns that become attributes.
    """

    shape: Shape
    because: str
    separator: str
    header: tuple[str, ...]
    file_name: str
    others: tuple[str, ...] = ()


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
        return Table(*_without_header(cells), separator, (), file_name)
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
    return Table(shape, because, separator, header, file_name, shape.others(header))


def iter_rows(path: Path, encoding: str, table: Table) -> Iterator[Row | Refused]:
    """Yield what each row says, or why it is refused; empty rows and comments are passed over."""
    is_headed = not table.header
    with path.open(encoding=encoding, newline="") as file:
        for line, cells in _iter_cells(file, table.separator):
            if isinstance(cells, Refused):
                yield cells
            elif not is_headed:
                is_headed = tuple(cell.lower() for cell in cells) == table.header
            elif any(cells) and (table.header or not cells[0].startswith("#")):
                yield _read(table, cells, line)


def _read(table: Table, cells: Sequence[str], line: int) -> Row | Refused:
    named = dict(zip(table.header or _positions(len(cells)), cells, strict=False))
    text = named.get(table.shape.address, "")
    try:
        _check_cells(table, cells)
        return table.shape.read(named, line, table.file_name, table.others)
    except RowError as error:
        return Refused(line, text, str(error))


def _check_cells(table: Table, cells: Sequence[str]) -> None:
    """Refuse a row whose cells cannot be told apart: a status might stand under another column's name."""
    if table.header and any(cells[len(table.header) :]):
        raise RowError(f"it has {len(cells)} cells where the header has {len(table.header)}")
    if not table.header and sum("@" in cell for cell in cells) > 1:
        raise RowError("it holds more than one address")


def _iter_cells(file: TextIO, separator: str) -> Iterator[tuple[int, list[str] | Refused]]:
    """Yield each row's stripped cells with the line it begins on."""
    csv.field_size_limit(MAX_CELL)
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=separator)
    while True:
        line, lines.quotes = reader.line_num + 1, 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Refused(line, "", f"lines {line} to {reader.line_num} cannot be read as cells: {error}")
            continue
        if lines.quotes % 2 and reader.line_num > line:
            reason = f"a quotation mark is never closed, so that lines {line} to {reader.line_num} are lost"
            yield line, Refused(line, ",".join(cells)[:200], reason)
        else:
            yield line, [cell.strip().replace("\0", "") for cell in cells]


class _Lines:
    """Hands lines to the reader and counts the quotation marks of the row it is reading."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.quotes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._file)
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


def _positions(count: int) -> list[str]:
    return [str(index) for index in range(count)]


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])
