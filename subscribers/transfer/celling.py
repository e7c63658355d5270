"""Read rows of cells from lines, and tell on which line each begins and which quotation mark is never closed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from subscribers.transfer.report import Refused

MAX_CELL = 131_072
"""The longest cell read, in characters: a quote that is never closed would swallow the rest of the file."""


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
