"""Write the rows of a table, keep a spreadsheet from running what a cell holds, and undo that when it comes back."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What makes a spreadsheet run a cell as a formula (OWASP, "CSV Injection"), and the sign that stops it."""


def safe_cell(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula; ``plain_cell`` undoes it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain_cell(text: str) -> str:
    """Undo ``safe_cell``."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def csv_line(cells: Sequence[str], line_end: str = "\r\n") -> str:
    """Return one row as CSV with its line end.

    The writer is told of both signs in any case: it quotes a cell that holds one for no other reason.
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + line_end
