"""Whose words stand under a headline: the newsroom's own summary, its standfirst, or an extract of ours.

An editor's blurb is laid over all of these by ``editorial``; this module sees stories alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from digest.model import Access, Blurb, Cluster, Origin, Rights, Sentence, Story
from digest.protocols import Summarizer
from digest.summarise import document, features, guard, passages
from digest.summarise.lead import LeadSummarizer
from digest.summarise.linear import shipped_weights
from digest.summarise.select import LEAST_WORDS, MOST_ALIKE
from digest.text.words import content_words

POLICIES = ("summary", "standfirst", "extract")
MOST_POINTS = 3
SUBSCRIBER_SENTENCES = 2
"""A story behind a wall shows its first sentences and no more: the rest is what subscribers pay for."""


def blurb(
    cluster: Cluster,
    *,
    summarizer: Summarizer,
    policy: str = "summary",
    max_sentences: int = 3,
    max_words: int = 90,
    pooled: bool = False,
    only: Collection[str] = (),
) -> Blurb:
    """Return the words printed under a cluster's headline.

    ``policy`` "summary" prefers the newsroom's newsletter summary, "standfirst" falls back to the standfirst before
    an extract, "extract" takes neither. A link-only story has no words of its own shown (``Origin.NONE``).
    ``pooled`` lets several accounts of an event speak, each sentence with its story. ``only`` names the sentences
    that are new in an update: the blurb is made of them if any can stand. A passage that a correction speaks of is
    never quoted. Raises ValueError on a policy it does not know.
    """
    if policy not in POLICIES:
        raise ValueError(f"blurb policy {policy!r} is unknown: use one of {', '.join(POLICIES)}")
    story = cluster.lead
    if story.rights is Rights.LINK_ONLY:
        return Blurb("", Origin.NONE, notes=("link-only: the headline alone may be shown",))
    written = None if only else _written(story, policy)
    if written is not None and not passages.is_corrected(written.text, story):
        return written
    if story.access is Access.SUBSCRIBER:
        return _teaser(story, max_sentences, max_words)
    if only:
        news = summarizer.summarise([passages.only(story, only)], max_sentences=max_sentences, max_words=max_words)
        if news.sentences:
            return _flagged(news, story)
    voices = _voices(cluster) if pooled and cluster.kind == "event" else [story]
    kept = [passages.without_corrected(voice) for voice in voices]
    return _flagged(summarizer.summarise(kept, max_sentences=max_sentences, max_words=max_words), story)


def _written(story: Story, policy: str) -> Blurb | None:
    if policy == "extract":
        return None
    if story.summary.strip():
        return Blurb(" ".join(story.summary.split()), Origin.NEWSROOM, method="summary")
    if policy == "standfirst" and story.standfirst.strip():
        return Blurb(" ".join(story.standfirst.split()), Origin.STANDFIRST, method="standfirst")
    return None


def _teaser(story: Story, max_sentences: int, max_words: int) -> Blurb:
    most = min(max_sentences, SUBSCRIBER_SENTENCES)
    taken = LeadSummarizer().summarise([story], max_sentences=most, max_words=max_words)
    return replace(taken, notes=(*taken.notes, "subscriber-only: the first sentences alone"))


def _voices(cluster: Cluster) -> list[Story]:
    """Return the accounts whose words may be shown, copies left out, the lead first."""
    copied = set(cluster.evidence.get("copies", {}))
    return [
        story
        for story in cluster.stories
        if story is cluster.lead
        or (story.id not in copied and story.rights is not Rights.LINK_ONLY and story.access is Access.FREE)
    ]


def _flagged(made: Blurb, story: Story) -> Blurb:
    """Flag a blurb of a corrected story, so that an editor looks at it before it runs."""
    if not story.corrections or made.origin is Origin.NONE:
        return made
    return replace(made, notes=(*made.notes, "the story carries a correction"))


def points(story: Story, made: Blurb) -> tuple[Sentence, ...]:
    """Return up to three further sentences of the story for the lead item's list, in order.

    They stand by themselves, repeat neither the blurb nor each other, and are whole sentences of the story.
    A story whose words may not be shown in full gives none.
    """
    if story.rights is Rights.LINK_ONLY or story.access is Access.SUBSCRIBER:
        return ()
    read = document.read(story)
    taken = {sentence.start for sentence in made.sentences}
    said = [content_words(made.text)]
    chosen: list[int] = []
    for place in _by_score(read):
        text = read.texts[place]
        if len(chosen) == MOST_POINTS or read.spans[place][0] in taken:
            continue
        if read.sizes[place] < LEAST_WORDS + 3 or read.sizes[place] > 40 or guard.problem(text):
            continue
        if all(document.closeness(read.stems[place], other) < MOST_ALIKE for other in said):
            chosen.append(place)
            said.append(list(read.stems[place]))
    return tuple(read.sentence(place) for place in sorted(chosen))


def _by_score(read: document.Document) -> list[int]:
    weights = shipped_weights()
    scores = [weights.score(row) for row in features.table(read)]
    return sorted(range(len(scores)), key=lambda place: (-scores[place], place))
