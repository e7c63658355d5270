"""What a newsletter prints: blurbs, clusters, items, sections, blocks, and the edition itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from digest.model.stories import Access, Image, Kind, Story


@dataclass(frozen=True, slots=True)
class Sentence:
    """A whole sentence of a stored story: ``story.text[start:end] == text`` for that version.

    ``source`` names whose words it is where a blurb quotes more than its own story; else it is empty.
    """

    text: str
    story_id: str
    version: int
    start: int
    end: int
    source: str = ""


class Origin(StrEnum):
    """Whose words a blurb is made of."""

    EDITOR = "editor"
    NEWSROOM = "newsroom"
    STANDFIRST = "standfirst"
    EXTRACT = "extract"
    ENDPOINT = "endpoint"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Blurb:
    """The short summary under a headline; an extract lists the sentences it was taken from, in order."""

    text: str
    origin: Origin
    sentences: tuple[Sentence, ...] = ()
    method: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Stories about one event, or copies of one story; the first speaks for the rest.

    ``kind`` is ``single``, ``copy`` or ``event``; ``evidence`` holds what the merge rested on.
    """

    kind: str
    stories: tuple[Story, ...]
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lead(self) -> Story:
        """Return the story that speaks for the cluster."""
        return self.stories[0]


@dataclass(frozen=True, slots=True)
class Decision:
    """An editor's word on grouping, remembered for good: ``merge`` these stories, or ``split`` them apart."""

    kind: str
    story_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """What an earlier edition said of a story: the version and words it was printed with, and when it was sent."""

    story_id: str
    version: int
    headline: str
    edition: str
    sent_at: datetime
    content_hash: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of *why is this here*: a named term and the points it gave."""

    name: str
    points: float
    because: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the section ladder put a story, by which rule and how surely (``section`` empty: it abstained)."""

    section: str
    method: str
    confidence: float
    because: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A cluster with its section and its score, before it is given words."""

    cluster: Cluster
    placement: Placement
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image ready for mail. ``name`` is its content hash with an ending, ``src`` where a mail finds it.

    ``width`` and ``height`` are CSS pixels of the layout; the file holds twice as many.
    """

    name: str
    src: str
    alt: str
    credit: str
    caption: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Credit:
    """Another account of the same event: "also covered by"."""

    source: str
    headline: str
    url: str


@dataclass(frozen=True, slots=True)
class Item:
    """A cluster as it stands in an edition. ``label`` is set for what is not plain news (Opinion, Podcast …)."""

    story_id: str
    version: int
    headline: str
    url: str
    blurb: Blurb
    kicker: str = ""
    label: str = ""
    kind: Kind = Kind.NEWS
    source: str = ""
    byline: str = ""
    credit: str = ""
    access: Access = Access.FREE
    language: str = ""
    minutes: int = 0
    picture: Picture | None = None
    points: tuple[Sentence, ...] = ()
    also: tuple[Credit, ...] = ()
    placement: Placement | None = None
    score: float = 0.0
    reasons: tuple[Reason, ...] = ()
    published: datetime | None = None
    flags: tuple[str, ...] = ()
    short_headline: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of an edition: items in print order, then its one-line briefs."""

    id: str
    title: str
    items: tuple[Item, ...]
    description: str = ""


class BlockKind(StrEnum):
    """What an editor's own piece is."""

    INTRO = "intro"
    SPONSOR = "sponsor"
    NUMBER = "number"
    QUOTE = "quote"
    LISTING = "listing"
    CORRECTION = "correction"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """One line of a listing: what, when, where; ``url`` may be empty."""

    title: str
    when: str = ""
    where: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """An editor's own piece. ``html`` is sanitised, ``text`` its plain twin; ``value`` is the number or the quotation.

    ``position`` is ``top``, ``after:<section id>``, ``end``, or empty for the theme's own place.
    ``by`` names who paid for a sponsor block or who is quoted; ``disclosure`` is printed under a sponsor block.
    ``image`` is the picture the editor named, beside the block's file; ``picture`` is it once made ready for mail.
    """

    id: str
    kind: BlockKind
    title: str = ""
    html: str = ""
    text: str = ""
    value: str = ""
    by: str = ""
    url: str = ""
    link_text: str = ""
    disclosure: str = ""
    position: str = ""
    entries: tuple[ListingEntry, ...] = ()
    picture: Picture | None = None
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A story the window offered and the edition does not print, with the reason in words."""

    story_id: str
    headline: str
    reason: str


_KEY = re.compile(r"([a-z0-9][a-z0-9_-]*)/(\d{4}-\d\d-\d\d)(?:/([a-z0-9][a-z0-9_-]*))?\Z")


@dataclass(frozen=True, slots=True, order=True)
class EditionKey:
    """Names an edition: one newsletter on one local day in one slot. Written ``morning/2026-01-05[/slot]``."""

    newsletter: str
    day: date
    slot: str = "main"

    def __str__(self) -> str:
        written = f"{self.newsletter}/{self.day.isoformat()}"
        return written if self.slot == "main" else f"{written}/{self.slot}"

    def command(self, verb: str) -> str:
        """Write a command about this edition for those that are given newsletter, day and slot apart, like *send*."""
        slot = "" if self.slot == "main" else f" --slot {self.slot}"
        return f"digest {verb} {self.newsletter} --day {self.day.isoformat()}{slot}"

    @classmethod
    def parse(cls, written: str) -> EditionKey:
        """Read the written form; raises ValueError with what was expected."""
        match = _KEY.match(written)
        if match is None:
            raise ValueError(
                f"{written!r} is not an edition: write NEWSLETTER/YYYY-MM-DD or NEWSLETTER/YYYY-MM-DD/SLOT"
            )
        return cls(match[1], date.fromisoformat(match[2]), match[3] or "main")


@dataclass(frozen=True, slots=True)
class Masthead:
    """Who speaks to the reader: all that a theme prints around the stories. ``address`` is the postal one.

    ``reason`` says why a reader gets the mail, ``signup_url`` is where a friend may ask for it.
    """

    newsletter: str
    name: str
    site: str
    url: str
    address: str
    tagline: str = ""
    reason: str = ""
    signup_url: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition, complete: what is saved, and all that rendering needs. ``day`` is local to ``timezone``."""

    key: EditionKey
    masthead: Masthead
    subject: str
    preheader: str
    language: str
    timezone: str
    theme: str
    since: datetime
    until: datetime
    lead: Item | None
    sections: tuple[Section, ...]
    briefs: tuple[Item, ...] = ()
    blocks: tuple[Block, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    number: int = 0
    minutes: int = 0
    utm: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def items(self) -> tuple[Item, ...]:
        """Return every printed item in reading order: the lead, the sections', the briefs."""
        lead = (self.lead,) if self.lead is not None else ()
        return (*lead, *(item for section in self.sections for item in section.items), *self.briefs)
