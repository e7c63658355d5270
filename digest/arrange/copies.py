"""Near-copies: the same text from two places, or the same text cut, led differently or lightly edited.

Sampled 4-word shingles find candidates (Broder 1997; Manber 1994 for sampling by modulus), full shingle sets
confirm them by containment, and a guard on numbers, months and weekdays keeps a recurring series (auction rates,
weekly figures) apart. Linear in the number of stories; deterministic under any hash seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zlib import crc32

from digest.model import Story
from digest.text import similarity, words

SHINGLE_WORDS = 4
SAMPLE_MODULUS = 8
SHORT_SHINGLES = 96
"""One shingle in eight is kept in the index, and every second one of a text with no more shingles than this."""
CANDIDATES = 10
COMMON_POSTINGS = 25
"""A sampled shingle that more groups share than this is a stock phrase and names no candidate."""
LEAST_SHARED = 6
LEAST_CONTAINMENT = 0.5
EDITED_CONTAINMENT = 0.38
EDITED_COVERAGE = 0.8
"""Below half of the runs in common, a text may still be another one with single words changed all over it."""
LEAST_SIZE_RATIO = 0.2
LEAST_COMMON_NUMBERS = 0.4
LEAST_COMMON_NUMBERS_OF_ALL = 0.6
"""A series changes its figures throughout; a new lead only changes the first ones."""
HEAD_CHARACTERS = 600
FEW_SHINGLES = 12
KEPT_SHINGLES = 256


class Index:
    """Sampled shingles by place: most have one, so a single number stands for a list of one.

    It lives as long as one grouping, so that nothing in it can grow stale; 10,000 stories take some 50 MB.
    """

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
    """Return the sampled shingles in ascending order: those divisible by eight (by two in a short text)."""
    modulus = SAMPLE_MODULUS if len(full) > SHORT_SHINGLES else 2
    return sorted(each for each in full if each % modulus == 0) or sorted(full)[:3]


def compare(one: Story, other: Story) -> Verdict:
    """Decide on two stories by their whole texts; both texts should be clean of service lines."""
    return verdict(one, shingles(one.text), other, shingles(other.text))


def verdict(one: Story, one_shingles: frozenset[int], other: Story, other_shingles: frozenset[int]) -> Verdict:
    """Decide on two stories whose shingles are known."""
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
        enough = (
            shared >= LEAST_SHARED
            and smaller >= LEAST_SIZE_RATIO * larger
            and (containment >= LEAST_CONTAINMENT or _is_edited(one.text, other.text, containment))
        )
    if not enough:
        return Verdict(False, shared, containment)
    parted = _is_series(one, other)
    because = parted or f"{shared} runs of four words in common, {containment:.0%} of the shorter story"
    return Verdict(not parted, shared, containment, bool(parted), because)


def _is_edited(one: str, other: str, containment: float) -> bool:
    """Tell whether a text is another one with words changed throughout, by how much of it the other covers.

    Where each word survives with chance p and a share c of the text is there at all, runs of four words are found in
    c·p⁴ of the cases and runs of two in c·p²; so c is the second squared over the first. Two reports that share
    whole paragraphs and nothing else have p near 1 and a small c.
    """
    if containment < EDITED_CONTAINMENT:
        return False
    runs = similarity.overlap(*(set(pairwise(words.plain_words(text))) for text in (one, other)))
    return runs * runs / containment >= EDITED_COVERAGE


def _is_series(one: Story, other: Story) -> str:
    """Return why two nearly equal texts are two issues of a series, or an empty string."""
    heads = [f"{story.headline}\n{story.text[:HEAD_CHARACTERS]}" for story in (one, other)]
    if _has_other_figures(heads, LEAST_COMMON_NUMBERS) and _has_other_figures(
        [f"{story.headline}\n{story.text}" for story in (one, other)], LEAST_COMMON_NUMBERS_OF_ALL
    ):
        return "the same text with other figures: a recurring series"
    months, weekdays = zip(*(words.calendar_words(head) for head in heads), strict=True)
    if months[0] and months[1] and not months[0] & months[1]:
        return "the same text for another month: a recurring series"
    if weekdays[0] and weekdays[1] and not weekdays[0] & weekdays[1]:
        return "the same text for another weekday: a recurring series"
    return ""


def _has_other_figures(texts: Sequence[str], least: float) -> bool:
    one, other = (words.numbers(text) for text in texts)
    return bool(one and other) and similarity.overlap(one, other) < least


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Places of stories that are copies of one another (the first found first), with the evidence by place."""

    places: tuple[int, ...]
    evidence: dict[int, Verdict]


def group(stories: Sequence[Story]) -> tuple[list[CopyGroup], list[tuple[int, int]]]:
    """Group the stories; also return the pairs that only the series guard kept apart.

    Only a group's first member is indexed, and what later members add to it: thirty copies of one wire story
    stay one group and one posting.
    """
    return _Grouping(stories).run()


class _Grouping:
    """One pass over a window's stories."""

    def __init__(self, stories: Sequence[Story]) -> None:
        self._stories = stories
        self._index = Index()
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
        first, found = home
        self._members[first].append(place)
        self._evidence[first][place] = found
        self._index.add(first, [each for each in sampled if each not in self._shingles_of(first)])

    def _find_home(self, place: int, full: frozenset[int], sampled: list[int]) -> tuple[int, Verdict] | None:
        counts = self._index.find(sampled)
        least = 2 if len(sampled) > 8 else 1
        ranked = sorted((-shared, first) for first, shared in counts.items() if shared >= least)
        for _, first in ranked[:CANDIDATES]:
            for member in self._members[first][:3]:
                found = verdict(self._stories[place], full, self._stories[member], self._shingles_of(member))
                if found.same:
                    return first, found
                if found.series:
                    self._series.append((first, place))
        return None

    def _shingles_of(self, place: int) -> frozenset[int]:
        """Return a story's full set; a few recent ones are kept, the rest counted again from the text."""
        known = self._full.get(place)
        if known is None:
            if len(self._full) >= KEPT_SHINGLES:
                self._full.clear()
            known = self._full[place] = shingles(self._stories[place].text)
        return known
