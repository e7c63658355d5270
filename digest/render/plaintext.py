"""Lays out the text twin: lines of at most 72 columns, URLs whole, nothing invisible."""

from __future__ import annotations

import re
import unicodedata

COLUMNS = 72
"""Widest line of a text mail; a URL may be wider, because a broken one does not work."""

_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u200c\u2060\ufeff]")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:\S+\Z", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


def wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """Return the text in lines of at most 72 columns, ``first`` before the first and ``rest`` before the others.

    Paragraphs (separated by line breaks) stay apart. Words are broken only where a script writes no spaces.
    """
    following = " " * columns(first) if rest is None else rest
    lines: list[str] = []
    for paragraph in _INVISIBLE.sub("", text).split("\n"):
        prefix = first if not lines else following
        lines.extend(_fill(paragraph.split(), prefix, following) or [""])
    return "\n".join(lines)


def _fill(words: list[str], first: str, rest: str) -> list[str]:
    lines: list[str] = []
    current, used = first, columns(first)
    fresh = True
    for word in _broken(words, COLUMNS - columns(rest)):
        width = columns(word)
        if not fresh and used + 1 + width > COLUMNS:
            lines.append(current)
            current, used, fresh = rest, columns(rest), True
        current += word if fresh else f" {word}"
        used += width if fresh else width + 1
        fresh = False
    return lines if fresh else [*lines, current]


def _broken(words: list[str], room: int) -> list[str]:
    """Cut words of scripts without spaces (wide characters) to the room; leave long words and URLs alone."""
    pieces: list[str] = []
    for word in words:
        if columns(word) <= room or _URL.match(word) or columns(word) == len(word):
            pieces.append(word)
            continue
        piece, used = "", 0
        for character in word:
            width = columns(character)
            if used + width > room:
                pieces.append(piece)
                piece, used = "", 0
            piece, used = piece + character, used + width
        pieces.append(piece)
    return pieces


def columns(text: str) -> int:
    """Return how many columns of a terminal the text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def capitals(text: str) -> str:
    """Return the text in capitals: how the text twin sets a label."""
    return text.upper()


def tidy(text: str) -> str:
    """Return the text with trailing spaces gone, at most one blank line in a row and one line end at its end."""
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("", text)).strip("\n") + "\n"
