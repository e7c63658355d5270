"""Same event: stories of several sources, or several hours, about one happening.

Likely pairs come from an inverted index over rare words, the score from ``pairs``, the groups from average linkage
over the sparse pairs (a missing pair counts 0). Above the strict threshold stories are merged; between the two
thresholds a group is only offered to the editor. An editor's split or merge always wins.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from digest.arrange import certainty, pairs
from digest.model import Decision, Story

WINDOW_HOURS = 72.0
LEAST_LIKENESS = 0.08
RARE_WORDS = 25
"""Words of a story that may find it a partner: its heaviest."""
COMMON_WORD = 40
"""A word in more stories than this (and 12 at least) finds nobody; it keeps a day's cost linear in its stories."""
NEIGHBOURS = 40
UNCERTAIN = 0.001
LEAST_WORDS, LEAST_NAMES = 0.03, 0.05

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Merge:
    """One group of places, the likeness at which it came together, and the terms of its best pair."""

    places: tuple[int, ...]
    likeness: float
    terms: Mapping[str, float]
    best: Pair | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """What was found: merged groups (certain), and wider ones for the editor to judge (possible)."""

    certain: tuple[Merge, ...]
    possible: tuple[Merge, ...]


def find(
    stories: Sequence[Story],
    *,
    decisions: Sequence[Decision] = (),
    model: pairs.Model | None = None,
) -> Events:
    """Group stories by event. Groups of one are not listed; every place is in one certain group at most."""
    model = model or pairs.shipped_model()
    together, apart = _read_decisions(stories, decisions)
    scored = score(stories, model, apart)
    linkage = _Linkage(len(stories), scored.likeness, apart)
    for one, other in together:
        linkage.join(one, other, 1.0)
    certain = linkage.merge_down_to(model.strict)
    possible = linkage.merge_down_to(model.low)
    known = {group for group, _ in certain}
    return Events(
        tuple(scored.describe(*merge) for merge in certain),
        tuple(scored.describe(*merge) for merge in possible if merge[0] not in known),
    )


@dataclass(frozen=True, slots=True)
class Scored:
    """The likeness of each likely pair of places, with its terms."""

    likeness: dict[Pair, float]
    terms: dict[Pair, Mapping[str, float]]

    def describe(self, places: tuple[int, ...], likeness: float) -> Merge:
        """Name a group's best pair and its terms."""
        known = [pair for pair in combinations(places, 2) if pair in self.likeness]
        best = max(known, key=lambda pair: (self.likeness[pair], -pair[0], -pair[1]), default=None)
        return Merge(places, likeness, self.terms[best] if best else {}, best)


def score(stories: Sequence[Story], model: pairs.Model, apart: Set[Pair] = frozenset()) -> Scored:
    """Score every likely pair of places; pairs kept ``apart`` or too far apart in time are not listed."""
    model = pairs.adapt(model, stories)
    profiles = [pairs.profile(story, model) for story in stories]
    accounts = [certainty.account(story) for story in stories]
    scored = Scored({}, {})
    for one, other in candidates(profiles):
        hours = pairs.hours_between(profiles[one], profiles[other])
        if hours > WINDOW_HOURS or (one, other) in apart or pairs.is_series(profiles[one], profiles[other]):
            continue
        terms = pairs.features(profiles[one], profiles[other], model)
        if terms["words"] <= LEAST_WORDS and terms["names"] <= LEAST_NAMES:
            continue
        likeness = pairs.probability(terms, model, hours)
        proven = terms["other days"] == 0 and certainty.is_certain(
            accounts[one], accounts[other], lambda word: model.idf.get(word, model.default_idf), likeness
        )
        if proven or pairs.is_one_account(profiles[one], profiles[other]):
            likeness = max(likeness, min(1.0, model.strict + UNCERTAIN))
        else:
            likeness = min(likeness, model.strict - UNCERTAIN)
        if likeness >= LEAST_LIKENESS:
            scored.likeness[one, other] = likeness
            scored.terms[one, other] = {**terms, "hours": hours}
    return scored


def groups_at(size: int, scored: Scored, threshold: float) -> list[tuple[int, ...]]:
    """Return the groups of two or more that average linkage makes down to a threshold."""
    return [places for places, _ in _Linkage(size, scored.likeness, frozenset()).merge_down_to(threshold)]


def candidates(profiles: Sequence[pairs.Profile]) -> list[Pair]:
    """Return pairs that share a rare word, the forty likeliest of each story, in order."""
    rare = [sorted(each.words, key=lambda word: (-each.words[word], word))[:RARE_WORDS] for each in profiles]
    postings: dict[str, list[int]] = {}
    for place, listed in enumerate(rare):
        for word in listed:
            postings.setdefault(word, []).append(place)
    most = max(12, min(COMMON_WORD, len(profiles) // 10))
    found: set[Pair] = set()
    for place, listed in enumerate(rare):
        dots: dict[int, float] = {}
        for word in listed:
            weight = profiles[place].words[word]
            if len(postings[word]) <= most:
                for other in postings[word]:
                    dots[other] = dots.get(other, 0.0) + weight * profiles[other].words[word]
        dots.pop(place, None)
        best = sorted(dots, key=lambda other: (-dots[other], other))[:NEIGHBOURS]
        found.update((min(place, other), max(place, other)) for other in best)
    return sorted(found)


def _read_decisions(stories: Sequence[Story], decisions: Sequence[Decision]) -> tuple[list[Pair], set[Pair]]:
    """Return the pairs an editor joined and those kept apart; the later decision on a pair wins."""
    place_of = {story.id: place for place, story in enumerate(stories)}
    verdicts: dict[Pair, str] = {}
    for decision in decisions:
        known = sorted({place_of[each] for each in decision.story_ids if each in place_of})
        verdicts.update((pair, decision.kind) for pair in combinations(known, 2))
    together = [pair for pair, kind in verdicts.items() if kind == "merge"]
    return together, {pair for pair, kind in verdicts.items() if kind == "split"}


class _Linkage:
    """Average linkage over sparse similarities, merged step by step from the most alike pair down."""

    def __init__(self, size: int, likeness: Mapping[Pair, float], apart: Set[Pair]) -> None:
        self._members: dict[int, tuple[int, ...]] = {place: (place,) for place in range(size)}
        self._height = dict.fromkeys(range(size), 1.0)
        self._sums: dict[int, dict[int, float]] = {place: {} for place in range(size)}
        self._apart: dict[int, set[int]] = {place: set() for place in range(size)}
        for (one, other), value in likeness.items():
            self._sums[one][other] = self._sums[other][one] = value
        for one, other in apart:
            self._apart[one].add(other)
            self._apart[other].add(one)
        self._owner = list(range(size))
        self._heap = [(-value, one, other) for (one, other), value in likeness.items()]
        heapq.heapify(self._heap)

    def join(self, one: int, other: int, height: float) -> None:
        """Merge the groups that hold two places, whatever their likeness."""
        first, second = sorted((self._owner[one], self._owner[other]))
        if first != second:
            self._merge(first, second, height)

    def merge_down_to(self, threshold: float) -> list[tuple[tuple[int, ...], float]]:
        """Merge all groups at least this alike; return every group of two or more with its last height."""
        while self._heap and -self._heap[0][0] >= threshold:
            value, one, other = heapq.heappop(self._heap)
            if self._is_current(one, other, -value):
                self._merge(one, other, -value)
        groups = [(self._members[each], self._height[each]) for each in sorted(self._members)]
        return [(tuple(sorted(places)), height) for places, height in groups if len(places) > 1]

    def _is_current(self, one: int, other: int, value: float) -> bool:
        if one not in self._members or other not in self._members or other in self._apart[one]:
            return False
        return self._average(one, other) == value

    def _average(self, one: int, other: int) -> float:
        return self._sums[one].get(other, 0.0) / (len(self._members[one]) * len(self._members[other]))

    def _merge(self, one: int, other: int, height: float) -> None:
        """Fold ``other`` into ``one``, the smaller number."""
        self._members[one] += self._members.pop(other)
        self._height[one] = min(height, self._height[one], self._height.pop(other))
        for place in self._members[one]:
            self._owner[place] = one
        sums, gone = self._sums[one], self._sums.pop(other)
        for each, value in gone.items():
            self._sums[each].pop(other, None)
            if each != one:
                sums[each] = self._sums[each][one] = sums.get(each, 0.0) + value
        sums.pop(other, None)
        for each in self._apart.pop(other):
            self._apart[each].discard(other)
            self._apart[each].add(one)
            self._apart[one].add(each)
        for each in sorted(sums):
            low, high = min(one, each), max(one, each)
            heapq.heappush(self._heap, (-self._average(low, high), low, high))
