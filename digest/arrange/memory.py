"""What earlier editions of a newsletter printed, and when a story may come back.

A story already sent returns only if it changed in substance, labelled "Update"; a correction is no update.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.arrange import copies
from digest.model import Cluster, Printed, Story
from digest.text import similarity
from digest.text.sentences import split
from digest.text.words import content_words, numbers

UPDATE_LABEL = "Update"
LEAST_NEW_SHARE = 0.25
"""A rewritten story is new when a quarter of its sentences (two at least) say what none said before."""
LEAST_NEW_SENTENCES = 2
SAME_SENTENCE = 0.6

__all__ = [
    "LEAST_NEW_SHARE",
    "UPDATE_LABEL",
    "Printed",
    "already",
    "label_for",
    "new_sentences",
    "seen_similarity",
    "what_is_new",
]


def already(cluster: Cluster, printed: Sequence[Printed]) -> str | None:
    """Return why the cluster must not run again, or None if it may (as news, or as an update)."""
    before = _find_before(cluster, printed)
    if before is None or _is_materially_new(cluster.lead, before):
        return None
    said = f"already sent in {before.edition} on {before.sent_at.date().isoformat()}"
    return f"{said} as “{before.headline}”" if before.headline != cluster.lead.headline else said


def label_for(cluster: Cluster, printed: Sequence[Printed]) -> str:
    """Return "Update" for a cluster that was sent before and may come back, else an empty string."""
    before = _find_before(cluster, printed)
    return UPDATE_LABEL if before is not None and _is_materially_new(cluster.lead, before) else ""


def what_is_new(cluster: Cluster, printed: Sequence[Printed]) -> tuple[str, ...]:
    """Return the sentences that an update adds to what was printed; nothing for a story that was not."""
    before = _find_before(cluster, printed)
    return new_sentences(cluster.lead, before) if before is not None and before.text else ()


def new_sentences(story: Story, before: Printed) -> tuple[str, ...]:
    """Return the sentences of a story that the printed version did not have, in order."""
    known = [similarity.weigh(content_words(before.text[a:b]), {}) for a, b in split(before.text)]
    found = []
    for start, end in split(story.text):
        vector = similarity.weigh(content_words(story.text[start:end]), {})
        if vector and max((similarity.cosine(vector, each) for each in known), default=0.0) < SAME_SENTENCE:
            found.append(story.text[start:end])
    return tuple(found)


def seen_similarity(cluster: Cluster, printed: Sequence[Printed]) -> float:
    """Return the likeness in 0..1 of a cluster's headline to the nearest headline printed before."""
    vector = similarity.weigh(content_words(cluster.lead.headline), {})
    own = {story.id for story in cluster.stories}
    others = (similarity.weigh(content_words(each.headline), {}) for each in printed if each.story_id not in own)
    return max((similarity.cosine(vector, other) for other in others), default=0.0)


def _find_before(cluster: Cluster, printed: Sequence[Printed]) -> Printed | None:
    """Find the newest record of the lead, of a copy of it, or of the same text under another id."""
    ids = {cluster.lead.id} if cluster.kind == "event" else {story.id for story in cluster.stories}
    same = [each for each in printed if each.story_id in ids or _is_copy(cluster.lead, each)]
    return max(same, key=lambda each: (each.sent_at, each.version, each.story_id), default=None)


def _is_copy(story: Story, before: Printed) -> bool:
    if not before.text or not story.text:
        return False
    old = Story(id=before.story_id, source="", key="", headline=before.headline, text=before.text)
    return copies.compare(story, old).same


def _is_materially_new(story: Story, before: Printed) -> bool:
    if before.story_id == story.id and story.version and story.version <= before.version:
        return False
    if not before.text:
        return _is_new_headline(story.headline, before.headline)
    if len(story.corrections) and not _is_new_headline(story.headline, before.headline):
        return False
    fresh = len(new_sentences(story, before))
    return fresh >= LEAST_NEW_SENTENCES and fresh >= LEAST_NEW_SHARE * len(split(story.text))


def _is_new_headline(now: str, before: str) -> bool:
    """A headline with another number, or hardly a word of the old one, tells something new."""
    if numbers(now) - numbers(before):
        return True
    old, new = set(content_words(before)), set(content_words(now))
    return bool(old and new) and similarity.overlap(old, new) < LEAST_NEW_SHARE
