"""Counts of right and wrong pairs among groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Tally:
    """Pairs put together, those of them rightly, and those that belong together."""

    found: int = 0
    right: int = 0
    wanted: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.found + other.found, self.right + other.right, self.wanted + other.wanted)

    @property
    def precision(self) -> float:
        """Return the share of found pairs that are right; 1 if none was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Return the share of wanted pairs that were found."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f(self) -> float:
        """Return the harmonic mean of both."""
        total = self.found + self.wanted
        return 2 * self.right / total if total else 1.0

    def as_dict(self) -> dict[str, float]:
        """Return the three figures, rounded."""
        return {"precision": round(self.precision, 4), "recall": round(self.recall, 4), "f": round(self.f, 4)}


def pair_scores(groups: Iterable[Sequence[int]], wanted: set[tuple[int, int]]) -> Tally:
    """Count the pairs of these groups against those that belong together."""
    found = {pair for group in groups for pair in combinations(sorted(group), 2)}
    return Tally(len(found), len(found & wanted), len(wanted))
