"""Says how many there are of something."""

from __future__ import annotations


def plural(number: int, one: str) -> str:
    """Return a number with its noun, given as for one and regular: ``1 reader``, ``2 readers``."""
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
