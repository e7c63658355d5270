"""From stories to clusters: copies first, then one event's accounts; and who speaks for each.

Opinion, letters, live pages and whatever else is not plain news never merge with news: they keep their label.
The order of the input does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from digest.arrange import copies, events, pairs
from digest.model import Cluster, Decision, Kind, Rights, Story

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Every story in exactly one cluster; groups that may be one event, for the editor to judge; all copies.

    A group of copies that an event took in is listed in ``copies`` too.
    """

    clusters: tuple[Cluster, ...]
    possible: tuple[Cluster, ...]
    copies: tuple[Cluster, ...] = ()


def cluster(stories: Sequence[Story], *, decisions: Sequence[Decision] = ()) -> list[Cluster]:
    """Group stories into clusters, newest lead first; each story is in exactly one."""
    return list(group(stories, decisions=decisions).clusters)


def group(
    stories: Sequence[Story],
    *,
    decisions: Sequence[Decision] = (),
    model: pairs.Model | None = None,
) -> Grouping:
    """Group stories and list the possible groups too."""
    ordered = sorted(_once(stories), key=_reading_order)
    copied, series = _copies(ordered, decisions)
    merged, possible = _events(copied, (*series, *decisions), model)
    several = [each for each in copied if len(each.stories) > 1]
    parts = (tuple(sorted(each, key=_print_order)) for each in (merged, possible, several))
    return Grouping(*parts)


def house_rule(story: Story) -> tuple[int, bool, int, float, str]:
    """Return the key by which a cluster's stories are sorted: own before wire, longest, newest, then the id."""
    moment = story.published or story.known_at or _LONG_AGO
    return (_standing(story), bool(story.outlet), -len(story.text), -moment.timestamp(), story.id)


def _standing(story: Story) -> int:
    return {Rights.OWN: 0, Rights.LICENSED: 1, Rights.LINK_ONLY: 2}[story.rights]


def _once(stories: Sequence[Story]) -> list[Story]:
    """Keep the newest version where a story came twice."""
    latest: dict[str, Story] = {}
    for story in stories:
        known = latest.get(story.id)
        if known is None or story.version > known.version:
            latest[story.id] = story
    return list(latest.values())


def _reading_order(story: Story) -> tuple[float, str]:
    return ((story.published or story.known_at or _LONG_AGO).timestamp(), story.id)


def _print_order(cluster: Cluster) -> tuple[float, str]:
    moment, story_id = _reading_order(cluster.lead)
    return (-moment, story_id)


def _copies(ordered: list[Story], decisions: Sequence[Decision]) -> tuple[list[Cluster], list[Decision]]:
    """Group copies kind by kind, part what an editor split, and note what the series guard keeps apart."""
    split = _split_pairs(decisions)
    found: list[Cluster] = []
    series: list[Decision] = []
    for kind in Kind:
        same = [story for story in ordered if story.kind is kind]
        groups, parted = copies.group(same)
        series += [Decision("split", (same[one].id, same[other].id)) for one, other in parted]
        for each in groups:
            found.extend(_copy_clusters(same, each, split))
    return _same_address(found, split), series


def _copy_clusters(stories: list[Story], each: copies.CopyGroup, split: set[frozenset[str]]) -> list[Cluster]:
    kept = [stories[place] for place in each.places]
    evidence = {stories[place].id: verdict.evidence() for place, verdict in each.evidence.items()}
    if any(frozenset((one.id, other.id)) in split for one, other in combinations(kept, 2)):
        parts = _part(kept, split)
        return [_make("copy", part, {key: evidence[key] for key in evidence}) for part in parts]
    return [_make("copy", kept, evidence)]


def _part(stories: list[Story], split: set[frozenset[str]]) -> list[list[Story]]:
    parts: list[list[Story]] = []
    for story in stories:
        fitting = (part for part in parts if all(frozenset((story.id, each.id)) not in split for each in part))
        home = next(fitting, None)
        if home is None:
            parts.append([story])
        else:
            home.append(story)
    return parts


def _same_address(found: list[Cluster], split: set[frozenset[str]]) -> list[Cluster]:
    """Join clusters whose stories of one kind have the same address: one page, read through two sources."""
    by_address: dict[tuple[str, Kind], int] = {}
    joined: list[Cluster] = []
    for each in found:
        addresses = [(story.url, story.kind) for story in each.stories if story.url]
        home = next((by_address[address] for address in addresses if address in by_address), None)
        if home is not None and not _is_split(joined[home].stories, each.stories, split):
            both = [*joined[home].stories, *each.stories]
            evidence = {**joined[home].evidence, each.lead.id: {"because": "the same address"}, **each.evidence}
            joined[home] = _make("copy", both, evidence)
        else:
            home = len(joined)
            joined.append(each)
        by_address.update((address, home) for address in addresses if address not in by_address)
    return joined


def _is_split(ours: Sequence[Story], theirs: Sequence[Story], split: set[frozenset[str]]) -> bool:
    return any(frozenset((one.id, other.id)) in split for one in ours for other in theirs)


def _split_pairs(decisions: Sequence[Decision]) -> set[frozenset[str]]:
    verdicts: dict[frozenset[str], str] = {}
    for decision in decisions:
        verdicts.update((frozenset(pair), decision.kind) for pair in combinations(decision.story_ids, 2))
    return {pair for pair, kind in verdicts.items() if kind == "split"}


def _events(
    copied: list[Cluster], decisions: Sequence[Decision], model: pairs.Model | None
) -> tuple[list[Cluster], list[Cluster]]:
    """Merge clusters of plain news by event; the lead of each speaks in the comparison."""
    news = [each for each in copied if each.lead.kind is Kind.NEWS]
    rest = [each for each in copied if each.lead.kind is not Kind.NEWS]
    home = {story.id: each.lead.id for each in copied for story in each.stories}
    by_lead = [Decision(each.kind, tuple(dict.fromkeys(home.get(i, i) for i in each.story_ids))) for each in decisions]
    found = events.find([each.lead for each in news], decisions=by_lead, model=model)
    taken = {place for merge in found.certain for place in merge.places}
    singles = [each for place, each in enumerate(news) if place not in taken]
    merged = [_join(news, merge, "event") for merge in found.certain]
    return rest + singles + merged, [_join(news, merge, "possible") for merge in found.possible]


def _join(news: list[Cluster], merge: events.Merge, kind: str) -> Cluster:
    stories = [story for place in merge.places for story in news[place].stories]
    evidence: dict[str, Any] = {"likeness": round(merge.likeness, 4)}
    evidence["terms"] = {name: round(value, 4) for name, value in merge.terms.items()}
    if merge.best is not None:
        evidence["best_pair"] = [news[place].lead.id for place in merge.best]
    copied = {key: value for place in merge.places for key, value in news[place].evidence.items()}
    if copied:
        evidence["copies"] = copied
    return _make(kind, stories, evidence)


def _make(kind: str, stories: list[Story], evidence: dict[str, Any]) -> Cluster:
    if len(stories) == 1:
        return Cluster("single", tuple(stories))
    return Cluster(kind, tuple(sorted(stories, key=house_rule)), evidence)
