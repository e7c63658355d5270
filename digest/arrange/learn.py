"""Sections by words: learned from the newsroom's own past stories, or from what sections are called.

Both are complement naive Bayes over weighed words (Rennie et al. 2003), in the standard library. A learner abstains
when the first section leads the second by less than its margin, and says which words decided.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.arrange.sections import SectionRule
from digest.model import Placement, Story
from digest.text import similarity
from digest.text.words import content_words, stem

SMOOTHING = 0.1
SMOOTHING_WITHOUT_LABELS = 0.3
LEAST_LABELS = 20
"""Labelled stories a section needs before the newsroom's own past is believed over descriptions."""
DEFAULT_MARGIN = 0.0
ROUNDS = (0.25, 0.40, 0.55, 0.70)
"""Shares of the archive that the rounds without labels believe, the surest first."""
LEAST_QUOTA = 5
MOST_BELIEVED = 0.8
"""A rare section has fewer stories than a round asks for: the least sure fifth of what it leads is not believed."""
DECIDING_WORDS = 4
CONFIDENT_MARGIN = 0.1
"""A lead over the second section this large counts as certain; the scale of ``confidence`` and no more."""

_NUMBER = re.compile(r"\b\d{2,4}\b")


@dataclass(frozen=True, slots=True)
class Guess:
    """What words suggest: the sections from likely to unlikely, with the words that decided for the first."""

    section: str
    margin: float
    words: tuple[str, ...]


def story_words(story: Story) -> list[str]:
    """Return what a story is placed by: its headline twice, its body, and numbers of two to four digits."""
    headline = content_words(story.headline)
    text = f"{story.headline} {story.text}"
    return [*headline, *headline, *content_words(story.text), *_NUMBER.findall(text)]


@dataclass(frozen=True)
class Bayes:
    """A fitted complement naive Bayes: weights by section and word."""

    sections: tuple[str, ...]
    idf: Mapping[str, float]
    weights: tuple[Mapping[str, float], ...]

    def guess(self, words: Sequence[str]) -> Guess:
        """Return the likeliest section of a bag of words; ties go to the section named first."""
        vector = _vector(words, self.idf)
        sums = [sum(value * weight.get(word, 0.0) for word, value in vector.items()) for weight in self.weights]
        ranked = sorted(range(len(sums)), key=lambda i: (-sums[i], i))
        first = ranked[0]
        margin = sums[first] - sums[ranked[1]] if len(ranked) > 1 else sums[first]
        return Guess(self.sections[first], margin, self._deciding(vector, ranked))

    def scores(self, words: Sequence[str]) -> list[float]:
        """Return one figure a section, in the order of ``sections``."""
        vector = _vector(words, self.idf)
        return [sum(value * weight.get(word, 0.0) for word, value in vector.items()) for weight in self.weights]

    def _deciding(self, vector: Mapping[str, float], ranked: Sequence[int]) -> tuple[str, ...]:
        best = self.weights[ranked[0]]
        second = self.weights[ranked[1]] if len(ranked) > 1 else {}
        lead = {word: value * (best.get(word, 0.0) - second.get(word, 0.0)) for word, value in vector.items()}
        top = sorted(lead, key=lambda word: (-lead[word], word))[:DECIDING_WORDS]
        return tuple(word for word in top if lead[word] > 0)


def fit(documents: Sequence[Sequence[str]], labels: Sequence[str], *, smoothing: float = SMOOTHING) -> Bayes:
    """Fit on bags of words with their sections; needs at least one document of two sections."""
    sections = tuple(sorted(set(labels)))
    idf = _idf(documents)
    mass: list[dict[str, float]] = [{} for _ in sections]
    for words, label in zip(documents, labels, strict=True):
        of_section = mass[sections.index(label)]
        for word, value in _vector(words, idf).items():
            of_section[word] = of_section.get(word, 0.0) + value
    return Bayes(sections, idf, _complement_weights(mass, idf, smoothing))


def _complement_weights(
    mass: Sequence[Mapping[str, float]], idf: Mapping[str, float], smoothing: float
) -> tuple[Mapping[str, float], ...]:
    total: dict[str, float] = dict.fromkeys(idf, 0.0)
    for of_section in mass:
        for word, value in of_section.items():
            total[word] += value
    everything = sum(total.values())
    weights = []
    for of_section in mass:
        rest = everything - sum(of_section.values()) + smoothing * len(idf)
        raw = {word: -math.log((total[word] - of_section.get(word, 0.0) + smoothing) / rest) for word in idf}
        scale = sum(abs(value) for value in raw.values())
        weights.append({word: value / scale * len(idf) for word, value in raw.items()})
    return tuple(weights)


def _idf(documents: Sequence[Sequence[str]]) -> dict[str, float]:
    frequency: dict[str, int] = {}
    for words in documents:
        for word in dict.fromkeys(words):
            frequency[word] = frequency.get(word, 0) + 1
    total = 1 + len(documents)
    return {word: math.log(total / (1 + df)) + 1 for word, df in frequency.items()}


def _vector(words: Sequence[str], idf: Mapping[str, float]) -> similarity.Vector:
    return similarity.weigh([word for word in words if word in idf], idf)


class Learned:
    """Places stories as the newsroom placed its past ones."""

    method = "learned"

    def __init__(self, past: Sequence[tuple[Story, str]], *, margin: float = DEFAULT_MARGIN) -> None:
        """Fit on past stories with their sections; two sections at least, else ValueError."""
        if len({section for _, section in past}) < 2:
            raise ValueError("cannot learn sections: the past stories show fewer than two of them")
        bags = [story_words(story) for story, _ in past]
        labels = [section for _, section in past]
        self._bayes = fit(bags, labels)
        self._margin = margin

    def guess(self, story: Story) -> Guess:
        """Return the likeliest section, whatever its margin."""
        return self._bayes.guess(story_words(story))

    def place(self, story: Story) -> Placement | None:
        """Return the section, or None when the lead is too small or no word is known."""
        return _placement(self.guess(story), self._margin, self.method)


class Described:
    """Places stories by what the sections' titles and descriptions say, sharpened on an unlabelled archive."""

    method = "described"

    def __init__(
        self, rules: Sequence[SectionRule], archive: Sequence[Story] = (), *, margin: float = DEFAULT_MARGIN
    ) -> None:
        """Train on the archive in rounds; an empty one leaves the words of the descriptions alone.

        Each round believes the same number of stories a section, so that a common section does not swallow the rest.
        """
        if len(rules) < 2:
            raise ValueError("cannot tell sections apart: the newsletter has fewer than two")
        self._ids = [rule.id for rule in rules]
        self._described = [_description_words(rule) for rule in rules]
        self._margin = margin
        bags = [story_words(story) for story in archive]
        self._idf = _idf([*bags, *self._described])
        self._bayes = self._train(bags) if len(bags) >= 2 * len(rules) else None

    def guess(self, story: Story) -> Guess:
        """Return the likeliest section, whatever its margin."""
        words = story_words(story)
        if self._bayes is not None:
            return self._bayes.guess(words)
        scores = self._by_description(words)
        ranked = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
        shared = set(words) & set(self._described[ranked[0]])
        said = tuple(sorted(shared, key=lambda word: (-self._idf.get(word, 1.0), word))[:DECIDING_WORDS])
        return Guess(self._ids[ranked[0]], scores[ranked[0]] - scores[ranked[1]], said)

    def place(self, story: Story) -> Placement | None:
        """Return the section, or None when the lead is too small or no word is known."""
        return _placement(self.guess(story), self._margin, self.method)

    def _by_description(self, words: Sequence[str]) -> list[float]:
        vector = similarity.weigh(words, self._idf)
        return [similarity.cosine(vector, similarity.weigh(each, self._idf)) for each in self._described]

    def _train(self, bags: Sequence[list[str]]) -> Bayes:
        scored = [self._by_description(words) for words in bags]
        bayes: Bayes | None = None
        for share in ROUNDS:
            quota = max(LEAST_QUOTA, int(share * len(bags) / len(self._ids)))
            believed = _surest(scored, quota)
            documents = [*(bags[place] for place, _ in believed), *self._described]
            labels = [*(self._ids[section] for _, section in believed), *self._ids]
            bayes = fit(documents, labels, smoothing=SMOOTHING_WITHOUT_LABELS)
            order = [bayes.sections.index(each) for each in self._ids]
            scored = [[sums[i] for i in order] for sums in map(bayes.scores, bags)]
        assert bayes is not None
        return bayes


def learner_for(
    rules: Sequence[SectionRule],
    past: Sequence[tuple[Story, str]],
    archive: Sequence[Story] = (),
    *,
    coverage: float = 1.0,
) -> Learned | Described:
    """Return the learner that knows most: the newsroom's own past if every section has labels enough, else words.

    ``past`` are stories with their sections, ``archive`` stories without. ``coverage`` in 0..1 is the share of
    stories like these that it places; the least sure rest abstains. Raises ValueError for fewer than two sections.
    """
    known = {rule.id for rule in rules}
    taught = [(story, section) for story, section in past if section in known]
    counts = {rule.id: sum(section == rule.id for _, section in taught) for rule in rules}
    is_described = any(rule.description for rule in rules)
    if min(counts.values(), default=0) >= LEAST_LABELS or (not is_described and sum(map(bool, counts.values())) >= 2):
        return Learned(taught, margin=_margin_of_past(taught, coverage))
    stories = [*archive, *(story for story, _ in taught)]
    if coverage >= 1:
        return Described(rules, stories)
    margins = [guess.margin for guess in map(Described(rules, stories).guess, stories)]
    return Described(rules, stories, margin=_margin_at(margins, coverage))


def _margin_of_past(past: Sequence[tuple[Story, str]], coverage: float) -> float:
    """Return the margin that leaves a share of unseen stories out: each half of the past is guessed by the other."""
    if coverage >= 1:
        return DEFAULT_MARGIN
    margins: list[float] = []
    for held in (0, 1):
        taught = [each for place, each in enumerate(past) if place % 2 != held]
        if len({section for _, section in taught}) < 2:
            return DEFAULT_MARGIN
        learner = Learned(taught)
        margins += [learner.guess(story).margin for story, _ in past[held::2]]
    return _margin_at(margins, coverage)


def _margin_at(margins: Sequence[float], coverage: float) -> float:
    ordered = sorted(margins)
    return ordered[int((1 - coverage) * len(ordered))] if ordered else DEFAULT_MARGIN


def _surest(scored: Sequence[Sequence[float]], quota: int) -> list[tuple[int, int]]:
    """Return, section by section, the places of the stories it leads by most; (place, section).

    That is ``quota`` of a section, or four fifths of what it leads, should that be fewer.
    """
    by_section: dict[int, list[tuple[float, int]]] = {}
    for place, scores in enumerate(scored):
        ranked = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
        margin = scores[ranked[0]] - scores[ranked[1]]
        if margin > 0:
            by_section.setdefault(ranked[0], []).append((-margin, place))
    found = []
    for section in sorted(by_section):
        led = sorted(by_section[section])
        most = min(quota, max(LEAST_QUOTA, int(MOST_BELIEVED * len(led))))
        found += [(place, section) for _, place in led[:most]]
    return found


def _description_words(rule: SectionRule) -> list[str]:
    words = content_words(f"{rule.title} {rule.title} {rule.description} {' '.join(rule.tags)}")
    return words or [stem(rule.id.lower())]


def _placement(guess: Guess, margin: float, method: str) -> Placement | None:
    if guess.margin <= margin or not guess.words:
        return None
    confidence = round(min(0.99, guess.margin / (guess.margin + CONFIDENT_MARGIN)), 3)
    return Placement(guess.section, method, confidence, f"words such as {', '.join(guess.words)}")
