"""Tell from its first rows what product wrote a table, and how its rows are to be read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice, takewhile
from pathlib import Path

from subscribers.errors import BadFile
from subscribers.transfer.cells import plain_cell
from subscribers.transfer.report import OWN_COLUMNS
from subscribers.transfer.shape import Shape
from subscribers.transfer.shapes import SHAPES
from subscribers.transfer.shapes.generic import generic_shape
from subscribers.transfer.spelling import FIELDS, find_column
from subscribers.transfer.standing import HINTS, flags_of, like_a_status

_SEPARATORS = (",", ";", "\t", "|")
_TITLES = 20
"""How many lines are looked at for the header."""
_LOGS = ("post_id",)
"""What only a log of single mails has: Substack's export holds one of deliveries and one of opens for each post."""


@dataclass(frozen=True, slots=True)
class Table:
    """How a file's rows are to be read. ``header`` is empty when the first line is a person already.

    ``header`` names columns as the shape does, ``written`` is it as it stands in the file, or what it would say.
    ``others`` are the columns that become attributes. ``is_later``: another table stands above it in the file.
    """

    shape: Shape
    because: str
    separator: str
    header: tuple[str, ...]
    file_name: str
    others: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    is_later: bool = False

    @property
    def tells_who_left(self) -> bool:
        """Tell whether any column, as far as its name shows, could say that somebody left."""
        asked = self.shape.statuses or flags_of(self.header) or like_a_status(self.header)
        return bool(asked or find_column(self.header, (*HINTS, *self.shape.left)))

    def is_header(self, cells: Sequence[str]) -> bool:
        """Tell whether a row is the header."""
        return _lowered(cells) == _lowered(self.written)

    def next_of(self, cells: Sequence[str]) -> Table | None:
        """Return the table that begins with a row, or None when the row is no header.

        Files that were put together keep their headers, and another file may have other columns.
        """
        if not self.header or "@" in "".join(cells):
            return None
        if self.is_header(cells):
            return self
        is_like = {*_lowered(cells)} & {*_lowered(self.written)} - {""}
        if not is_like or not find_column(cells, FIELDS["email"]):
            return None
        return _later_table(self.file_name, tuple(cells), self.separator, self.shape.day_first)


@lru_cache(maxsize=100)
def _later_table(file_name: str, cells: tuple[str, ...], separator: str, day_first: bool | None) -> Table | None:
    # A file may have thousands of headers, of a few kinds.
    try:
        return replace(_table_of(Path(file_name), cells, separator, None, day_first), is_later=True)
    except BadFile:
        return None


def recognise(
    path: Path, encoding: str, mapping: Mapping[str, str] | None = None, *, day_first: bool | None = None
) -> Table:
    """Tell how to read a table from its first rows; raises BadFile when no column can hold addresses.

    A few lines may stand before the header: a title, or when the table was made.
    """
    with path.open(encoding=encoding, newline="") as file:
        rows = list(islice(_first_rows(file), _TITLES)) or [([""], ",")]
    if not mapping and _holds_address(rows[0][0]):
        return _without_header(path, *rows[0])
    headers = takewhile(lambda row: not _holds_address(row[0]), rows) if not mapping else rows
    trouble: BadFile | None = None
    for cells, separator in headers:
        try:
            return _table_of(path, cells, separator, mapping, day_first)
        except BadFile as error:
            trouble = trouble or error
    assert trouble is not None
    raise trouble


def _first_rows(lines: Iterator[str]) -> Iterator[tuple[list[str], str]]:
    """Yield rows with the separator each has by its first line; a question in a header may go over several lines."""
    for line in lines:
        if line.strip() and not line.startswith(("#", "sep=")):
            separator = max(_SEPARATORS, key=lambda each: _outside_quotes(line).count(each))
            rows = csv.reader(chain([line], lines), delimiter=separator, skipinitialspace=True)
            try:
                yield next(rows), separator
            except csv.Error:
                # One cell is longer than any that is read: the row is refused when its turn comes.
                yield line.split(separator), separator


def _holds_address(cells: Sequence[str]) -> bool:
    return any(map(_is_address, cells))


def _is_address(cell: str) -> bool:
    """Tell whether a cell may hold an address; a handle of some network may head a column."""
    return "@" in cell.strip().lstrip("@")


def _table_of(
    path: Path, cells: Sequence[str], separator: str, mapping: Mapping[str, str] | None, day_first: bool | None
) -> Table:
    """Return the table of a header; raises BadFile when no column can hold addresses."""
    written = tuple(cell.strip().lower() for cell in cells)
    if mapping:
        shape, header = generic_shape(written, mapping, day_first=day_first), written
        because = "its columns were named by the mapping"
    else:
        shape, header, because = _by_header(written, day_first)
    if shape is None:
        raise BadFile(
            f"The subscriber file {path} has no column of addresses among: {', '.join(cells)}. "
            "Name it with a mapping, for example email=COLUMN."
        )
    if not mapping and find_column(header, _LOGS):
        raise BadFile(
            f"The file {path} is a log of mails that were sent or read, as its {find_column(header, _LOGS)} shows, and "
            "no list of people: who left may stand in it."
        )
    is_ours = header[: len(OWN_COLUMNS)] == OWN_COLUMNS
    theirs = header[len(OWN_COLUMNS) :] if is_ours else header
    known = shape.for_table(theirs)
    if is_ours:
        known, because = replace(known, plain=plain_cell), f"{because}; it holds rows refused before"
    return Table(known, because, separator, header, path.name.lower(), known.others(theirs), tuple(cells))


def _lowered(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.strip().lower() for cell in cells)


def _by_header(header: Sequence[str], day_first: bool | None) -> tuple[Shape | None, tuple[str, ...], str]:
    """Return the shape of a header, the header as the shape names its columns, and why it is that one."""
    for shape in SHAPES:
        spelled = shape.respelled(header)
        if shape.header <= frozenset(spelled) and shape.address in spelled:
            meant = shape if day_first is None else replace(shape, day_first=day_first)
            return meant, spelled, f"its header has {', '.join(sorted(shape.header))}"
    return generic_shape(header, day_first=day_first), tuple(header), "its header names a column of addresses"


def shape_of(names: Sequence[str]) -> Shape | None:
    """Return the shape of a table with these lower-case columns, spelled as its product does; None without addresses.

    For objects, whose names no one changes.
    """
    own = next((shape for shape in SHAPES if shape.header <= {*names} and shape.address in names), None)
    found = own or generic_shape(names)
    return None if found is None else found.for_table(names)


def _without_header(path: Path, cells: Sequence[str], separator: str) -> Table:
    """Take the first cell with an @ for the address and the first other one for the name."""
    address = next(index for index, cell in enumerate(cells) if _is_address(cell))
    name = next((index for index in range(len(cells)) if index != address), None)
    shape = Shape(
        name="plain lines" if name is None else "a table without a header",
        header=frozenset(),
        address=str(address),
        names=() if name is None else (str(name),),
    )
    known = {shape.address: "email", **dict.fromkeys(shape.names, "name")}
    written = tuple(known.get(str(place), f"column {place}") for place in range(len(cells)))
    because = "its first line holds an address already"
    return Table(shape, because, separator, (), path.name.lower(), written=written)


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])
