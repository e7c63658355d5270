"""One story, ready to be summarised: its sentences with their offsets, and what each is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from digest.model import Sentence, Story
from digest.text import similarity
from digest.text.sentences import split
from digest.text.words import content_words, count_words

MOST_SENTENCES = 60
"""A story's later sentences are not read: newswriting puts the news first, and cost grows with the square."""


@dataclass(frozen=True)
class Document:
    """A story's first sentences. ``texts``, ``sizes`` (words), ``stems`` and ``vectors`` are by place."""

    story: Story
    spans: tuple[tuple[int, int], ...]
    texts: tuple[str, ...]
    sizes: tuple[int, ...]
    stems: tuple[tuple[str, ...], ...]

    @cached_property
    def idf(self) -> dict[str, float]:
        """Return how rare each word is among this story's own sentences."""
        return similarity.inverse_frequencies(self.stems)

    @cached_property
    def vectors(self) -> tuple[similarity.Vector, ...]:
        """Return the weighed words of each sentence."""
        return tuple(similarity.weigh(stems, self.idf) for stems in self.stems)

    @cached_property
    def likeness(self) -> list[list[float]]:
        """Return the cosine of each two sentences, through an index of their words."""
        size = len(self.vectors)
        table = [[0.0] * size for _ in range(size)]
        postings: dict[str, list[tuple[int, float]]] = {}
        for place, vector in enumerate(self.vectors):
            row = table[place]
            for word, weight in vector.items():
                earlier = postings.setdefault(word, [])
                for other, value in earlier:
                    row[other] += weight * value
                earlier.append((place, weight))
        for place in range(size):
            table[place][place] = 1.0 if self.vectors[place] else 0.0
            for other in range(place):
                table[other][place] = table[place][other]
        return table

    @cached_property
    def centre(self) -> similarity.Vector:
        """Return the direction of the story as a whole: the sum of its sentences."""
        total: similarity.Vector = {}
        for vector in self.vectors:
            for word, weight in vector.items():
                total[word] = total.get(word, 0.0) + weight
        return similarity.unit(total)

    def sentence(self, place: int) -> Sentence:
        """Return one sentence with where it stands."""
        start, end = self.spans[place]
        return Sentence(self.texts[place], self.story.id, self.story.version, start, end)


def read(story: Story, most: int = MOST_SENTENCES) -> Document:
    """Split a story; a text without letters gives a document without sentences."""
    spans = [span for span in split(story.text) if any(sign.isalpha() for sign in story.text[slice(*span)])][:most]
    texts = tuple(story.text[start:end] for start, end in spans)
    return Document(
        story,
        tuple(spans),
        texts,
        tuple(count_words(text) for text in texts),
        tuple(tuple(content_words(text)) for text in texts),
    )


def closeness(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the share of words two sentences have in common (Dice), whatever their order."""
    first, second = set(one), set(other)
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 0.0


def log_size(words: int) -> float:
    """Return ln(1 + words), the scale on which sentence lengths are compared."""
    return math.log(1 + words)
