"""Choosing sentences: the best next, less for what repeats, none that cannot stand, none over the cap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

REDUNDANCY_COST = 0.5
MOST_ALIKE = 0.6
LEAST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a blurb may be, in sentences and words."""

    sentences: int
    words: int


def greedy(
    scores: Sequence[float],
    likeness: Sequence[Sequence[float]],
    sizes: Sequence[int],
    limits: Limits,
    may_enter: Callable[[int, set[int]], bool],
    *,
    start: Iterable[int] = (),
    most_alike: float = MOST_ALIKE,
) -> list[int]:
    """Return places in text order: each step takes the best score less half its likeness to what is chosen.

    A sentence is passed over when it is too like a chosen one, has under five words, would pass the word cap
    (unless it is the first) or ``may_enter`` says no. Ties go to the earlier sentence.
    """
    chosen: set[int] = set(start)
    while len(chosen) < limits.sentences:
        room = limits.words - sum(sizes[i] for i in chosen)
        best: tuple[float, int] | None = None
        for i, score in enumerate(scores):
            if i in chosen or sizes[i] < LEAST_WORDS or (chosen and sizes[i] > room):
                continue
            alike = max((likeness[i][j] for j in chosen), default=0.0)
            if alike > most_alike or not may_enter(i, chosen):
                continue
            value = score - REDUNDANCY_COST * alike
            if best is None or value > best[0]:
                best = (value, i)
        if best is None:
            break
        chosen.add(best[1])
    return sorted(chosen)
