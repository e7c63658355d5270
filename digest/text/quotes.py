"""Finds the quotations of a paragraph, whatever marks it uses; the sentence splitter keeps them whole."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

LONGEST_DOUBTFUL = 400
"""Characters between two straight marks with spaces on both sides of the first: beyond it the first is a stray."""

_DOUBLE = re.compile("[\"“”„«»]|``|''")
_SINGLE_OPEN = re.compile(r"(?<![\w’'.,!?])[‘'](?=[^\W_])(?!(?:\d0s|tis|twas|em|til|cause|n)\b)", re.IGNORECASE)
_SINGLE_CLOSE = re.compile(r"(?<=[\w.,!?…%)])[’'](?!\w)")
_CLOSES = {"“": "”", "„": "“”", "«": "»", '"': '"', "``": "''"}


@dataclass(frozen=True, slots=True)
class Quotes:
    """Where quotations open and close in one paragraph, as offsets of their marks.

    ``spans`` are the closed ones, in order and without overlap, as (opening mark, closing mark).
    """

    spans: tuple[tuple[int, int], ...]
    opening: frozenset[int]
    closing: frozenset[int]

    def holds(self, end: int) -> bool:
        """Tell whether a cut at this offset would leave one half of a quotation without its mark."""
        place = bisect_right(self.spans, (end, -1)) - 1
        return place >= 0 and self.spans[place][0] < end <= self.spans[place][1]


def find_quotes(text: str, *, continues: bool = False) -> Quotes:
    """Pair the quotation marks of one paragraph.

    A straight mark opens or closes by the space beside it, and by turns where both sides look alike. A mark that
    opens while another is open starts anew, and after a stop what was open counts as one quotation: newspapers open
    each paragraph of a long quotation again, and feeds run such paragraphs together. A quotation without an end
    reaches the paragraph's end only if the next paragraph ``continues`` it with an opening mark.
    """
    spans: list[tuple[int, int]] = []
    opening: set[int] = set()
    closing: set[int] = set()
    current: tuple[int, str] | None = None
    for match in _DOUBLE.finditer(text):
        mark = match[0]
        if current is not None and _closes(text, match, current):
            spans.append((current[0], match.end() - 1))
            closing.update(range(match.start(), match.end()))
            current = None
        elif _opens(text, match):
            said = text[max(0, match.start() - 4) : match.start()].rstrip()
            if current is not None and said.endswith((".", "!", "?", "…")):
                spans.append((current[0], max(0, match.start() - 4) + len(said) - 1))
            current = (match.start(), mark)
            opening.update(range(match.start(), match.end()))
    if current is not None and continues:
        spans.append((current[0], len(text)))
    spans.extend(_single_spans(text, spans))
    return Quotes(tuple(sorted(spans)), frozenset(opening), frozenset(closing))


def _opens(text: str, match: re.Match[str]) -> bool:
    """Tell whether this mark may begin a quotation: a straight one that leans on the word before it does not."""
    if match[0] != '"':
        return match[0] not in ("”", "»", "''")
    leans_back = match.start() > 0 and not (text[match.start() - 1].isspace() or text[match.start() - 1] in "([—–-")
    return not leans_back or text[match.end() : match.end() + 1].isalnum()


def _closes(text: str, match: re.Match[str], opened: tuple[int, str]) -> bool:
    """Tell whether this mark ends the quotation that another one opened."""
    at, opened_by = opened
    if match[0] not in _CLOSES[opened_by]:
        return False
    if opened_by != '"':
        return True
    if text[match.start() - 1].isspace() and text[match.end() : match.end() + 1].isalnum():
        return False
    doubtful = text[at + 1 : at + 2].isspace()
    return not doubtful or match.start() - at <= LONGEST_DOUBTFUL


def _single_spans(text: str, doubles: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return quotations in single marks that lie outside of the double ones; an apostrophe opens nothing."""
    found: list[tuple[int, int]] = []
    starts = [start for start, _ in doubles]
    done = 0
    for match in _SINGLE_OPEN.finditer(text):
        at = match.start()
        place = bisect_right(starts, at)
        if at < done or (place and at <= doubles[place - 1][1]):
            continue
        close = _SINGLE_CLOSE.search(text, at + 1)
        if close is None:
            break
        if place == len(doubles) or doubles[place][0] > close.start():
            found.append((at, close.start()))
        done = close.start()
    return found
