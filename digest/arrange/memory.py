"""What earlier editions of a newsletter printed, and when a story may come back.

A story already sent returns only if it changed in substance, labelled "Update"; a correction is no update.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Memory:
    """What was printed, laid out so that asking costs a story the same whatever was printed; see ``remember``."""

    printed: tuple[Printed, ...] = ()
    by_story: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    shingles: tuple[frozenset[int], ...] = ()
    by_sample: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    headlines: tuple[tuple[str, similarity.Vector], ...] = ()


@dataclass(frozen=True, slots=True)
class Recall:
    """The newest printing of a cluster; an update with the sentences that are ``new``, or why it must not run."""

    before: Printed
    is_update: bool
    because: str = ""
    new: tuple[str, ...] = ()


def remember(printed: Sequence[Printed]) -> Memory:
    """Lay out what was printed by story, by sampled shingles of its text and by headline."""
    by_story: dict[str, tuple[int, ...]] = {}
    by_sample: dict[int, tuple[int, ...]] = {}
    shingles = tuple(copies.shingles(each.text) for each in printed)
    for place, (each, full) in enumerate(zip(printed, shingles, strict=True)):
        by_story[each.story_id] = (*by_story.get(each.story_id, ()), place)
        for sample in copies.sample(full):
            by_sample[sample] = (*by_sample.get(sample, ()), place)
    headlines = tuple((each.story_id, similarity.weigh(content_words(each.headline), {})) for each in printed)
    return Memory(tuple(printed), by_story, shingles, by_sample, headlines)


def recall(cluster: Cluster, memory: Memory) -> Recall | None:
    """Return what was printed of a cluster before and whether it may come back; None for what never ran."""
    before = _find_before(cluster, memory)
    if before is None:
        return None
    new = new_sentences(cluster.lead, before) if before.text else ()
    if _is_materially_new(cluster.lead, before, new):
        return Recall(before, is_update=True, new=new)
    said = f"already sent in {before.edition} on {before.sent_at.date().isoformat()}"
    if before.headline != cluster.lead.headline:
        said += f" as “{before.headline}”"
    return Recall(before, is_update=False, because=said)


def new_sentences(story: Story, before: Printed) -> tuple[str, ...]:
    """Return the sentences of a story that the printed version did not have, in order."""
    known = [similarity.weigh(content_words(before.text[a:b]), {}) for a, b in split(before.text)]
    found = []
    for start, end in split(story.text):
        vector = similarity.weigh(content_words(story.text[start:end]), {})
        if vector and max((similarity.cosine(vector, each) for each in known), default=0.0) < SAME_SENTENCE:
            found.append(story.text[start:end])
    return tuple(found)


def seen_similarity(cluster: Cluster, memory: Memory) -> float:
    """Return the likeness in 0..1 of a cluster's headline to the nearest headline printed of another story."""
    vector = similarity.weigh(content_words(cluster.lead.headline), {})
    own = {story.id for story in cluster.stories}
    others = (headline for story_id, headline in memory.headlines if story_id not in own)
    return max((similarity.cosine(vector, other) for other in others), default=0.0)


def _find_before(cluster: Cluster, memory: Memory) -> Printed | None:
    """Find the newest record of the lead, of a copy of it, or of the same text under another id."""
    ids = {cluster.lead.id} if cluster.kind == "event" else {story.id for story in cluster.stories}
    places = {place for story_id in ids for place in memory.by_story.get(story_id, ())}
    same = [memory.printed[place] for place in places | _copies_of(cluster.lead, memory)]
    return max(same, key=lambda each: (each.sent_at, each.version, each.story_id), default=None)


def _copies_of(story: Story, memory: Memory) -> set[int]:
    full = copies.shingles(story.text)
    candidates = {place for sample in copies.sample(full) for place in memory.by_sample.get(sample, ())}
    return {place for place in candidates if _is_copy(story, full, memory.printed[place], memory.shingles[place])}


def _is_copy(story: Story, full: frozenset[int], before: Printed, before_full: frozenset[int]) -> bool:
    old = Story(id=before.story_id, source="", key="", headline=before.headline, text=before.text)
    return copies.verdict(story, full, old, before_full).same


def _is_materially_new(story: Story, before: Printed, new: Sequence[str]) -> bool:
    if before.story_id == story.id and story.version and story.version <= before.version:
        return False
    if not before.text:
        return _is_new_headline(story.headline, before.headline)
    if len(story.corrections) and not _is_new_headline(story.headline, before.headline):
        return False
    return len(new) >= LEAST_NEW_SENTENCES and len(new) >= LEAST_NEW_SHARE * len(split(story.text))


def _is_new_headline(now: str, before: str) -> bool:
    """A headline with another number, or hardly a word of the old one, tells something new."""
    if numbers(now) - numbers(before):
        return True
    old, new = set(content_words(before)), set(content_words(now))
    return bool(old and new) and similarity.overlap(old, new) < LEAST_NEW_SHARE
