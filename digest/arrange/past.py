"""Learns sections from what the newsroom itself did before, and only when a story needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from digest.arrange.learn import learner_for
from digest.arrange.sections import MORE, Ladder, Learner, SectionRule
from digest.model import Placement, Story

COVERAGE = 0.9
"""Share of stories that words alone may place: the least sure tenth waits for an editor."""
LEAST_PAST = 40
"""Stories needed before words are believed at all; a newsroom's first days are placed by its own sections and tags."""


class PastLearner:
    """Places stories by the newsroom's past: what its own sections, tags and addresses said is what it learns.

    ``read`` returns past stories; it is called once, at the first story that no plainer rule could place.
    """

    def __init__(self, rules: Sequence[SectionRule], plain: Ladder, read: Callable[[], Sequence[Story]]) -> None:
        self._rules = [rule for rule in rules if rule.id != MORE]
        self._plain = plain
        self._read = read

    def place(self, story: Story) -> Placement | None:
        """Return the section with its reason, or None: too few past stories, or not sure."""
        return self._learner.place(story) if self._learner is not None else None

    @cached_property
    def _learner(self) -> Learner | None:
        past = list(self._read())
        if len(past) < LEAST_PAST or len(self._rules) < 2:
            return None
        placed = [(story, self._plain.place(story)) for story in past]
        taught = [(story, found.section) for story, found in placed if found.method != "none"]
        rest = [story for story, found in placed if found.method == "none"]
        if not any(rule.description for rule in self._rules) and len({section for _, section in taught}) < 2:
            return None
        return learner_for(self._rules, taught, rest, coverage=COVERAGE)
