"""Near-copies: the same text from two places, or the same text cut, led differently or lightly edited.

Sampled 4-word shingles find candidates (Broder 1997; Manber 1994 for sampling by modulus), full shingle sets
confirm them by containment, and a guard on numbers, months and weekdays keeps a recurring series (auction rates,
weekly figures) apart. Linear in the number of stories; deterministic under any hash seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from zlib import crc32

from digest.model import Story
from digest.text import words

SHINGLE_WORDS = 4
SAMPLE_MODULUS = 8
"""One shingle in eight is kept in the index; a story without one keeps its three smallest."""
CANDIDATES = 10
COMMON_POSTINGS = 25
"""A sampled shingle that more groups share than this is a stock phrase and names no candidate."""
LEAST_SHARED = 6
LEAST_CONTAINMENT = 0.5
LEAST_SIZE_RATIO = 0.2
LEAST_COMMON_NUMBERS = 0.4
HEAD_CHARACTERS = 600
FEW_SHINGLES = 12


class CopyIndex(Protocol):
    """Keeps sampled shingles of a window's stories: in memory here, in an indexed table in the store.

    ``place`` is the position of a story in the caller's list, or any number that names it.
    """

    def find(self, samples: Sequence[int]) -> dict[int, int]:
        """Return, for each place that shares a sample, how many; stock phrases are passed over."""

    def add(self, place: int, samples: Iterable[int]) -> None:
        """Remember samples of a place."""


class MemoryIndex:
    """A CopyIndex in a dictionary: most shingles have one place, so a single number stands for a list of one."""

    def __init__(self) -> None:
        self._postings: dict[int, int | list[int]] = {}

    def find(self, samples: Sequence[int]) -> dict[int, int]:
        """Return, for each place that shares a sample, how many; stock phrases are passed over."""
        shared: dict[int, int] = {}
        for sample in samples:
            places = self._postings.get(sample)
            if isinstance(places, int):
                shared[places] = shared.get(places, 0) + 1
            elif places is not None and len(places) <= COMMON_POSTINGS:
                for place in places:
                    shared[place] = shared.get(place, 0) + 1
        return shared

    def add(self, place: int, samples: Iterable[int]) -> None:
        """Remember samples of a place."""
        for sample in samples:
            places = self._postings.get(sample)
            if places is None:
                self._postings[sample] = place
            elif isinstance(places, int):
                self._postings[sample] = [places, place]
            elif len(places) <= COMMON_POSTINGS:
                places.append(place)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two stories are copies, with the figures it rests on; ``series`` when only the guard parts them."""

    same: bool
    shared: int = 0
    containment: float = 0.0
    series: bool = False
    because: str = ""

    def evidence(self) -> dict[str, Any]:
        """Return the figures as plain values for the record."""
        return {"shared": self.shared, "containment": round(self.containment, 3), "because": self.because}


def shingles(text: str) -> frozenset[int]:
    """Return the CRC-32 of each run of four lower-case words; a shorter text is one shingle."""
    listed = words.plain_words(text)
    if len(listed) <= SHINGLE_WORDS:
        return frozenset([crc32(" ".join(listed).encode())]) if listed else frozenset()
    runs = zip(listed, listed[1:], listed[2:], listed[3:], strict=False)
    return frozenset([crc32(" ".join(run).encode()) for run in runs])


def sample(full: frozenset[int]) -> list[int]:
    """Return the sampled shingles in ascending order: those divisible by eight, or the three smallest."""
    chosen = sorted(each for each in full if each % SAMPLE_MODULUS == 0)
    return chosen or sorted(full)[:3]


def compare(one: Story, other: Story) -> Verdict:
    """Decide on two stories by their whole texts; both texts should be clean of service lines."""
    return _compare(one, shingles(one.text), other, shingles(other.text))


def _compare(one: Story, one_shingles: frozenset[int], other: Story, other_shingles: frozenset[int]) -> Verdict:
    smaller, larger = sorted((len(one_shingles), len(other_shingles)))
    if not smaller:
        return Verdict(False)
    shared = len(one_shingles & other_shingles)
    containment = shared / smaller
    if one_shingles == other_shingles:
        enough = True
    elif smaller < FEW_SHINGLES:
        enough = containment >= 0.75 and smaller >= 0.5 * larger and shared >= 3
    else:
        enough = shared >= LEAST_SHARED and containment >= LEAST_CONTAINMENT and smaller >= LEAST_SIZE_RATIO * larger
    if not enough:
        return Verdict(False, shared, containment)
    parted = _is_series(one, other)
    because = parted or f"{shared} runs of four words in common, {containment:.0%} of the shorter story"
    return Verdict(not parted, shared, containment, bool(parted), because)


def _is_series(one: Story, other: Story) -> str:
    """Return why two nearly equal texts are two issues of a series, or an empty string."""
    heads = [f"{story.headline}\n{story.text[:HEAD_CHARACTERS]}" for story in (one, other)]
    figures = [words.numbers(head) for head in heads]
    if figures[0] and figures[1]:
        common = len(figures[0] & figures[1]) / min(len(figures[0]), len(figures[1]))
        if common < LEAST_COMMON_NUMBERS:
            return "the same text with other figures: a recurring series"
    months, weekdays = zip(*(words.calendar_words(head) for head in heads), strict=True)
    if months[0] and months[1] and not months[0] & months[1]:
        return "the same text for another month: a recurring series"
    if weekdays[0] and weekdays[1] and not weekdays[0] & weekdays[1]:
        return "the same text for another weekday: a recurring series"
    return ""


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Places of stories that are copies of one another (the first found first), with the evidence by place."""

    places: tuple[int, ...]
    evidence: dict[int, Verdict]


def group(stories: Sequence[Story], index: CopyIndex | None = None) -> tuple[list[CopyGroup], list[tuple[int, int]]]:
    """Group the stories; also return the pairs that only the series guard kept apart.

    Only a group's first member is indexed, and what later members add to it: thirty copies of one wire story
    stay one group and one posting.
    """
    return _Grouping(stories, index or MemoryIndex()).run()


class _Grouping:
    """One pass over a window's stories."""

    def __init__(self, stories: Sequence[Story], index: CopyIndex) -> None:
        self._stories = stories
        self._index = index
        self._full: dict[int, frozenset[int]] = {}
        self._members: dict[int, list[int]] = {}
        self._evidence: dict[int, dict[int, Verdict]] = {}
        self._series: list[tuple[int, int]] = []

    def run(self) -> tuple[list[CopyGroup], list[tuple[int, int]]]:
        for place, story in enumerate(self._stories):
            self._take(place, shingles(story.text))
        groups = [CopyGroup(tuple(places), self._evidence[first]) for first, places in self._members.items()]
        return groups, self._series

    def _take(self, place: int, full: frozenset[int]) -> None:
        sampled = sample(full)
        home = self._find_home(place, full, sampled)
        if home is None:
            self._members[place], self._evidence[place] = [place], {}
            self._index.add(place, sampled)
            return
        first, verdict = home
        self._members[first].append(place)
        self._evidence[first][place] = verdict
        self._index.add(first, [each for each in sampled if each not in self._shingles_of(first)])

    def _find_home(self, place: int, full: frozenset[int], sampled: list[int]) -> tuple[int, Verdict] | None:
        counts = self._index.find(sampled)
        least = 2 if len(sampled) > 8 else 1
        ranked = sorted((-shared, first) for first, shared in counts.items() if shared >= least)
        for _, first in ranked[:CANDIDATES]:
            for member in self._members[first][:3]:
                verdict = _compare(self._stories[place], full, self._stories[member], self._shingles_of(member))
                if verdict.same:
                    return first, verdict
                if verdict.series:
                    self._series.append((first, place))
        return None

    def _shingles_of(self, place: int) -> frozenset[int]:
        """Return a story's full set; a few recent ones are kept, the rest counted again from the text."""
        known = self._full.get(place)
        if known is None:
            if len(self._full) >= 64:
                self._full.clear()
            known = self._full[place] = shingles(self._stories[place].text)
        return known
