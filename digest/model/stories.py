"""What a newsroom wrote: stories, their pictures and rights, and the window an edition draws from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What sort of piece a story is."""

    NEWS = "news"
    ANALYSIS = "analysis"
    OPINION = "opinion"
    LETTERS = "letters"
    LIVE = "live"
    PODCAST = "podcast"
    VIDEO = "video"
    LISTING = "listing"
    OBITUARY = "obituary"


class Access(StrEnum):
    """Who may read the story behind its link."""

    FREE = "free"
    METERED = "metered"
    SUBSCRIBER = "subscriber"


class Status(StrEnum):
    """Whether a story may run: a hold waits, a kill is for good."""

    USABLE = "usable"
    HOLD = "hold"
    KILLED = "killed"


class Rights(StrEnum):
    """How much of a source's text may be shown: a link-only story shows its headline alone."""

    OWN = "own"
    LICENSED = "licensed"
    LINK_ONLY = "link-only"


@dataclass(frozen=True, slots=True)
class Image:
    """A story's picture: a path relative to the story, or a URL. Never mailed without ``mail_rights``."""

    path: str = ""
    url: str = ""
    alt: str = ""
    caption: str = ""
    credit: str = ""
    mail_rights: bool = False


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """A line the cleaner took out of a story's body, and the name of the rule that did."""

    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Story:
    """One article of the newsroom, cleaned, as one source knows it.

    ``text`` is the body: paragraphs joined by one blank line; blurb offsets count in it.
    ``id`` comes from ``gather.identity``; ``version`` is 0 until the store has given one (from 1).
    ``source`` is the configured source it came through; ``outlet`` names who published it when that is somebody else.
    ``published`` is what the source says, ``known_at`` when we first saw it (set by the store).
    """

    id: str
    source: str
    key: str
    headline: str
    text: str
    version: int = 0
    short_headline: str = ""
    standfirst: str = ""
    summary: str = ""
    url: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    known_at: datetime | None = None
    byline: str = ""
    credit: str = ""
    department: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    kind: Kind = Kind.NEWS
    priority: int = 50
    access: Access = Access.FREE
    language: str = ""
    image: Image | None = None
    embargo_until: datetime | None = None
    status: Status = Status.USABLE
    corrections: tuple[str, ...] = ()
    rights: Rights = Rights.OWN
    dropped: tuple[DroppedLine, ...] = ()
    notes: tuple[str, ...] = ()
    outlet: str = ""

    @property
    def publisher(self) -> str:
        """Return whose account this is: the outlet, else the source."""
        return self.outlet or self.source


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open span ``[since, until)`` an edition draws from, by the time a story became known."""

    since: datetime
    until: datetime
