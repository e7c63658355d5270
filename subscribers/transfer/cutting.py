"""Cut the text of a table: into columns in a few steps for all of its lines, or into the cells of one row at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from subscribers.transfer.report import Refused

MAX_CELL = 131_072
"""The longest cell read, in characters: a quote that is never closed would swallow the rest of the file."""


def cut_columns(lines: Sequence[str], separator: str, width: int, longest: int) -> list[list[str]] | None:
    """Return the stripped cells of each column, or None unless every line holds ``width`` cells and no quote.

    None too when a line is longer than ``longest`` characters, or holds a NUL or a return that does not end it.
    """
    text = "".join(lines)
    if '"' in text or "\0" in text or max(map(len, lines)) > longest:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if not text.endswith("\n"):
        text += "\n"
    # Every end of a line becomes a cell of its own: all lines have as many cells if these stand where they should.
    cells = text.replace("\n", f"{separator}\n{separator}").split(separator)
    ends = cells[width :: width + 1]
    if "\r" in text or len(cells) != len(lines) * (width + 1) + 1 or ends.count("\n") != len(lines):
        return None
    return [list(map(str.strip, cells[place : -1 : width + 1])) for place in range(width)]


class Cells:
    """Yields each row's stripped cells with the line it begins on; ``line`` is the last line read."""

    def __init__(self, lines: Iterable[str], separator: str, before: int) -> None:
        csv.field_size_limit(MAX_CELL)
        self._lines = _Lines(iter(lines))
        self._reader = csv.reader(self._lines, delimiter=separator, skipinitialspace=True)
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
