"""The one-line forms: a brief's line, an edition's subject and its preheader."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.model import Item, Story
from digest.text.sentences import split
from digest.text.shorten import ELLIPSIS, shorten
from digest.text.words import content_words

_SLOT = re.compile(r"\{(\w+)\}")
LEAST_FROM_BLURB = 25
"""A preheader cut shorter than this from the blurb says nothing; the next headlines say more."""


def one_line(story: Story) -> str:
    """Return the line of a brief: the newsroom's short headline, else its headline, in one line."""
    return " ".join((story.short_headline or story.headline).split())


def subject_of(item: Item, *, pattern: str = "", limit: int = 60, short_headline: str = "", name: str = "") -> str:
    """Return a subject of at most ``limit`` characters from the lead item.

    ``pattern`` may hold ``{headline}``, ``{kicker}`` and ``{newsletter}`` (filled with ``name``); the headline is
    shortened to the room the rest leaves, never losing "claims" or "alleged". Raises ValueError on another slot.
    """
    headline = " ".join((short_headline or item.headline).split())
    values = {"headline": headline, "kicker": item.kicker, "newsletter": name}
    pattern = pattern or "{headline}"
    unknown = sorted(set(_SLOT.findall(pattern)) - values.keys())
    if unknown:
        known = ", ".join(f"{{{slot}}}" for slot in values)
        raise ValueError(f"subject pattern {pattern!r} has the unknown slot {{{unknown[0]}}}: use {known}")
    around = len(_fill(pattern, {**values, "headline": ""}))
    values["headline"] = shorten(headline, max(12, limit - around))
    return shorten(_fill(pattern, values), limit)


def _fill(pattern: str, values: dict[str, str]) -> str:
    return " ".join(_SLOT.sub(lambda match: values[match[1]], pattern).split())


def preheader_of(items: Sequence[Item], *, subject: str, limit: int = 100) -> str:
    """Return the line after the subject: the lead's own words if they add something, else the next headlines.

    It never repeats the subject. Empty when there is nothing to add.
    """
    if not items:
        return ""
    parts = [_addition(items[0], subject)]
    parts += [" ".join(item.headline.split()) for item in items[1:]]
    told: list[str] = []
    for part in parts:
        if part and not _repeats(part, subject) and not any(_repeats(part, each) for each in told):
            told.append(part)
    if told and told[0] == parts[0]:
        return shorten(told[0], limit)
    return _join(told, limit)


def _addition(lead: Item, subject: str) -> str:
    """Return the first sentence of the lead's blurb that says more than the subject."""
    for start, end in split(lead.blurb.text):
        sentence = " ".join(lead.blurb.text[start:end].split())
        if len(sentence) >= LEAST_FROM_BLURB and not _repeats(sentence, subject):
            return sentence
    return ""


def _repeats(text: str, subject: str) -> bool:
    """Tell whether a line says hardly more than the subject: contained, or four of five words the same."""
    plain, other = text.casefold().strip(" .…"), subject.casefold().strip(" .…")
    if plain == other or (other and plain.startswith(other)) or (plain and plain in other):
        return True
    words, said = set(content_words(text)), set(content_words(subject.replace(ELLIPSIS, " ")))
    return bool(words) and len(words & said) >= 0.8 * len(words)


def _join(lines: Sequence[str], limit: int) -> str:
    joined = ""
    for line in lines:
        longer = f"{joined} · {line}" if joined else line
        if len(longer) > limit:
            break
        joined = longer
    return joined or (shorten(lines[0], limit) if lines else "")
