"""Which section a story stands in: a ladder of rules from an editor's pin down to what its words suggest.

pin > the story's own section > tags > URL path > the source's default > learned > described > "More news".
Each answer says which rule gave it and why, so that an editor can argue with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from digest.model import Placement, Story
from digest.text.words import plain_words

MORE = "more"
MORE_TITLE = "More news"


@dataclass(frozen=True, slots=True)
class SectionRule:
    """A section of a newsletter: its caps and what belongs in it. A cap of 0 is no cap."""

    id: str
    title: str
    description: str = ""
    max_items: int = 5
    tags: tuple[str, ...] = ()
    max_per_source: int = 0
    max_per_author: int = 0


class Learner(Protocol):
    """Places a story by its words, or abstains with None."""

    def place(self, story: Story) -> Placement | None:
        """Return the section with method, confidence in 0..1 and the words that decided."""


class Ladder:
    """Places stories by the first rule that fits.

    ``tag_map`` maps a tag or department to a section id, ``source_defaults`` a source's name, ``pins`` a story's id.
    Ids that name no section of the newsletter are passed over. ``learner`` is asked last.
    """

    def __init__(
        self,
        rules: Sequence[SectionRule],
        *,
        tag_map: Mapping[str, str] | None = None,
        source_defaults: Mapping[str, str] | None = None,
        pins: Mapping[str, str] | None = None,
        learner: Learner | None = None,
    ) -> None:
        self._ids = {rule.id for rule in rules} | {MORE}
        self._by_name = {_plain(name): rule.id for rule in rules for name in (rule.title, rule.id)}
        self._by_tag = {_plain(tag): rule.id for rule in rules for tag in rule.tags}
        self._by_tag.update({_plain(tag): section for tag, section in (tag_map or {}).items()})
        self._source_defaults = dict(source_defaults or {})
        self._pins = dict(pins or {})
        self._learner = learner

    def with_learner(self, learner: Learner) -> Ladder:
        """Return the same rules with a learner that is asked last."""
        ladder = copy(self)
        ladder._learner = learner
        return ladder

    def place(self, story: Story) -> Placement:
        """Return where the story stands; it stands in "more" when every rule abstains."""
        for rule in (self._pin, self._explicit, self._tag, self._address, self._source, self._words):
            placement = rule(story)
            if placement is not None and placement.section in self._ids:
                return placement
        return Placement(MORE, "none", 0.0, "no rule fits: needs an editor")

    def _pin(self, story: Story) -> Placement | None:
        pinned = self._pins.get(story.id)
        return Placement(pinned, "pin", 1.0, "an editor put it here") if pinned else None

    def _explicit(self, story: Story) -> Placement | None:
        for field, value in (("section", story.section), ("department", story.department)):
            found = self._named(value)
            if found:
                return Placement(found, "section", 1.0, f"the story's own {field} is {value!r}")
        return None

    def _named(self, value: str) -> str | None:
        plain = _plain(value)
        return (self._by_name.get(plain) or self._by_tag.get(plain)) if plain else None

    def _tag(self, story: Story) -> Placement | None:
        for tag in story.tags:
            found = self._by_tag.get(_plain(tag)) or self._by_name.get(_plain(tag))
            if found:
                return Placement(found, "tag", 0.95, f"tagged {tag!r}")
        return None

    def _address(self, story: Story) -> Placement | None:
        """Read the folders of the address, the last part (the story's own name) left out."""
        for part in urlsplit(story.url).path.split("/")[:-1]:
            found = self._named(part)
            if found:
                return Placement(found, "url", 0.9, f"its address has /{part}/")
        return None

    def _source(self, story: Story) -> Placement | None:
        default = self._source_defaults.get(story.source)
        return Placement(default, "source", 0.8, f"the default of source {story.source!r}") if default else None

    def _words(self, story: Story) -> Placement | None:
        return self._learner.place(story) if self._learner is not None else None


def _plain(name: str) -> str:
    return " ".join(plain_words(name.replace("_", " ")))
