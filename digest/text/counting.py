"""Says how many there are of something."""

from __future__ import annotations


def plural(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 reader``, ``2 readers``; ``many`` is for a noun that takes more than an s."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
