"""When two accounts are of one event beyond doubt: enough rare words that are no names, and nothing against it.

Two stories of one person, club or product share its names whatever happened to it, so names prove little. What proves
more are the plain words of the happening itself, weighed by how rare they are in a news archive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from digest.model import Story
from digest.text import words

LEDE_CHARACTERS = 450
LEAST_PLAIN_WORDS = 7
LEAST_EVIDENCE = 20.0
"""Points of `evidence` below which an editor is asked. On newsroom-like days 15 to 25 give much the same precision."""
RAREST = 6
OTHER_NAMES_COST = 0.4
LEAST_TEMPLATE_WORDS = 4

_WRITTEN = re.compile(r"[A-Za-z][\w'’-]*")
_TOKEN = re.compile(r"[A-Za-z0-9&.'-]+")
_PERIOD = re.compile(
    r"\b(?:first|second|third|fourth|1st|2nd|3rd|4th)[- ](?:fiscal[- ])?quarter|\b(?:19|20)\d\d\b", re.I
)

Weigh = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Account:
    """What one story offers as proof: plain words, words only ever written with a capital, periods, its first line."""

    plain: frozenset[str]
    names: frozenset[str]
    periods: frozenset[str]
    line: tuple[str, ...]


def account(story: Story) -> Account:
    """Read the headline and the first part of the body."""
    text = f"{story.headline}\n{story.text[:LEDE_CHARACTERS]}"
    capital: set[str] = set()
    small: set[str] = set()
    for match in _WRITTEN.finditer(text):
        (small if match.group()[0].islower() else capital).update(words.content_words(match.group()))
    line = (story.headline or story.text.split(". ")[0])[:200]
    plain = frozenset(word for word in small if not any(sign.isdigit() for sign in word))
    periods = frozenset(match.group().lower() for match in _PERIOD.finditer(text))
    return Account(plain, frozenset(capital - small), periods, tuple(_TOKEN.findall(line)))


def evidence(one: Account, other: Account, weigh: Weigh, likeness: float) -> float:
    """Return how much speaks for one event: rare shared words, less the names each has alone, scaled by the rest.

    ``likeness`` in 0..1 is the pair score with its time factor; ``weigh`` gives a word's rarity (idf).
    """
    rare = sorted((weigh(word) for word in one.plain & other.plain), reverse=True)[:RAREST]
    alone = min(_total(one.names - other.names, weigh), _total(other.names - one.names, weigh))
    common = min(1.0, 3 * _cosine(one.names, other.names, weigh))
    return (sum(rare) - OTHER_NAMES_COST * alone) * likeness * common


def contradiction(one: Account, other: Account) -> str:
    """Say what parts two accounts that may look alike, or return an empty string."""
    if one.periods and other.periods and not one.periods & other.periods:
        return "another quarter or year"
    if _is_one_template(one.line, other.line):
        return "the same line with another name"
    return ""


def is_certain(one: Account, other: Account, weigh: Weigh, likeness: float) -> bool:
    """Tell whether two accounts may be merged without asking an editor."""
    if len(one.plain & other.plain) < LEAST_PLAIN_WORDS or contradiction(one, other):
        return False
    return evidence(one, other, weigh, likeness) >= LEAST_EVIDENCE


def _is_one_template(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Two lines alike but for names and figures: forms and notices that are issued for one company after another."""
    ours, theirs = {word.lower() for word in one}, {word.lower() for word in other}
    mine = [word for word in one if word.lower() not in theirs]
    yours = [word for word in other if word.lower() not in ours]
    shared = len(ours & theirs)
    if shared < LEAST_TEMPLATE_WORDS or not (mine and yours) or 2 * max(len(mine), len(yours)) > shared:
        return False
    return all(word[0].isupper() or word[0].isdigit() for word in (*mine, *yours))


def _total(names: Set[str], weigh: Weigh) -> float:
    return sum(weigh(word) for word in sorted(names))


def _cosine(one: Set[str], other: Set[str], weigh: Weigh) -> float:
    squares = [sum(weigh(word) ** 2 for word in sorted(each)) for each in (one & other, one, other)]
    return squares[0] / (squares[1] * squares[2]) ** 0.5 if squares[1] and squares[2] else 0.0
