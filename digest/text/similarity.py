"""How alike two texts are: weighed bags of words and the cosine between them.

A vector is a plain mapping from word to weight with length 1 (or 0). Sums run in the order of the words'
first appearance, so that the same text gives the same figure on every run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

Vector = dict[str, float]


def count(words: Iterable[str]) -> dict[str, int]:
    """Count words, in the order in which they first appear."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def inverse_frequencies(documents: Sequence[Iterable[str]]) -> dict[str, float]:
    """Return ln((N+1)/(df+0.5)) for every word: rare words weigh more (Spärck Jones 1972, smoothed)."""
    frequency: dict[str, int] = {}
    for document in documents:
        for word in dict.fromkeys(document):
            frequency[word] = frequency.get(word, 0) + 1
    total = len(documents) + 1
    return {word: math.log(total / (df + 0.5)) for word, df in frequency.items()}


def weigh(words: Iterable[str], idf: Mapping[str, float], default: float = 1.0) -> Vector:
    """Return the unit vector with weights (1 + ln tf)·idf; words without an idf take ``default``."""
    raw = {word: (1.0 + math.log(tf)) * idf.get(word, default) for word, tf in count(words).items()}
    return unit(raw)


def unit(raw: Vector) -> Vector:
    """Scale a vector to length 1; one without any weight comes back empty."""
    length = math.sqrt(sum(value * value for value in raw.values()))
    return {word: value / length for word, value in raw.items()} if length > 0 else {}


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the dot product of two unit vectors: 0 for nothing in common, 1 for the same direction."""
    if len(one) > len(other):
        one, other = other, one
    return sum(value * other[word] for word, value in one.items() if word in other)


def overlap(one: Set[Any], other: Set[Any]) -> float:
    """Return the share of the smaller set that both hold; 0 if one is empty."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0
