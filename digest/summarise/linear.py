"""The default summariser: a small linear model scores sentences, the coherence guard picks those that stand.

Standard library only. The weights come from ``benchmarks/train_summaries.py`` and stand in
``sentence_weights.json`` with the figures they reached.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul
from pathlib import Path

from digest.model import Blurb, Origin, Story
from digest.summarise import balance, document, features, guard, lead, pooled, select


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight for each feature, in the order of ``features.NAMES``."""

    bias: float
    values: tuple[float, ...]

    def score(self, row: Sequence[float]) -> float:
        """Return the score of one sentence."""
        return self.bias + float(sum(map(mul, self.values, row)))


@cache
def shipped_weights() -> Weights:
    """Load the weights shipped with the package."""
    stored = json.loads(Path(__file__).with_name("sentence_weights.json").read_text("utf-8"))
    return Weights(stored["bias"], tuple(stored["weights"][name] for name in features.NAMES))


class LinearSummarizer:
    """Scores the lead story's sentences; several different stories are pooled, each sentence with its story."""

    name = "linear"

    def __init__(self, weights: Weights | None = None, *, guarded: bool = True, balanced: bool = True) -> None:
        self._weights = weights
        self._guarded = guarded
        self._balanced = balanced

    def summarise(self, stories: Sequence[Story], *, max_sentences: int, max_words: int) -> Blurb:
        """Return the blurb of one story, or of all accounts handed in."""
        if not stories:
            return Blurb("", Origin.NONE, method=self.name)
        limits = select.Limits(max_sentences, max_words)
        if len(stories) > 1 and all(lead.is_english(story) for story in stories):
            return self._of_many(stories, limits)
        read = document.read(stories[0])
        if not lead.is_english(stories[0]) or len(read.texts) <= 1:
            return lead.leading(read, max_sentences, max_words, method=self.name)
        return self._of_one(read, limits)

    def _of_one(self, read: document.Document, limits: select.Limits) -> Blurb:
        scores = self._score(read)
        gate = guard.Gate(read.texts) if self._guarded else guard.Open()
        chosen = select.greedy(scores, read.likeness, read.sizes, limits, gate.may_enter)
        if not chosen:
            return lead.leading(read, limits.sentences, limits.words, method=self.name)
        chosen = select.together(scores, read.likeness, read.sizes, limits, gate.may_enter, chosen)
        if self._balanced:
            chosen = balance.balance(read, scores, chosen, limits, gate)
        return lead.build(read, chosen, method=self.name)

    def _of_many(self, stories: Sequence[Story], limits: select.Limits) -> Blurb:
        accounts = [document.read(story, pooled.READ_OF_EACH) for story in stories]
        return pooled.pool(accounts, self._score, limits, method=f"{self.name}, pooled")

    def _score(self, read: document.Document) -> list[float]:
        weights = self._weights or shipped_weights()
        return [weights.score(row) for row in features.table(read)]
