"""Splits text into whole sentences with exact offsets, by rules alone; it knows nothing of stories.

A paragraph is what stands between line breaks, and no sentence crosses one. A quotation of several sentences is
one unit, so that no part of it can be printed without its quotation marks. Rules are for English newswriting and
fall back to "a stop, a space, no lower-case letter" elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.text.quotes import Quotes, find_quotes
from digest.text.shortforms import (
    BEFORE_NUMBER,
    DOMAINS,
    ENDINGS,
    NAMES_WITH_MARK,
    NEVER_LAST,
    STARTERS,
    STATES,
    TIMES,
    TITLES,
    TITLES_OR_ENDINGS,
    WHEN,
)

LONGEST_ASIDE = 300
"""Characters a parenthesis may stay open and still keep its sentences together."""

ROOM_FOR_INITIAL = 25
"""Characters a sentence must have before "Plan B. The" is read as its end and not as somebody's initial."""

_PARAGRAPH = re.compile(r"[^\n\r\v\f\x85\u2028\u2029]+")
_BULLETS = " \t\xa0\u3000•·▪▸►*"
_SPACE = re.compile(r"\s*")
_STOP = re.compile(r"[.!?…]+|[।۔؟]|[。！？]+")
_FULL_WIDTH = "。！？"
_CLOSERS = ")]}’”»'\"›」』"
_WORD_BEFORE = re.compile(r"[^\W_][\w.&'’/-]*\Z")
_NEXT = re.compile(r"[\s\"“„‘'’«»‹(\[¿¡•*`]*(?P<token>\w[\w.'’&-]*)?")
_ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}\Z")
_CAPITAL_INSIDE = re.compile(r"[^\W\d_]{1,2}-?[A-Z]")
_GLUED = re.compile(r"[\"“‘(\[]|[A-Z](?:[a-z]|\s)")
_JOINS = frozenset(".,;:–—-)]}%&/=")
_ATTRIBUTION = re.compile(
    r"\s+(?:[A-Z][\w.'’-]*\s+){1,4}(?:said|says|asked|asks|wrote|writes|added|told|wondered|shouted|replied|tweeted)\b"
)


def split(text: str) -> list[tuple[int, int]]:
    """Return ``(start, end)`` of every sentence in order: code points, no outer white space, none empty.

    Nothing but white space and the bullets of a list lies between two, so they give back the words complete.
    """
    found: list[tuple[int, int]] = []
    paragraphs = [match.span() for match in _PARAGRAPH.finditer(text) if match[0].strip()]
    for number, (start, end) in enumerate(paragraphs):
        following = _ahead(text, paragraphs[number + 1][0]) if number + 1 < len(paragraphs) else ""
        found.extend((start + a, start + b) for a, b in _split_paragraph(text[start:end], following))
    return found


def _split_paragraph(text: str, following: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of one paragraph; ``following`` is how the next one begins."""
    quotes = find_quotes(text, continues=following in ("“", '"', "„", "«"))
    start = len(text) - len(text.lstrip(_BULLETS))
    last = len(text.rstrip())
    for end in _ends(text, quotes, start, last):
        yield start, end
        start = _SPACE.match(text, end).end()  # type: ignore[union-attr] # it matches nothing, too
    if start < last:
        yield start, last


def _ahead(text: str, at: int) -> str:
    """Return the first mark or letter after white space; a few characters are looked at, so that work stays linear."""
    return text[at : at + 12].lstrip()[:1]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place where a sentence may end: the stop and what stands around it."""

    text: str
    start: int
    stop: int
    end: int
    mark: str
    word: str
    token: str
    next: str
    closed: bool
    spaced: bool

    def before_starter(self) -> bool:
        """Tell whether what follows looks like the beginning of a sentence and not like a name."""
        opens = _ahead(self.text, self.end) in ("“", '"', "‘", "«")
        return opens or self.closed or self.token.rstrip(".'’") in STARTERS


def _ends(text: str, quotes: Quotes, start: int, last: int) -> Iterator[int]:
    """Yield the offset after each sentence that ends before the paragraph does."""
    done = start
    for match in _STOP.finditer(text, start):
        if match.end() <= done:
            continue
        end = _after_closers(text, match.end(), quotes)
        if end >= last:
            return
        if quotes.holds(end):
            continue
        if match[0][0] in _FULL_WIDTH or not _objections(_spot(text, done, match, end)):
            yield end
            done = end


def _after_closers(text: str, end: int, quotes: Quotes) -> int:
    """Return the offset after the closing marks of a stop, also where a tokeniser set spaces before them."""
    while end < len(text):
        if text[end] in _CLOSERS and end not in quotes.opening:
            end += 1
        elif text[end] == " " and end + 1 in quotes.closing and not text[end + 2 : end + 3].isalnum():
            end += 2
        else:
            break
    return end


def _spot(text: str, start: int, match: re.Match[str], end: int) -> _Spot:
    word = _WORD_BEFORE.search(text, max(start, match.start() - 40), match.start())
    after = _NEXT.match(text, end)
    token = (after["token"] or "") if after else ""
    return _Spot(
        text=text,
        start=start,
        stop=match.start(),
        end=end,
        mark=match[0],
        word=word[0] if word else "",
        token=token,
        next=_ahead(text, end),
        closed=end > match.end() and text[end - 1] in '”"»',
        spaced=text[end].isspace(),
    )


def _objections(spot: _Spot) -> bool:
    """Tell whether any rule says that the sentence goes on after this stop."""
    if not spot.spaced and not _is_glued(spot):
        return True
    if _goes_on(spot) or _in_aside(spot):
        return True
    if spot.mark == ".":
        return _is_abbreviation(spot)
    if spot.word.lower() in NAMES_WITH_MARK and spot.mark == "!" and not spot.before_starter():
        return True
    return spot.closed and _ATTRIBUTION.match(spot.text, spot.end) is not None


def _is_glued(spot: _Spot) -> bool:
    """Tell whether a space was forgotten ("in time.She"): a plain word, then a capital or an opening mark."""
    if spot.token.lower().split(".")[0] in DOMAINS:
        return False
    plain = spot.closed or (spot.word.isalpha() and len(spot.word) > 1 and spot.word[1:].islower())
    return plain and _GLUED.match(spot.text, spot.end) is not None


def _goes_on(spot: _Spot) -> bool:
    """Tell whether the next mark or letter cannot begin a sentence."""
    if spot.next in _JOINS:
        return True
    if not spot.token:
        return spot.next.isalnum()
    if spot.token[0].islower():
        return _CAPITAL_INSIDE.match(spot.token) is None
    return False


def _in_aside(spot: _Spot) -> bool:
    """Tell whether the stop stands inside a parenthesis that was opened and will be closed nearby."""
    opened = spot.text.rfind("(", max(spot.start, spot.end - LONGEST_ASIDE + 1), spot.end)
    if opened < 0 or spot.text.find(")", opened, spot.end) >= 0:
        return False
    closes = spot.text.find(")", spot.end, spot.end + LONGEST_ASIDE)
    return closes >= 0 and spot.text.find("(", spot.end, closes) < 0


def _is_abbreviation(spot: _Spot) -> bool:
    """Tell whether the full stop belongs to the word before it and ends nothing."""
    word = spot.word.rsplit("/", 1)[-1]
    lower = word.lower()
    if word.isdigit():
        # "1. Fold the napkins": the number of a list, not a sentence of its own.
        near = spot.stop - spot.start <= len(word) + 4
        return near and len(word) <= 2 and spot.text[spot.start : spot.stop].strip() == word
    if word in TITLES or lower in NEVER_LAST:
        return True
    if lower in BEFORE_NUMBER and spot.token[:1].isdigit():
        return True
    if lower in TIMES:
        return spot.token.rstrip(".") in WHEN
    if len(word) == 1 and word.isalpha() and word.isupper():
        return not (spot.before_starter() and spot.stop - spot.start > ROOM_FOR_INITIAL)
    if _may_end(spot, word):
        return not spot.before_starter()
    return False


def _may_end(spot: _Spot, word: str) -> bool:
    """Tell whether the word is a short form that ends a sentence only when a clear beginning follows."""
    if word in TITLES_OR_ENDINGS or word in ENDINGS or _ACRONYM.match(word):
        return True
    party = word.startswith(("R-", "D-", "I-"))
    state = word[2:] if party else word
    if state not in STATES:
        return False
    before = spot.text[max(spot.start, spot.stop - len(word) - 4) : spot.stop - len(word)]
    return party or before.rstrip().endswith(",")
