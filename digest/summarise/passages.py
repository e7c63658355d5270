"""Blanks sentences of a story that a blurb must not take, so that the others keep their offsets."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from digest.model import Story
from digest.summarise import guard
from digest.text.sentences import split
from digest.text.words import content_words

LEAST_SHARED = 3
LEAST_SHARE = 0.4
"""Share of a sentence's words that a correction has, from which the correction speaks of that sentence."""


def only(story: Story, sentences: Collection[str]) -> Story:
    """Return the story with nothing left but these sentences; one that leans on a blanked sentence goes too."""
    wanted = frozenset(sentences)
    corrected = _corrected(story)
    kept_before = False

    def keeps(sentence: str) -> bool:
        nonlocal kept_before
        stands = kept_before or not guard.problem(sentence)
        kept_before = sentence in wanted and stands and not _speaks_of(corrected, sentence)
        return kept_before

    return _blanked(story, keeps)


def without_corrected(story: Story) -> Story:
    """Return the story without the sentences that its corrections speak of; the story itself if it has none."""
    corrected = _corrected(story)
    return _blanked(story, lambda sentence: not _speaks_of(corrected, sentence)) if corrected else story


def is_corrected(text: str, story: Story) -> bool:
    """Tell whether a text repeats a passage that the story's corrections speak of."""
    corrected = _corrected(story)
    return any(_speaks_of(corrected, text[start:end]) for start, end in split(text))


def _corrected(story: Story) -> list[frozenset[str]]:
    return [frozenset(content_words(each)) - _ABOUT_CORRECTING for each in story.corrections]


_ABOUT_CORRECTING = frozenset(
    content_words(
        "correction clarification editor note an earlier version of this story article report misstated incorrectly"
        " wrongly said stated that was updated amended corrected error regret"
    )
)


def _speaks_of(corrections: list[frozenset[str]], sentence: str) -> bool:
    words = set(content_words(sentence))
    shared = (len(words & correction) for correction in corrections)
    return any(count >= LEAST_SHARED and count >= LEAST_SHARE * len(words) for count in shared)


def _blanked(story: Story, keeps: Callable[[str], bool]) -> Story:
    signs = list(story.text)
    for start, end in split(story.text):
        if not keeps(story.text[start:end]):
            signs[start:end] = "\n" * (end - start)
    return replace(story, text="".join(signs))
