"""The plainest summariser: the first sentences of the story, passing over what cannot stand.

It needs no model and fits every language; for languages other than English the guard is off, and the blurb's
notes say so.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.model import Blurb, Origin, Story
from digest.summarise import document, guard
from digest.summarise.select import LEAST_WORDS

GUARD_OFF = "not English: leading sentences, without the coherence guard"


class LeadSummarizer:
    """Takes leading sentences."""

    name = "lead"

    def summarise(self, stories: Sequence[Story], *, max_sentences: int, max_words: int) -> Blurb:
        """Return the leading sentences of the first story that fit."""
        if not stories:
            return Blurb("", Origin.NONE, method=self.name)
        return leading(document.read(stories[0]), max_sentences, max_words, method=self.name)


def leading(read: document.Document, max_sentences: int, max_words: int, *, method: str) -> Blurb:
    """Build a blurb of the document's first sentences; one that points at a passed-over sentence is passed over."""
    english = is_english(read.story)
    chosen: list[int] = []
    words = 0
    for place, text in enumerate(read.texts):
        if len(chosen) == max_sentences:
            break
        if chosen and words + read.sizes[place] > max_words:
            break
        if english and (read.sizes[place] < LEAST_WORDS or not _stands(text, place, chosen)):
            continue
        chosen.append(place)
        words += read.sizes[place]
    chosen = chosen or list(range(min(1, len(read.texts))))
    return build(read, chosen, method=method, notes=() if english else (GUARD_OFF,))


def _stands(text: str, place: int, chosen: list[int]) -> bool:
    why = guard.problem(text)
    return not why or (guard.is_open_quotation(text) is False and (place == 0 or place - 1 in chosen))


def build(read: document.Document, chosen: Sequence[int], *, method: str, notes: tuple[str, ...] = ()) -> Blurb:
    """Make a blurb of the chosen places, in order."""
    sentences = tuple(read.sentence(place) for place in sorted(chosen))
    text = " ".join(sentence.text for sentence in sentences)
    return Blurb(text, Origin.EXTRACT if sentences else Origin.NONE, sentences, method, notes)


def is_english(story: Story) -> bool:
    """Tell whether the rules for English apply: no language given counts as English if the text looks it."""
    if story.language:
        return story.language.lower().startswith("en")
    letters = [sign for sign in story.text[:400] if sign.isalpha()]
    return sum(sign.isascii() for sign in letters) >= 0.9 * len(letters)
