"""Reads the paragraphs of plain text, whichever way its line ends were meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WRAPPED_COLUMNS = range(45, 101)
"""Columns at which mail programs and wire services break a paragraph's lines."""

_BREAK = re.compile(r"[\r\v\f\x85\u2028\u2029]")
_SPACES = re.compile(r"[\s\xa0\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = re.compile(r"[\u200b\u2060\ufeff\xad\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_BULLET = ("•", "-", "*", "–", "·", "▪")
_ENDS = (".", "!", "?", "…", ":", "”", '"', "’", "'", ")")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph on one line with single spaces; ``start`` and ``end`` are its place in the text it came from."""

    text: str
    start: int
    end: int


def paragraphs(text: str) -> list[Paragraph]:
    """Return the paragraphs in order, none empty.

    A blank line always parts two. A single line break parts them too, unless the lines look wrapped at a column.
    """
    # One character for one, so that offsets still count in the text that was given.
    level = _BREAK.sub("\n", text.replace("\r\n", " \n"))
    found: list[Paragraph] = []
    for block in _blocks(level):
        lines = [level[start:end] for start, end in block]
        if _is_wrapped(lines):
            found.append(_paragraph(level, block[0][0], block[-1][1]))
        else:
            found.extend(_paragraph(level, start, end) for start, end in block)
    return [paragraph for paragraph in found if paragraph.text]


def _blocks(text: str) -> Iterator[list[tuple[int, int]]]:
    """Yield the lines between blank lines, each as its span."""
    block: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip():
            block.append((start, end))
        elif block:
            yield block
            block = []
        start = end + 1
    if block:
        yield block


def _is_wrapped(lines: list[str]) -> bool:
    """Tell whether one paragraph was broken into these lines at a column."""
    body = [line.rstrip() for line in lines[:-1]]
    if not body or any(line.lstrip().startswith(_BULLET) for line in lines):
        return False
    lengths = [len(line) for line in body]
    if sorted(lengths)[len(lengths) // 2] not in WRAPPED_COLUMNS or max(lengths) >= WRAPPED_COLUMNS.stop:
        return False
    return sum(not line.endswith(_ENDS) for line in body) * 2 > len(body)


def _paragraph(text: str, start: int, end: int) -> Paragraph:
    tidy = _SPACES.sub(" ", _INVISIBLE.sub("", text[start:end])).strip()
    return Paragraph(tidy, start, end)
