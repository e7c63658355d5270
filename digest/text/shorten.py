"""Shortening a line to fit a subject or a list, without losing who claims it.

A headline that says "…, police claim" and is cut before the comma states as fact what was a claim; so words of
attribution and doubt are kept, even if that means cutting in the middle.
"""

from __future__ import annotations

import re

ELLIPSIS = "…"

# A clause worth stopping at must hold this share of the room, else the line is cut at a word.
_SHORTEST_CLAUSE = 0.55

_HEDGE = re.compile(
    r"\b(?:claim(?:s|ed|ing)?|alleg(?:e|es|ed|edly|ing|ations?)|accus(?:e|es|ed|ing|ations?)|reported(?:ly)?"
    r"|suspect(?:s|ed)?|den(?:y|ies|ied|ying|ials?)|apparent(?:ly)?|purported(?:ly)?|unconfirmed|rumou?red"
    r"|may|might|could|not|never|no|says?|said|warns?|according to|disput(?:e|es|ed)|unproven|threatens?)\b|\?",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"\s*[,;:]\s|\s+[–—-]\s")


def has_hedge(text: str) -> bool:
    """Tell whether the text attributes, doubts or negates."""
    return _HEDGE.search(text) is not None


def shorten(text: str, limit: int) -> str:
    """Return the text in at most ``limit`` characters, cut at a clause or a word and marked with "…".

    A clause that attributes or doubts the rest is kept: the middle is cut out before it. Runs of white space
    become one space. A limit below 2 raises ValueError.
    """
    if limit < 2:
        raise ValueError(f"cannot shorten to {limit} characters: the limit must be at least 2")
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = _cut(line, limit)
    if not _loses_a_hedge(line, head):
        return head
    return _keep_the_hedge(line, limit) or head


def _cut(line: str, limit: int) -> str:
    room = limit - len(ELLIPSIS)
    ends = [match.start() for match in _CLAUSE_END.finditer(line) if match.start() <= room]
    if ends and ends[-1] >= _SHORTEST_CLAUSE * limit:
        return line[: ends[-1]] + ELLIPSIS
    at = line.rfind(" ", 0, room + 1)
    return line[: at if at > 0 else room].rstrip(" ,;:–—-") + ELLIPSIS


def _loses_a_hedge(line: str, head: str) -> bool:
    kept = len(head) - len(ELLIPSIS)
    return any(match.end() > kept for match in _HEDGE.finditer(line))


def _keep_the_hedge(line: str, limit: int) -> str:
    last = list(_HEDGE.finditer(line))[-1]
    starts = [match.end() for match in _CLAUSE_END.finditer(line) if match.end() <= last.start()]
    tail = line[starts[-1] :] if starts else ""
    if tail and len(tail) <= 0.7 * limit:
        room = limit - len(tail) - 1
        head = _cut(line, room) if room >= 8 else ""
        if head:
            return f"{head} {tail}"
    return _window(line, last.start(), last.end(), limit)


def _window(line: str, start: int, end: int, limit: int) -> str:
    """Keep the words around ``line[start:end]``, more of those before it than after it."""
    room = limit - 2 * len(ELLIPSIS)
    if end - start > room:
        return ""
    left = start
    while (at := line.rfind(" ", 0, max(left - 1, 0))) >= -1 and left > 0 and end - (at + 1) <= room:
        left = at + 1
    right = end
    while right < len(line):
        at = line.find(" ", right + 1)
        at = len(line) if at < 0 else at
        if at - left > room:
            break
        right = at
    body = line[left:right].strip(" ,;:–—-")
    return (ELLIPSIS if left > 0 else "") + body + (ELLIPSIS if right < len(line) else "")
