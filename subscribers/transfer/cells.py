"""Keep a spreadsheet from running what a cell holds, and undo it when our own table comes back."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What makes a spreadsheet run a cell as a formula (OWASP, "CSV Injection"), and the sign that stops it."""


def safe_cell(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula; ``plain_cell`` undoes it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain_cell(text: str) -> str:
    """Undo ``safe_cell``."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
