"""Choosing sentences: the best next, less for what repeats, none that cannot stand, none over the cap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

REDUNDANCY_COST = 0.5
MOST_ALIKE = 0.6
LEAST_WORDS = 5
MOST_TOGETHER = 4
"""Sets of more sentences than this are too many to compare: what was chosen one by one stands."""
BEST = 8
COST_OF_TWO = 0.8
"""What the likeness of two sentences of a set costs; from 0.5 to 2 the figures are much the same."""


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


def together(
    scores: Sequence[float],
    likeness: Sequence[Sequence[float]],
    sizes: Sequence[int],
    limits: Limits,
    may_enter: Callable[[int, set[int]], bool],
    chosen: list[int],
) -> list[int]:
    """Return the best set of as many sentences as were chosen one by one, in text order, within the same limits.

    One by one, a good sentence that leans on its predecessor never enters; here both may come in. A set is worth its
    scores less most of the likeness of each two of it. Ties stay with ``chosen``, then go to the earlier set.
    """
    size = len(chosen)
    if not 1 < size <= MOST_TOGETHER:
        return chosen
    alone, candidates = _candidates(scores, sizes, may_enter, chosen)
    best, most = chosen, _worth(chosen, scores, likeness)
    for places in combinations(candidates, size):
        if sum(scores[i] for i in places) <= most or sum(sizes[i] for i in places) > limits.words:
            continue
        if any(i not in alone and i - 1 not in places for i in places):
            continue
        worth = _worth(places, scores, likeness)
        if worth > most and all(likeness[i][j] <= MOST_ALIKE for i, j in combinations(places, 2)):
            best, most = sorted(places), worth
    return best


def _candidates(
    scores: Sequence[float], sizes: Sequence[int], may_enter: Callable[[int, set[int]], bool], chosen: Iterable[int]
) -> tuple[set[int], list[int]]:
    """Return which sentences stand alone, and the few worth a try: the best, and what the best four lean on."""
    long = [i for i, size in enumerate(sizes) if size >= LEAST_WORDS]
    best = sorted(long, key=lambda i: (-scores[i], i))[:BEST]
    before = {i - 1 for i in best[: BEST // 2] if i > 0 and sizes[i - 1] >= LEAST_WORDS}
    tried = {*best, *before, *chosen}
    alone = {i for i in tried if may_enter(i, set())}
    return alone, sorted(i for i in tried if i in alone or (i - 1 in tried and may_enter(i, {i - 1})))


def _worth(places: Sequence[int], scores: Sequence[float], likeness: Sequence[Sequence[float]]) -> float:
    alike = sum(likeness[i][j] for i, j in combinations(places, 2))
    return sum(scores[i] for i in places) - COST_OF_TWO * alike
