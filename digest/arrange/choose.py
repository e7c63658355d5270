"""What an edition prints and in which order: pins, then score, then recency, within each section's caps.

Every story handed in is accounted for once: printed, named under the item it repeats, or left out with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.arrange.sections import MORE, MORE_TITLE, SectionRule
from digest.model import Kind, LeftOut, Placed, Reason
from digest.text import similarity
from digest.text.words import content_words

_LEAD_KINDS = frozenset({Kind.NEWS, Kind.ANALYSIS, Kind.LIVE, Kind.OBITUARY})
ALIKE_POINTS = -15.0
LEAST_ALIKE = 0.3
"""Two headlines less alike than this are simply about different things."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many items one source and one author may have in the whole edition, briefs included; 0 is no quota."""

    per_source: int = 0
    per_author: int = 0

    def exceeded(self, each: Placed, taken: Sequence[Placed]) -> str:
        """Say which quota has no room for one more item beside those taken, or return an empty string."""
        story = each.cluster.lead
        publisher, byline = story.publisher, story.byline.strip().casefold()
        if 0 < self.per_source <= sum(one.cluster.lead.publisher == publisher for one in taken):
            return f"{_items(self.per_source)} of “{publisher}” already: its quota"
        authors = [one.cluster.lead.byline.strip().casefold() for one in taken]
        if byline and 0 < self.per_author <= authors.count(byline):
            return f"{_items(self.per_author)} by {story.byline.strip()} already: the author's quota"
        return ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The edition's stories in print order, and what was left out. Sections without items are not listed."""

    lead: Placed | None
    sections: tuple[tuple[SectionRule, tuple[Placed, ...]], ...]
    briefs: tuple[Placed, ...]
    left_out: tuple[LeftOut, ...]


def choose(
    placed: Sequence[Placed],
    *,
    rules: Sequence[SectionRule],
    top: int = 1,
    briefs: int = 6,
    pins: Sequence[str] = (),
    lead: str | None = None,
    dropped: Mapping[str, str] | None = None,
    max_items: int = 30,
    quotas: Quotas | None = None,
) -> Chosen:
    """Choose lead, sections and briefs.

    ``pins`` are story ids in the editor's order, ``lead`` the id the editor put first; ``dropped`` maps an id to the
    reason it must not run. ``top`` 0 prints no lead item. ``max_items`` caps lead and sections together; what a
    section has no room for becomes a brief while there is room for ``briefs`` of them. ``quotas`` hold for the whole
    edition, a section's own ones within it; what an editor pinned counts towards them and is never held back.
    """
    return _Choice(rules, pins, briefs, max_items, quotas or Quotas()).run(
        placed, lead if top else None, bool(top), dropped or {}
    )


def print_order(placed: Sequence[Placed], pins: Sequence[str] = ()) -> list[Placed]:
    """Sort by pins in their order, then score, then the newest, then the id."""
    rank = {story_id: place for place, story_id in enumerate(pins)}

    def key(each: Placed) -> tuple[int, float, float, str]:
        pin = min((rank[story.id] for story in each.cluster.stories if story.id in rank), default=len(rank))
        story = each.cluster.lead
        moment = story.published or story.known_at
        return (pin, -each.score, -(moment.timestamp() if moment else 0.0), story.id)

    return sorted(placed, key=key)


class _Choice:
    """The state of one choice: what has been taken so far, and why the rest was not."""

    def __init__(
        self, rules: Sequence[SectionRule], pins: Sequence[str], briefs: int, max_items: int, quotas: Quotas
    ) -> None:
        has_more = any(rule.id == MORE for rule in rules)
        self._rules = list(rules) if has_more else [*rules, SectionRule(MORE, MORE_TITLE)]
        self._pins = pins
        self._briefs = briefs
        self._room = max_items
        self._quotas = quotas
        self._left: list[LeftOut] = []
        self._passed: dict[str, str] = {}

    def run(
        self, placed: Sequence[Placed], lead_id: str | None, wants_lead: bool, dropped: Mapping[str, str]
    ) -> Chosen:
        ordered = self._drop(print_order(placed, self._pins), dropped)
        lead = self._find_lead(ordered, lead_id) if wants_lead and self._room > 0 else None
        if lead is not None:
            ordered.remove(lead)
            self._room -= 1
        first = [lead] if lead is not None else []
        sections, overflow = self._fill_within_quotas(ordered, first)
        printed = [*first, *(each for _, items in sections for each in items)]
        return Chosen(lead, tuple(sections), tuple(self._take_briefs(overflow, printed)), tuple(self._left))

    def _fill_within_quotas(
        self, ordered: list[Placed], first: list[Placed]
    ) -> tuple[list[tuple[SectionRule, tuple[Placed, ...]]], list[Placed]]:
        """Fill the sections again without what goes beyond a quota, until nothing does."""
        waiting = ordered
        while True:
            self._passed.clear()
            sections, overflow = self._fill(waiting)
            items = [each for _, listed in sections for each in listed]
            over = self._beyond_quotas(print_order(items, self._pins), list(first))
            if not over:
                return sections, overflow
            for each in waiting:
                if each.cluster.lead.id in over:
                    self._leave(each, over[each.cluster.lead.id])
            waiting = [each for each in waiting if each.cluster.lead.id not in over]

    def _beyond_quotas(self, ranked: Sequence[Placed], taken: list[Placed]) -> dict[str, str]:
        over: dict[str, str] = {}
        for each in sorted(ranked, key=lambda one: not _is_pinned(one, self._pins)):
            reason = "" if _is_pinned(each, self._pins) else self._quotas.exceeded(each, taken)
            if reason:
                over[each.cluster.lead.id] = reason
            else:
                taken.append(each)
        return over

    def _drop(self, ordered: list[Placed], dropped: Mapping[str, str]) -> list[Placed]:
        kept = []
        for each in ordered:
            reason = dropped.get(each.cluster.lead.id)
            if reason is None:
                kept.append(each)
            else:
                self._leave(each, reason)
        return kept

    def _leave(self, each: Placed, reason: str) -> None:
        first, *others = each.cluster.stories
        self._left.append(LeftOut(first.id, first.headline, reason))
        for story in others:
            self._left.append(LeftOut(story.id, story.headline, f"Covers the same as “{first.headline}”: {reason}"))

    def _find_lead(self, ordered: list[Placed], lead_id: str | None) -> Placed | None:
        if lead_id is not None:
            named = (each for each in ordered if any(story.id == lead_id for story in each.cluster.stories))
            found = next(named, None)
            if found is not None:
                return found
        pinned = set(self._pins)
        if ordered and any(story.id in pinned for story in ordered[0].cluster.stories):
            return ordered[0]
        return next((each for each in ordered if each.cluster.lead.kind in _LEAD_KINDS), next(iter(ordered), None))

    def _fill(self, ordered: list[Placed]) -> tuple[list[tuple[SectionRule, tuple[Placed, ...]]], list[Placed]]:
        known = {rule.id for rule in self._rules}
        rooms = {rule.id: _Room(rule, self._pins) for rule in self._rules}
        for each in ordered:
            section = each.placement.section if each.placement.section in known else MORE
            rooms[section].waiting.append(each)
        for room in rooms.values():
            room.fill()
            self._passed.update(room.passed)
        taken = self._cap(rooms)
        overflow = [each for room in rooms.values() for each in room.waiting]
        return taken, print_order(overflow, self._pins)

    def _cap(self, rooms: Mapping[str, _Room]) -> list[tuple[SectionRule, tuple[Placed, ...]]]:
        """Keep the best ``max_items`` over all sections; the rest waits for the briefs."""
        everything = print_order([each for room in rooms.values() for each in room.taken], self._pins)
        kept = {id(each) for each in everything[: max(0, self._room)]}
        sections = []
        for room in rooms.values():
            room.waiting += [each for each in room.taken if id(each) not in kept]
            items = tuple(each for each in room.taken if id(each) in kept)
            if items:
                sections.append((room.rule, items))
        return sections

    def _take_briefs(self, overflow: list[Placed], printed: list[Placed]) -> list[Placed]:
        """Take the best of the overflow while the briefs have room; say why of the rest."""
        titles = {rule.id: rule for rule in self._rules}
        briefs: list[Placed] = []
        for each in overflow:
            reason = "" if _is_pinned(each, self._pins) else self._quotas.exceeded(each, [*printed, *briefs])
            if not reason and len(briefs) < self._briefs:
                briefs.append(each)
                continue
            rule = titles.get(each.placement.section, titles[MORE])
            full = f"“{rule.title}” holds {rule.max_items} items and the briefs {self._briefs}: no room"
            self._leave(each, reason or self._passed.get(each.cluster.lead.id, full))
        return briefs


class _Room:
    """One section while it is filled: greedy, the best next, less for what repeats an item already taken."""

    def __init__(self, rule: SectionRule, pins: Sequence[str]) -> None:
        self.rule = rule
        self.waiting: list[Placed] = []
        self.taken: list[Placed] = []
        self.passed: dict[str, str] = {}
        self._pins = pins
        self._quotas = Quotas(rule.max_per_source, rule.max_per_author)
        self._vectors: list[similarity.Vector] = []

    def fill(self) -> None:
        passed: list[Placed] = []
        while self.waiting and len(self.taken) < self.rule.max_items:
            best = print_order([self._weigh(each) for each in self.waiting], self._pins)[0]
            self.waiting = [each for each in self.waiting if each.cluster is not best.cluster]
            reason = "" if _is_pinned(best, self._pins) else self._quotas.exceeded(best, self.taken)
            if reason:
                passed.append(best)
                self.passed[best.cluster.lead.id] = f"“{self.rule.title}” has {reason}"
            else:
                self.taken.append(best)
                self._vectors.append(_vector(best))
        self.waiting = passed + self.waiting

    def _weigh(self, each: Placed) -> Placed:
        likeness = max((similarity.cosine(_vector(each), known) for known in self._vectors), default=0.0)
        if likeness < LEAST_ALIKE:
            return each
        points = round(ALIKE_POINTS * likeness, 3)
        reason = Reason("like another item", points, f"{likeness:.0%} like an item above it")
        return replace(each, score=round(each.score + points, 3), reasons=(*each.reasons, reason))


def _is_pinned(each: Placed, pins: Sequence[str]) -> bool:
    return any(story.id in pins for story in each.cluster.stories)


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _vector(each: Placed) -> similarity.Vector:
    return similarity.weigh(content_words(each.cluster.lead.headline), {})
