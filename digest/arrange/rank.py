"""How much a cluster matters: a sum of named parts, each kept, so that *why is this here* has an answer.

The weights are a house rule, not a measurement: an editor's priority outweighs the rest, several independent
sources count like half of it, freshness halves every twelve hours.
"""

from __future__ import annotations

import math
from datetime import datetime

from digest.model import Cluster, Reason, Rights, Story

PRIORITY_POINTS = 40.0
SOURCES_POINTS = 25.0
MANY_SOURCES = 8
FRESH_POINTS = 20.0
HALF_LIFE_HOURS = 12.0
OWN_POINTS = 10.0
COMPLETE_POINTS = 5.0
COMPLETE_CHARACTERS = 400
SEEN_POINTS = -30.0
ORDERS = ("priority", "source", "recency")


def score(
    cluster: Cluster,
    *,
    now: datetime,
    order: str = "priority",
    own: frozenset[str] = frozenset(),
    seen_similarity: float = 0.0,
) -> tuple[float, tuple[Reason, ...]]:
    """Return the score and its parts, which sum to it.

    ``order`` "recency" looks at freshness alone, "source" at the priority alone; ``own`` names the newsroom's own
    sources; ``seen_similarity`` in 0..1 is the likeness to what was printed in the last seven days.
    Raises ValueError on an unknown order.
    """
    if order not in ORDERS:
        raise ValueError(f"order {order!r} is unknown: use one of {', '.join(ORDERS)}")
    parts = {"priority": _by_priority, "source": _by_source, "recency": _by_recency}[order](cluster, now, own)
    if seen_similarity > 0:
        points = SEEN_POINTS * min(1.0, seen_similarity)
        parts.append(Reason("already seen", _round(points), f"{seen_similarity:.0%} like what was printed this week"))
    kept = tuple(part for part in parts if part.points)
    return _round(math.fsum(part.points for part in kept)), kept


def age_hours(story: Story, now: datetime) -> float:
    """Return the story's age; an undated one counts from when we first saw it, else as new."""
    moment = story.published or story.known_at or now
    return max(0.0, (now - moment).total_seconds() / 3600)


def _by_priority(cluster: Cluster, now: datetime, own: frozenset[str]) -> list[Reason]:
    return [
        _priority(cluster),
        _sources(cluster),
        _fresh(cluster, now),
        _own(cluster, own),
        _complete(cluster),
    ]


def _by_source(cluster: Cluster, now: datetime, own: frozenset[str]) -> list[Reason]:
    return [_priority(cluster)]


def _by_recency(cluster: Cluster, now: datetime, own: frozenset[str]) -> list[Reason]:
    newest = min(age_hours(story, now) for story in cluster.stories)
    return [Reason("fresh", _round(100 * 0.5 ** (newest / 24)), f"{newest:.0f} hours old")]


def _priority(cluster: Cluster) -> Reason:
    best = max(story.priority for story in cluster.stories)
    return Reason("priority", _round(PRIORITY_POINTS * best / 100), f"priority {best} of 100")


def _sources(cluster: Cluster) -> Reason:
    """Count independent voices: copies of one wire story are one."""
    voices = independent_sources(cluster)
    share = min(1.0, math.log2(1 + voices) / math.log2(1 + MANY_SOURCES))
    because = "one source" if voices == 1 else f"{voices} independent sources"
    return Reason("sources", _round(SOURCES_POINTS * share), because)


def independent_sources(cluster: Cluster) -> int:
    """Return how many sources tell of it in their own words."""
    if cluster.kind != "event":
        return 1
    copied = set(cluster.evidence.get("copies", {}))
    return max(1, len({story.publisher for story in cluster.stories if story.id not in copied}))


def _fresh(cluster: Cluster, now: datetime) -> Reason:
    newest = min(age_hours(story, now) for story in cluster.stories)
    return Reason("fresh", _round(FRESH_POINTS * 0.5 ** (newest / HALF_LIFE_HOURS)), f"{newest:.0f} hours old")


def _own(cluster: Cluster, own: frozenset[str]) -> Reason:
    ours = [story for story in cluster.stories if story.source in own and not story.outlet]
    is_own = bool(ours) if own else cluster.lead.rights is Rights.OWN
    return Reason("own reporting", OWN_POINTS if is_own else 0.0, "the newsroom's own reporting")


def _complete(cluster: Cluster) -> Reason:
    whole = len(cluster.lead.text) >= COMPLETE_CHARACTERS
    return Reason("complete", COMPLETE_POINTS if whole else 0.0, "the whole story is there")


def _round(points: float) -> float:
    return round(points, 3)
