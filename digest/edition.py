"""Assembles an edition from what the stages chose: items, blocks, subject and preheader.

Pure: it is handed everything it needs, so that the same inputs give the same edition byte for byte.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.arrange import Chosen, SectionRule
from digest.errors import SettingsError
from digest.model import (
    Block,
    Blurb,
    Credit,
    Edition,
    EditionKey,
    Item,
    Kind,
    LeftOut,
    Masthead,
    Origin,
    Picture,
    Placed,
    Section,
    Sentence,
    Story,
    Window,
)
from digest.settings import NewsletterSettings, SectionSettings, SiteSettings
from digest.summarise import preheader_of, subject_of

WORDS_PER_MINUTE = 238
"""Silent reading of English non-fiction by adults: Brysbaert 2019, doi 10.1016/j.jml.2019.104047."""

MORE = "more"
"""The section of stories that the ladder could not place."""

_LABELS = {
    Kind.ANALYSIS: "Analysis",
    Kind.OPINION: "Opinion",
    Kind.LETTERS: "Letters",
    Kind.LIVE: "Live",
    Kind.PODCAST: "Podcast",
    Kind.VIDEO: "Video",
    Kind.LISTING: "Listing",
    Kind.OBITUARY: "Obituary",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What the stages say about one cluster: its blurb, the lead's further points, a brief's one line."""

    blurb: Callable[[Placed], Blurb]
    points: Callable[[Story, Blurb], tuple[Sentence, ...]]
    one_line: Callable[[Story], str]
    picture: Callable[[Story, bool], Picture | None]
    label: Callable[[Story], str]


def section_rules(sections: Sequence[SectionSettings]) -> tuple[SectionRule, ...]:
    """Turn the newsletter's sections into the ladder's rules, with "More news" for what it cannot place."""
    rules = tuple(
        SectionRule(s.id, s.title, s.description, s.max_items, s.tags, s.max_per_source, s.max_per_author)
        for s in sections
    )
    if any(rule.id == MORE for rule in rules):
        return rules
    return (*rules, SectionRule(id=MORE, title="More news" if rules else "Today", description="", max_items=12))


def item_of(placed: Placed, words: Words, *, lead: bool = False) -> Item:
    """Give a chosen cluster its words and picture."""
    story = placed.cluster.lead
    blurb = _credited(words.blurb(placed), placed)
    label = words.label(story) or _LABELS.get(story.kind, "")
    return Item(
        story_id=story.id,
        version=story.version,
        headline=story.headline,
        url=story.url,
        blurb=blurb,
        kicker=_kicker(story, label),
        label=label,
        kind=story.kind,
        source=story.outlet,
        byline=story.byline,
        credit=story.credit,
        access=story.access,
        language=story.language,
        minutes=reading_minutes(story.text),
        picture=words.picture(story, lead),
        points=words.points(story, blurb) if lead and blurb.origin is not Origin.NONE else (),
        also=_also(placed),
        placement=placed.placement,
        score=placed.score,
        reasons=placed.reasons,
        published=story.published or story.known_at,
        flags=story.notes,
        short_headline=story.short_headline,
    )


def brief_of(placed: Placed, words: Words) -> Item:
    """Give a chosen cluster the one line of a brief."""
    item = item_of(placed, words)
    line = words.one_line(placed.cluster.lead)
    return dataclasses.replace(item, headline=line, blurb=Blurb("", Origin.NONE, method="brief"), picture=None)


def assemble(
    *,
    key: EditionKey,
    site: SiteSettings,
    newsletter: NewsletterSettings,
    window: Window,
    chosen: Chosen,
    words: Words,
    blocks: Sequence[Block] = (),
    left_out: Sequence[LeftOut] = (),
    number: int = 0,
    notes: Sequence[str] = (),
) -> Edition:
    """Put an edition together; subject and preheader come from its lead and first items unless settings say else."""
    lead = item_of(chosen.lead, words, lead=True) if chosen.lead else None
    sections = tuple(
        Section(rule.id, rule.title, tuple(item_of(p, words) for p in placed), rule.description)
        for rule, placed in chosen.sections
        if placed
    )
    edition = Edition(
        key=key,
        masthead=masthead(site, newsletter),
        subject="",
        preheader="",
        language=newsletter.language,
        timezone=newsletter.timezone,
        theme=newsletter.theme,
        since=window.since,
        until=window.until,
        lead=lead,
        sections=sections,
        briefs=tuple(brief_of(p, words) for p in chosen.briefs),
        blocks=tuple(blocks),
        left_out=(*chosen.left_out, *left_out),
        number=number,
        utm={f"utm_{name.removeprefix('utm_')}": value for name, value in newsletter.links.utm.items()},
        notes=tuple(notes),
    )
    return finish(edition, newsletter)


def finish(edition: Edition, newsletter: NewsletterSettings) -> Edition:
    """Write subject, preheader and reading time from what the edition prints now."""
    items = edition.items()
    subject = _subject(items, newsletter, edition.key)
    preheader = newsletter.preheader or preheader_of(items, subject=subject)
    minutes = sum(_printed_words(item) for item in items) + sum(len(b.text.split()) for b in edition.blocks)
    return dataclasses.replace(
        edition, subject=subject, preheader=preheader, minutes=max(1, round(minutes / WORDS_PER_MINUTE))
    )


def masthead(site: SiteSettings, newsletter: NewsletterSettings) -> Masthead:
    """Say who speaks to the reader."""
    return Masthead(
        newsletter=newsletter.id,
        name=newsletter.name,
        site=site.name,
        url=site.url,
        address=site.address,
        tagline=newsletter.tagline,
        signup_url=f"{site.url}/s/{newsletter.list}",
    )


def reading_minutes(text: str) -> int:
    """Return the minutes a story takes to read, at least one, 0 for a story without text."""
    words = len(text.split())
    return max(1, round(words / WORDS_PER_MINUTE)) if words else 0


def merged_away(chosen: Chosen) -> tuple[LeftOut, ...]:
    """Account for the stories that stand behind another one's headline."""
    printed: list[Placed] = [p for _, placed in chosen.sections for p in placed] + list(chosen.briefs)
    if chosen.lead is not None:
        printed.insert(0, chosen.lead)
    return tuple(
        LeftOut(story.id, story.headline, _merged_reason(placed))
        for placed in printed
        for story in placed.cluster.stories[1:]
    )


def _merged_reason(placed: Placed) -> str:
    what = "a copy of" if placed.cluster.kind == "copy" else "another account of"
    return f"{what} “{placed.cluster.lead.headline}”, credited there"


def _kicker(story: Story, label: str) -> str:
    if label:
        return label
    return story.tags[0].replace("-", " ").capitalize() if story.tags else story.department.capitalize()


def _credited(blurb: Blurb, placed: Placed) -> Blurb:
    """Name the source beside every sentence that is another publisher's than the item's own."""
    others = {
        story.id: story.publisher
        for story in placed.cluster.stories
        if story.publisher != placed.cluster.lead.publisher
    }
    if not any(sentence.story_id in others for sentence in blurb.sentences):
        return blurb
    named = tuple(dataclasses.replace(each, source=others.get(each.story_id, "")) for each in blurb.sentences)
    return dataclasses.replace(blurb, sentences=named)


def _also(placed: Placed) -> tuple[Credit, ...]:
    lead = placed.cluster.lead
    seen = {lead.publisher}
    credits = []
    for story in placed.cluster.stories[1:]:
        if story.publisher not in seen:
            seen.add(story.publisher)
            credits.append(Credit(story.publisher, story.headline, story.url))
    return tuple(credits)


def _subject(items: Sequence[Item], newsletter: NewsletterSettings, key: EditionKey) -> str:
    if not items:
        return newsletter.name
    pattern = newsletter.subject.replace("{day}", key.day.isoformat())
    try:
        return subject_of(items[0], pattern=pattern, short_headline=items[0].short_headline, name=newsletter.name)
    except ValueError as error:
        raise SettingsError(f"digest.toml: newsletter {newsletter.id!r}: {error}") from error


def _printed_words(item: Item) -> int:
    points = sum(len(point.text.split()) for point in item.points)
    return len(item.headline.split()) + len(item.blurb.text.split()) + points
