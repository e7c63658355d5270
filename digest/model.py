"""The values a newsletter is made of: frozen, plain, and free of any I/O.

Every stage takes and returns these; nothing here knows a database, a template
or a mail server. All times are aware and in UTC unless a field says otherwise;
all offsets are code points of the text named beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


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
class Sentence:
    """A whole sentence of a stored story: ``story.text[start:end] == text`` for that version."""

    text: str
    story_id: str
    version: int
    start: int
    end: int


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


@dataclass(frozen=True, slots=True)
class Variant:
    """One shape of an edition: rendered once, mailed to all who share it. ``sections`` empty means all."""

    text_only: bool = False
    sections: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return a stable name, usable in a database column."""
        return ("text" if self.text_only else "html") + ("".join(f"+{s}" for s in sorted(self.sections)))

    @classmethod
    def parse(cls, name: str) -> Variant:
        """Read a variant's name back."""
        shape, *sections = name.split("+")
        return cls(shape == "text", tuple(sections))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A variant with its words in place and a slot marker wherever a reader's own value goes.

    ``slots`` maps a slot's name (``SLOTS`` in ``render``) to its marker; the markers stand in ``html`` and
    ``text``. ``html`` is inlined and empty for a text-only variant. ``attachments`` are embedded pictures.
    """

    subject: str
    preheader: str
    html: str
    text: str
    slots: Mapping[str, str]
    attachments: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """One reader of one edition, as frozen into the ledger."""

    subscriber_id: int
    address: str
    name: str = ""
    variant: str = "html"
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One finished message on its way to a transport.

    ``content`` is the whole RFC 5322 message in CRLF lines of which none starts with a dot, for a transport of
    codec ``wire``; for codec ``json`` it is a mapping with ``from to subject html text headers reply_to``.
    ``fence`` is the ledger's guard: an outcome with an older fence is not recorded. ``call`` names a provider's
    request that was broken off and must be repeated unchanged, with all of its messages; it is empty for the rest.
    """

    subscriber_id: int
    address: str
    sender: str
    message_id: str
    content: bytes | Mapping[str, Any]
    fence: int = 0
    call: str = ""


class Fate(StrEnum):
    """What became of one message. *accepted* means the next server took it; nobody here says delivered."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    FAILED = "failed"
    REFUSED = "refused"
    SKIPPED = "skipped"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one message, with the server's own words. ``retry_after_s`` only for deferred ones.

    rejected: this recipient, for good. failed: this message, for good, and the address is not to blame (content,
    policy, the deadline). refused: our fault (credentials, sender), the send must stop, the message was not taken.
    skipped: the gate held it back. ambiguous: it may or may not have been taken; never resent unasked.
    """

    subscriber_id: int
    fate: Fate
    fence: int = 0
    code: str = ""
    reply: str = ""
    retry_after_s: float | None = None
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process, and no other, may now make. ``attempts`` counts this one; ``call`` see Outgoing."""

    recipient: Recipient
    fence: int
    attempts: int
    call: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a dead process's journal says of one message: ``fate`` is None when it died before it knew the answer."""

    edition_id: int
    subscriber_id: int
    fence: int
    fate: Fate | None
    code: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """The ledger's account of one edition; ``expected`` equals the sum of the others at every moment."""

    expected: int = 0
    accepted: int = 0
    pending: int = 0
    deferred: int = 0
    rejected: int = 0
    skipped: int = 0
    failed: int = 0
    ambiguous: int = 0

    @property
    def open(self) -> int:
        """Return how many may still be sent without anybody's help."""
        return self.pending + self.deferred


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open span ``[since, until)`` an edition draws from, by the time a story became known."""

    since: datetime
    until: datetime
