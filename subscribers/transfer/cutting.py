"""Cut the text of a table into columns in a few steps for all of its lines; what is not simple is left to others."""

from __future__ import annotations

from collections.abc import Sequence


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
