"""Builds invented editions for tests: one that holds everything a theme can print, and a small one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from digest.model import (
    Access,
    Block,
    BlockKind,
    Blurb,
    Credit,
    Edition,
    EditionKey,
    Item,
    Kind,
    ListingEntry,
    Masthead,
    Origin,
    Picture,
    Placement,
    Section,
    Sentence,
)

SITE = "https://lantern.example.org"


def sentence(text: str) -> Sentence:
    """Return a sentence that stands at the start of some story."""
    return Sentence(text, "s", 1, 0, len(text))


def picture(name: str, width: int, height: int, *, alt: str = "", credit: str = "") -> Picture:
    """Return an embedded picture's place."""
    return Picture(name, f"cid:{name}", alt, credit, "", width, height)


def item(number: int, headline: str, blurb: str = "", **more: object) -> Item:
    """Return an item of the invented site, its URL made from the number."""
    origin = Origin.EXTRACT if blurb else Origin.NONE
    made = Item(f"story-{number}", 1, headline, f"{SITE}/2026/{number}", Blurb(blurb, origin), minutes=2)
    return replace(made, **more)  # type: ignore[arg-type]


def lead_item() -> Item:
    """Return the lead: picture, points, two other accounts."""
    return item(
        1,
        "Night ferry to the outer islands will sail again after nine dry winters",
        "The island council voted seven to two on Monday to bring back the night ferry, nine years after the last "
        "boat was sold. The first sailing is planned for the first week of May.",
        kicker="Islands",
        byline="Maren Oduya",
        minutes=5,
        picture=picture("lead.jpg", 576, 288, alt="A ferry at a stone pier before sunrise", credit="Tomas Brekke"),
        points=(
            sentence("The council sets aside 4.2 million for two seasons."),
            sentence("Two members called the forecast of 310 passengers a night a hope and no plan."),
            sentence("Fishers at Scar Point ask that the old berth stays theirs until noon."),
        ),
        also=(
            Credit("Coast Radio", "Ferry returns", "https://coastradio.example.com/ferry"),
            Credit("The Mainlander", "Islands vote for a boat", "https://mainlander.example.com/boat"),
        ),
    )


def sections() -> tuple[Section, ...]:
    """Return four sections with every kind of story."""
    placed = Placement("harbour", "explicit", 1.0, "the story says so")
    harbour = (
        item(
            2,
            "Crane that leaned for a year is taken down in one night",
            "Workers cut the crane on Pier 3 into eleven pieces between dusk and dawn. Nobody was hurt.",
            kicker="Pier 3",
            byline="By Ines Calloway",
            picture=picture("crane.jpg", 104, 104, alt="A crane over dark water", credit="Port office"),
            placement=placed,
        ),
        item(3, "Dredging starts in March", "The channel is to be a metre deeper by autumn.", credit="Wire reports"),
    )
    town = (
        item(
            4,
            "Residents say the new bus line was drawn for visitors; the operator denies it",
            "People in the Upper Town say the line passes three hotels and no school. The operator says the route "
            "follows where people board today.",
            kicker="Transport",
            kind=Kind.ANALYSIS,
            access=Access.METERED,
            picture=picture("bus.jpg", 104, 104, alt="A yellow bus on a steep street"),
        ),
        item(5, "Library keeps its Sunday hours", "", minutes=0),
    )
    voices = (
        item(
            6,
            "Let the pier belong to people who walk",
            "A pier is a street with water on three sides.",
            kind=Kind.OPINION,
            label="Opinion",
            byline="Jonas Véle",
        ),
        item(
            7,
            "“We never asked for a second bridge”",
            "Readers on the plan for the river.",
            kind=Kind.LETTERS,
            label="Letters",
        ),
    )
    more = (
        item(
            8,
            "Åsa Lindqvist, who drew the harbour for fifty years",
            "She died on Sunday at 88.",
            kind=Kind.OBITUARY,
            label="Obituary",
        ),
        item(
            9,
            "What the tide gauge knows",
            "Half an hour with the woman who reads it.",
            kind=Kind.PODCAST,
            label="Podcast",
            access=Access.SUBSCRIBER,
        ),
        item(10, "Місто відкриває новий міст", "Міст відкриють у травні.", language="uk"),
    )
    return (
        Section("harbour", "Harbour", harbour),
        Section("town", "Town", town),
        Section("voices", "Opinion & Letters", voices),
        Section("more", "More news", more),
    )


def blocks() -> tuple[Block, ...]:
    """Return one block of each kind, each at its theme's own place."""
    return (
        Block(
            "intro",
            BlockKind.INTRO,
            text="Good morning. The boat is back & so is the rain.",
            html="<p>Good morning. The boat is back &amp; so is the rain.</p>",
        ),
        Block(
            "sponsor",
            BlockKind.SPONSOR,
            title="Brightwater Chandlery",
            by="Brightwater Chandlery",
            html="<p>Rope, paint and lamps, two minutes from the quay.</p>",
            text="Rope, paint and lamps, two minutes from the quay.",
            url="https://brightwater.example.com/spring",
            link_text="See the spring list",
            disclosure="The newsroom had no part in this text.",
        ),
        Block(
            "number",
            BlockKind.NUMBER,
            value="3,285",
            text="nights the islands had no boat after eight.",
            html="<p>nights the islands had no boat after eight.</p>",
        ),
        Block(
            "quote",
            BlockKind.QUOTE,
            value="“A timetable is a promise.”",
            by="Councillor Edda Strand",
            position="after:voices",
        ),
        Block(
            "listing",
            BlockKind.LISTING,
            title="This week",
            entries=(
                ListingEntry("Open harbour day", "Saturday, 10:00", "Pier 1", f"{SITE}/harbour-day"),
                ListingEntry("Choir rehearsal", "Thursday, 19:30", "Old customs house"),
            ),
        ),
        Block(
            "correction",
            BlockKind.CORRECTION,
            html=f'<p>Monday\'s edition named the wrong pier. <a href="{SITE}/corrections">The story</a> is '
            "corrected.</p>",
            text="Monday's edition named the wrong pier. The story is corrected.",
        ),
        Block(
            "note",
            BlockKind.NOTE,
            title="From the newsroom",
            text="There is no edition on Friday.",
            html="<p>There is no edition on Friday.</p>",
        ),
    )


def full_edition() -> Edition:
    """Return an edition with everything in it."""
    return Edition(
        key=EditionKey("morning", date(2026, 3, 4)),
        masthead=Masthead(
            "morning",
            "Morning Lamp",
            "The Lantern",
            SITE,
            "3 Rope Walk, Lantern Bay LB1 2AA",
            signup_url=f"{SITE}/s/morning",
        ),
        subject="The night ferry is back",
        preheader="The islands get their boat again; a crane comes down; readers on the second bridge.",
        language="en",
        timezone="Europe/London",
        theme="broadsheet",
        since=datetime(2026, 3, 3, 6, 30, tzinfo=UTC),
        until=datetime(2026, 3, 4, 6, 30, tzinfo=UTC),
        lead=lead_item(),
        sections=sections(),
        briefs=(
            item(11, "Gale warning from six in the evening.", kicker="Weather"),
            item(12, "The pool opens again on Thursday.", kicker="Sports"),
            item(13, "Two night trains a week from April.", kicker="Transit", access=Access.SUBSCRIBER),
        ),
        blocks=blocks(),
        number=1284,
        minutes=6,
        utm={"utm_source": "morning", "utm_medium": "email"},
    )


def small_edition(**changes: object) -> Edition:
    """Return an edition of one story, with the given fields changed."""
    made = replace(
        full_edition(),
        lead=item(1, "Night ferry sails again", "The council voted seven to two."),
        sections=(),
        briefs=(),
        blocks=(),
        utm={},
    )
    return replace(made, **changes)  # type: ignore[arg-type]
