"""Quoted-printable (RFC 2045 §6.7) for text that is encoded once and for values that are put into it.

Every value is isolated by soft line breaks, so that the length of a static line never depends on a value. No
physical line starts with a dot (nothing to stuff: RFC 5321 §4.5.2) nor with "From " (mbox files).
"""

from __future__ import annotations

import re
from functools import lru_cache

LINE_LIMIT = 76
"""Longest encoded line without its CRLF, the soft break's ``=`` included (RFC 2045 §6.7, rule 5)."""

SOFT_BREAK = b"=\r\n"

# A row's first character may grow by two bytes when it is escaped, so a cut leaves room for it and for the "=".
_ROW = LINE_LIMIT - 1 - 2

_UNSAFE_STATIC = re.compile(rb"[^ -<>-~]")
_UNSAFE_VALUE = re.compile(rb"[^!-<>-~]")
_PLAIN_VALUE = re.compile(r"(?:[!-\-/-<>-~][!-<>-~]{0,72})?\Z")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\u2028\u2029]+")


def clean_value(value: str) -> str:
    """Return the value on one line: control characters and line separators become one space, tabs stay."""
    return _CONTROLS.sub(" ", value)


@lru_cache(maxsize=256)
def _escape_byte(byte: bytes) -> bytes:
    return b"=%02X" % byte[0]


def _escape(match: re.Match[bytes]) -> bytes:
    return _escape_byte(match[0])


def encode_static(text: str, *, before_value: bool = False) -> bytes:
    """Return the quoted-printable form of a piece of text that starts at the start of a physical line.

    Line ends may be LF or CRLF and come out as CRLF; a lone CR is data. With ``before_value`` the piece ends in a
    soft break (unless it is empty or ends in a line end), so that a value can follow at the start of a line.
    """
    lines = text.replace("\r\n", "\n").encode("utf-8", "replace").split(b"\n")
    encoded = [b"".join(_rows(_encode_line(line))) for line in lines[:-1]]
    last = lines[-1]
    if last:
        # The last line goes on behind the piece: its white space is not trailing, but it needs a column for "=".
        rows = _rows(_encode_line(last, trailing=not before_value), limit=LINE_LIMIT - 1)
        encoded.append(b"".join(rows) + (SOFT_BREAK if before_value else b""))
    else:
        encoded.append(b"")
    return b"\r\n".join(encoded)


def _encode_line(line: bytes, *, trailing: bool = True) -> bytes:
    encoded = _UNSAFE_STATIC.sub(_escape, line)
    if trailing and encoded.endswith(b" "):
        encoded = encoded[:-1] + b"=20"
    return encoded


def _rows(encoded: bytes, limit: int = LINE_LIMIT) -> list[bytes]:
    """Cut an encoded line into physical rows joined by soft breaks, escaping what must not start a row."""
    rows: list[bytes] = []
    start, end = 0, len(encoded)
    while end - start > limit - 2:
        cut = _before_escape(encoded, start + _ROW)
        rows.append(_guard(encoded[start:cut]) + SOFT_BREAK)
        start = cut
    rows.append(_guard(encoded[start:]))
    return rows


def _before_escape(encoded: bytes, cut: int) -> int:
    """Move a cut to the left so that it does not stand inside an ``=XX``."""
    if encoded[cut - 1 : cut] == b"=":
        return cut - 1
    if encoded[cut - 2 : cut - 1] == b"=":
        return cut - 2
    return cut


def _guard(row: bytes) -> bytes:
    if row.startswith(b"."):
        return b"=2E" + row[1:]
    if row.startswith(b"From "):
        return b"=46" + row[1:]
    return row


def encode_value(value: str) -> bytes:
    """Return one reader's value with the soft break behind it; put it where a line starts.

    The value is not escaped for HTML here. White space, ``=``, control and non-ASCII bytes are always encoded.
    """
    if _PLAIN_VALUE.match(value):
        return value.encode("ascii") + SOFT_BREAK
    encoded = _UNSAFE_VALUE.sub(_escape, clean_value(value).encode("utf-8", "replace"))
    return b"".join(_rows(encoded, limit=LINE_LIMIT - 1)) + SOFT_BREAK
