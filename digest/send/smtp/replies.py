"""Reads the replies of a mail server out of the bytes that arrive. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from digest.errors import TransportError

LINE_LIMIT = 8192
"""Longest line taken: RFC 5321 §4.5.3.1.5 allows 512, real servers exceed it, and hostile ones must end somewhere."""

LINES_LIMIT = 200
"""Most lines of one reply."""

# What would move the cursor, or the words of those who read a reply on a screen.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_CODE = re.compile(rb"[2-5]\d\d")  # RFC 5321 section 4.2.1
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|\Z)")


class Reply(NamedTuple):
    """One reply: its code and the texts of its lines, as the server wrote them."""

    code: int
    lines: tuple[str, ...]

    @property
    def enhanced(self) -> str:
        """Return the enhanced status (RFC 3463), or an empty string."""
        match = _ENHANCED.match(self.lines[0])
        return match[1] if match else ""

    @property
    def text(self) -> str:
        """Return the whole reply in one line, as an operator reads it."""
        return f"{self.code} {' '.join(self.lines)}"

    @property
    def is_good(self) -> bool:
        """Tell whether the step succeeded (2xx)."""
        return 200 <= self.code < 300


def words_of(line: bytes) -> str:
    """Return what a server wrote as text for a report; a control character in it becomes a space."""
    text = line.decode("utf-8", "replace")
    return text if text.isprintable() else _CONTROL.sub(" ", text)


class ReplyReader:
    """Collects bytes into replies; what is not yet a whole reply is kept for later."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []

    @property
    def has_rest(self) -> bool:
        """Tell whether bytes came beyond the last whole reply."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Take bytes and yield the replies they complete; raises TransportError at what is not SMTP."""
        *lines, self._rest = (self._rest + data if self._rest else data).split(b"\n")
        for line in lines:
            reply = self._line(line.rstrip(b"\r"))
            if reply is not None:
                yield reply
        if len(self._rest) > LINE_LIMIT:
            raise TransportError(f"The mail server wrote a line of more than {LINE_LIMIT} bytes; it is no SMTP server.")

    def _line(self, line: bytes) -> Reply | None:
        if _CODE.match(line) is None or line[3:4] not in (b" ", b"-", b"") or len(self._lines) > LINES_LIMIT:
            raise TransportError(f"The mail server wrote {line[:80]!r}, which is no SMTP reply. Is this its mail port?")
        self._lines.append(words_of(line[4:]))
        if line[3:4] == b"-":
            return None
        reply = Reply(int(line[:3]), tuple(self._lines))
        self._lines = []
        return reply
