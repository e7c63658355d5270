"""What the sentence model looks at: place, likeness to headline and story, length, and how a sentence begins.

Every feature is a plain figure of one sentence within its story; ``NAMES`` gives their order.
"""

from __future__ import annotations

import math
import re

from digest.summarise.document import Document
from digest.text import similarity
from digest.text.words import content_words

NAMES = (
    "place", "depth", "first", "second", "third", "length", "short", "long", "later", "earlier", "centre",
    "headline", "lead", "common", "opens quoted", "quoted", "pronoun", "connective", "reporting", "digit",
    "capitals", "question", "bracket",
)  # fmt: skip

_PRONOUN = re.compile(
    r"[\"“”'‘’]*(?:(?:and|but|when|in|as|for|so)\s+)?(?:he|she|they|it|his|her|their|its|this|these|those|that|such"
    r"|we|i|you|our|my)\b",
    re.IGNORECASE,
)
_CONNECTIVE = re.compile(
    r"[\"“”'‘’]*(?:but|and|however|meanwhile|also|instead|still|yet|then|earlier|later|so|or|moreover|separately"
    r"|indeed|in addition|for example)\b",
    re.IGNORECASE,
)
_REPORTING = frozenset({
    "said", "says", "told", "added", "announced", "confirmed", "reported", "claimed", "according", "warned", "revealed",
    "insisted", "denied",
})  # fmt: skip
_LETTERS = re.compile(r"[a-z]+")
_DIGIT = re.compile(r"\d")
_QUOTATION = re.compile(r"[\"“][^\"“”]*[\"”]")


def table(document: Document) -> list[list[float]]:
    """Return the features of each sentence, in the order of ``NAMES``."""
    later, earlier = _support(document)
    title = _title(document)
    common = _common(document)
    rows = []
    for i, text in enumerate(document.texts):
        vector = document.vectors[i]
        row = [*_position(document, i), *_length(document, i), later[i], earlier[i]]
        row += [similarity.cosine(vector, document.centre), similarity.cosine(vector, title)]
        rows.append([*row, _likeness_to_lead(document, i), common[i], *_wording(text)])
    return rows


def _position(document: Document, i: int) -> list[float]:
    last = max(1, len(document.texts) - 1)
    return [1 / (i + 1), i / last, float(i == 0), float(i == 1), float(i == 2)]


def _length(document: Document, i: int) -> list[float]:
    size = document.sizes[i]
    return [math.log(1 + size) / 4, float(size < 8), float(size > 45)]


def _support(document: Document) -> tuple[list[float], list[float]]:
    """Return how much of each sentence comes again later, and came before; 1 for the most of the story."""
    size = len(document.texts)
    later = [sum(document.likeness[i][i + 1 :]) for i in range(size)]
    earlier = [sum(document.likeness[i][:i]) for i in range(size)]
    return _scaled(later), _scaled(earlier)


def _scaled(values: list[float]) -> list[float]:
    most = max(values, default=0.0)
    return [value / most for value in values] if most > 0 else values


def _title(document: Document) -> similarity.Vector:
    return similarity.weigh(content_words(document.story.headline), document.idf, 1.0)


def _likeness_to_lead(document: Document, i: int) -> float:
    if len(document.texts) < 2:
        return 0.0
    row = document.likeness[i]
    return document.likeness[0][1] if i < 2 else max(row[0], row[1])


def _common(document: Document) -> list[float]:
    """Return a hundred times the mean share that a sentence's words have of the story's words (SumBasic)."""
    counts: dict[str, int] = {}
    total = 0
    for stems in document.stems:
        total += len(stems)
        for word in stems:
            counts[word] = counts.get(word, 0) + 1
    return [
        100 * sum(counts[word] for word in stems) / (total * len(stems)) if stems else 0.0 for stems in document.stems
    ]


def _wording(text: str) -> list[float]:
    quoted = sum(len(match.group()) for match in _QUOTATION.finditer(text)) / len(text)
    words = text.split()
    capitals = sum(word[0].isupper() for word in words[1:]) / len(words)
    return [
        float(text[0] in "\"“‘'«"),
        quoted,
        float(_PRONOUN.match(text) is not None),
        float(_CONNECTIVE.match(text) is not None),
        float(not _REPORTING.isdisjoint(_LETTERS.findall(text.lower()))),
        float(_DIGIT.search(text) is not None),
        capitals,
        float(text.rstrip("\"”’'").endswith("?")),
        float("(" in text),
    ]
