"""Words, stems, names and numbers of a text: what copies, events, sections and blurbs all count.

Knows nothing of stories. English endings and stop words; for other languages the words still come out whole,
only less alike. Everything is a pure function of its text.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Function words, and the verbs of reporting that every story has: they say nothing about what a story is about.
_STOP_WORDS = """
a about above after again against all also although am among an and another any are around as at away back be
became because been before behind being below between both but by came can cannot come could did do does doing
done down during each either else even ever every few for from further get gets getting give go goes going got
had has have having he her here hers herself him himself his how however if in into is it its itself just last
least less let like made make makes making many may me might mine more most mr mrs ms much must my myself near
neither never new next no nor not now of off often on once one only onto or other others our ours ourselves out
over own per put quite rather really same saw say saying says said see seen several shall she should since so
some still such take taken tell than that the their theirs them themselves then there these they this those
though through thus to today told too took toward towards two under until up upon us use used very via was way
we well went were what when where whether which while who whom whose why will with within without would yes yet
you your yours yourself
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

_MONTHS = "january february march april may june july august september october november december"
MONTHS = tuple(_MONTHS.split())
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"
WEEKDAYS = tuple(_WEEKDAYS.split())

NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "dozen": "12", "twenty": "20", "thirty": "30", "forty": "40",
    "fifty": "50", "hundred": "100", "thousand": "1000", "million": "1000000", "billion": "1000000000",
}  # fmt: skip

_ENDINGS = ("ies", "ing", "ed", "es", "s")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# Scripts written without spaces: each sign counts as a word, so that shingles and overlaps still work.
_SIGN_OR_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[a-z0-9]+|[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME_WORD = r"[A-Z][\w'’.&-]*[\w]|[A-Z](?=[ .])\.?"
_NAME = re.compile(rf"(?:{_NAME_WORD})(?: (?:(?:of|de|del|da|di|la|le|al|bin|van|von|the) ){{0,2}}(?:{_NAME_WORD}))*")


def plain_words(text: str) -> list[str]:
    """Return every word and number of the text in lower case, in order; punctuation is dropped."""
    return _SIGN_OR_WORD.findall(text.lower())


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a lower-case word without its first fitting ending, if three letters stay; short words stay whole."""
    if len(word) <= 4:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending):
            return word[: -len(ending)] if len(word) - len(ending) >= 3 else word
    return word


@lru_cache(maxsize=65536)
def _content_stem(written: str) -> str:
    word = written.replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) < 2 or word in STOP_WORDS:
        return ""
    return stem(word)


def content_words(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order: no stop words, no single letters."""
    stems = map(_content_stem, _WORD.findall(text.lower()))
    return [each for each in stems if each]


def count_words(text: str) -> int:
    """Return how many words a reader would count: runs of signs between spaces that hold a letter or digit."""
    return sum(word[0].isalnum() or any(map(str.isalnum, word)) for word in text.split())


def numbers(text: str) -> set[str]:
    """Return the numbers written in digits, thousands separators and trailing zeros of decimals removed."""
    return {_canonical_number(found) for found in _NUMBER.findall(text)}


def _canonical_number(written: str) -> str:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", written).replace(",", ".")
    if plain.count(".") == 1:
        plain = plain.rstrip("0").rstrip(".")
    return plain.lstrip("0") or "0"


def names(text: str) -> list[str]:
    """Return runs of capitalised words in order, lower-cased: people, places, organisations, titles.

    A run that is one stop word, month or weekday is no name; a stop word that only starts a sentence
    ("The Hague" keeps its second word) is cut from the run.
    """
    found = []
    for match in _NAME.finditer(text):
        kept = _trim_name(match.group().split(" "))
        if kept:
            found.append(" ".join(kept).lower().replace("’", "'").removesuffix("'s").rstrip("."))
    return found


_NO_NAME = STOP_WORDS | set(MONTHS) | set(WEEKDAYS)


def _trim_name(parts: list[str]) -> list[str]:
    while parts and parts[0].lower().strip(".'’") in _NO_NAME:
        parts = parts[1:]
    while parts and parts[-1].lower().strip(".'’") in _NO_NAME:
        parts = parts[:-1]
    return parts if len("".join(parts)) > 1 else []


def calendar_words(text: str) -> tuple[set[str], set[str]]:
    """Return the months and the weekdays a text names (written with a capital, so that "may" is a verb)."""
    months = {word for word in MONTHS if re.search(rf"\b{word.capitalize()}\b", text)}
    return months, {word for word in WEEKDAYS if re.search(rf"\b{word.capitalize()}\b", text)}
