"""Lays an edition out for a theme: what stands where, which words and links are printed, as plain values.

A theme decides how things look and never what is true: no text of a story is made or changed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from markupsafe import Markup

from digest.model import Access, Block, BlockKind, Blurb, Edition, Item, Kind, Origin, Picture, Section, Variant
from digest.render import links
from digest.render.words import Language, direction, grouped, language, long_date, names_a_day, reason, short_date

_TAGS = {"a", "b", "br", "em", "i", "li", "ol", "p", "strong", "ul"}
_ATTRIBUTES = {"a": {"href"}}
_SCHEMES = {"http", "https", "mailto"}

_PAIRED = frozenset({Kind.OPINION, Kind.LETTERS})
_QUOTATION_MARKS = "\"'“”„‟«»‘‚‹"
_CALLS = {Kind.PODCAST: "listen", Kind.VIDEO: "watch"}

# Where a block stands when its file names no place: after the nth section, or at the end.
_AFTER_SECTION = {BlockKind.SPONSOR: 1, BlockKind.NUMBER: 2, BlockKind.QUOTE: 2}


def choose(edition: Edition, variant: Variant) -> tuple[tuple[Section, ...], tuple[Item, ...]]:
    """Return the sections and briefs a variant prints; the lead item goes to everybody.

    A brief without a section, or of a section that the edition does not print, goes to everybody too.
    """
    if not variant.sections:
        return edition.sections, edition.briefs
    known = {section.id for section in edition.sections}
    unwanted = known.difference(variant.sections)
    kept = tuple(section for section in edition.sections if section.id not in unwanted)
    briefs = tuple(i for i in edition.briefs if i.placement is None or i.placement.section not in unwanted)
    return kept, briefs


def layout(edition: Edition, variant: Variant, slots: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of a theme's templates, plain values only.

    Round the stories: subject, preheader, language, dir, start and finish (the sides of a line), words, slots,
    masthead, date, number, minutes, address, why, sign_up, sign_up_url. In reading order: intro, top
    (blocks), lead (an item or None), flow (sections and blocks), briefs (items), closing (blocks).
    """
    spoken = language(edition.language)
    printer = _Printer(edition, spoken)
    sections, briefs = choose(edition, variant)
    tied = [section for section in sections if section.items]
    places = _place_blocks(edition.blocks, [section.id for section in tied])
    flow: list[dict[str, Any]] = []
    for index, section in enumerate(tied):
        flow.append(printer.section(section))
        flow.extend(printer.block(block) for block in places.get(index, ()))
    return {
        **_frame(edition, spoken, slots),
        "intro": [printer.block(block) for block in places["intro"]],
        "top": [printer.block(block) for block in places["top"]],
        "lead": printer.item(edition.lead, top=True) if edition.lead else None,
        "flow": flow,
        "briefs": [printer.item(item) for item in briefs],
        "closing": [printer.block(block) for block in sorted(places["end"], key=_closing_rank)],
    }


def _frame(edition: Edition, spoken: Language, slots: Mapping[str, str]) -> dict[str, Any]:
    """Return what a theme prints around the stories."""
    masthead, words = edition.masthead, spoken.words
    home = links.story_link(masthead.url, edition.utm)
    names = {"newsletter": masthead.name, "site": masthead.site}
    right_to_left = direction(edition.language) == "rtl"
    return {
        "subject": edition.subject,
        "preheader": edition.preheader,
        "language": edition.language or "en",
        "dir": direction(edition.language),
        "start": "right" if right_to_left else "left",
        "finish": "left" if right_to_left else "right",
        "words": dict(words),
        "slots": dict(slots),
        "masthead": {"name": masthead.name, "site": masthead.site, "tagline": masthead.tagline, "url": home},
        "date": long_date(edition.key.day, spoken),
        "number": words["number"].format(number=grouped(edition.number, spoken)) if edition.number else "",
        "minutes": words["minutes"].format(minutes=edition.minutes) if edition.minutes else "",
        "address": masthead.address,
        "why": reason(masthead, spoken),
        "sign_up": words["sign_up"].format(**names),
        "sign_up_url": links.safe(masthead.signup_url) or home,
    }


def _place_blocks(blocks: Sequence[Block], sections: Sequence[str]) -> dict[Any, list[Block]]:
    """Sort blocks by place: ``intro``, ``top``, ``end``, or the index of the section they follow."""
    places: dict[Any, list[Block]] = {"intro": [], "top": [], "end": []}
    for block in blocks:
        places.setdefault(_place_of(block, sections), []).append(block)
    return places


def _place_of(block: Block, sections: Sequence[str]) -> str | int:
    if block.position.startswith("after:") and block.position.removeprefix("after:") in sections:
        return sections.index(block.position.removeprefix("after:"))
    if block.position in {"top", "end"} and block.kind is not BlockKind.INTRO:
        return block.position
    if block.kind is BlockKind.INTRO:
        return "intro"
    wanted = _AFTER_SECTION.get(block.kind)
    return min(wanted, len(sections)) - 1 if wanted and sections else "end"


def _closing_rank(block: Block) -> int:
    """Return the order at the end of an edition: what the editor put there, what is on, notes, then corrections."""
    if block.position == "end":
        return 0
    return {BlockKind.NOTE: 2, BlockKind.CORRECTION: 3}.get(block.kind, 1)


class _Printer:
    """Turns items and blocks into what a template prints, with one edition's language and links."""

    def __init__(self, edition: Edition, spoken: Language) -> None:
        self._edition = edition
        self._spoken = spoken
        self._words = spoken.words

    def section(self, section: Section) -> dict[str, Any]:
        """Return a section as rows: ``story`` rows of one item, ``pair`` rows of two short opinion pieces."""
        rows: list[dict[str, Any]] = []
        for paired, run in groupby(section.items, key=lambda item: item.kind in _PAIRED):
            items = [self.item(item) for item in run]
            step = 2 if paired else 1
            for group in (items[i : i + step] for i in range(0, len(items), step)):
                rows.append({"kind": "pair" if len(group) == 2 else "story", "stories": group})
        return {"kind": "section", "id": section.id, "title": section.title, "rows": rows}

    def item(self, item: Item, *, top: bool = False) -> dict[str, Any]:
        """Return an item; ``top`` for the lead, whose kicker says so."""
        foreign = bool(item.language) and item.language != self._edition.language
        picture = self._picture(item.picture)
        return {
            "id": item.story_id,
            "kind": item.kind.value,
            "headline": item.headline,
            "url": links.story_link(item.url, self._edition.utm),
            "kicker": self._kicker(item, top),
            "blurb": _spoken(item.blurb),
            "points": [point.text for point in item.points],
            "call": self._words[_CALLS.get(item.kind, "read")],
            "meta": self._meta(item),
            "credit": item.credit if _is_sentence(item.credit) else "",
            "restricted": self._words.get(item.access.value, "") if item.access is not Access.FREE else "",
            "also": [self._credit(credit.source, credit.headline, credit.url) for credit in item.also],
            "picture": picture,
            "language": item.language if foreign else "",
            "dir": direction(item.language) if foreign else "",
        }

    def _kicker(self, item: Item, top: bool) -> str:
        label = item.label or (self._words.get(item.kind.value, "") if item.kind is not Kind.NEWS else "")
        if top and not label:
            label = self._words["top_story"]
        parts = dict.fromkeys(part for part in (label, item.kicker) if part)
        spoken = item.headline.casefold()
        return " · ".join(part for part in parts if not spoken.startswith(f"{part.casefold()}:"))

    def _meta(self, item: Item) -> list[str]:
        meta = []
        if item.byline:
            said = item.byline.lower().startswith(("by ", self._words["by"].format(name="").lower().strip() + " "))
            meta.append(item.byline if said else self._words["by"].format(name=item.byline))
        if item.credit and not _is_sentence(item.credit):
            meta.append(item.credit)
        if item.minutes and item.kind not in _CALLS:
            meta.append(self._words["minutes"].format(minutes=item.minutes))
        return [*meta, *self._dated(item)]

    def _dated(self, item: Item) -> list[str]:
        """Return the story's day if it is not the edition's and its words name a day: whose Tuesday must be clear."""
        said = " ".join((item.headline, item.blurb.text, *(point.text for point in item.points)))
        if item.published is None or not names_a_day(said, item.language or self._edition.language):
            return []
        day = item.published.astimezone(ZoneInfo(self._edition.timezone)).date()
        return [short_date(day, self._spoken)] if day != self._edition.key.day else []

    def _credit(self, source: str, headline: str, url: str) -> dict[str, str]:
        return {
            "source": source,
            "headline": headline,
            "url": links.other_link(url, self._edition.utm, self._edition.masthead.url),
        }

    def _picture(self, picture: Picture | None) -> dict[str, Any] | None:
        if picture is None:
            return None
        # A credit such as "Illustration: …" says itself what it is.
        labelled = not picture.credit or ":" in picture.credit
        return {
            "src": picture.src,
            "alt": picture.alt,
            "caption": picture.caption,
            "credit": picture.credit if labelled else self._words["picture"].format(credit=picture.credit),
            "width": picture.width,
            "height": picture.height,
        }

    def block(self, block: Block) -> dict[str, Any]:
        """Return an editor's own piece; its HTML is sanitised once more, whoever did it before."""
        label = self._words.get(f"{block.kind.value}_label", "")
        html = nh3.clean(
            block.html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes=_SCHEMES,
            link_rel=None,
            set_tag_attribute_values={"a": {"class": "accent"}},
        )
        return {
            "kind": block.kind.value,
            "label": self._words["sponsor"] if block.kind is BlockKind.SPONSOR else label,
            "title": block.title,
            "html": Markup(html),  # noqa: S704  sanitised in the line above
            "text": block.text.strip(),
            "links": _links_missing_in(html, block.text),
            "value": self._quoted(block.value) if block.kind is BlockKind.QUOTE else block.value,
            "by": block.by,
            "url": self._block_link(block),
            "link_text": block.link_text or block.title,
            "disclosure": self._disclosure(block),
            "entries": [self._entry(entry.title, entry.when, entry.where, entry.url) for entry in block.entries],
            "picture": self._picture(block.picture),
        }

    def _block_link(self, block: Block) -> str:
        return links.other_link(block.url, self._edition.utm, self._edition.masthead.url)

    def _entry(self, title: str, when: str, where: str, url: str) -> dict[str, str]:
        link = links.other_link(url, self._edition.utm, self._edition.masthead.url)
        return {"title": title, "when": when, "where": where, "url": link}

    def _disclosure(self, block: Block) -> str:
        if block.kind is not BlockKind.SPONSOR:
            return block.disclosure
        told = not block.by or block.by.partition(",")[0] in block.disclosure
        paid = "" if told else self._words["sponsor_by"].format(name=block.by)
        return " ".join(filter(None, (paid, block.disclosure)))

    def _quoted(self, value: str) -> str:
        """Put the language's quotation marks round a quotation that has none."""
        if not value or value[0] in _QUOTATION_MARKS:
            return value
        return self._words["quotation"].format(words=value)


def _spoken(blurb: Blurb) -> str:
    """Return a blurb's words, the source behind the sentences that are another publisher's."""
    if blurb.origin is Origin.NONE:
        return ""
    if not any(sentence.source for sentence in blurb.sentences):
        return blurb.text
    runs = groupby(blurb.sentences, key=lambda sentence: sentence.source)
    said = ((source, " ".join(sentence.text for sentence in run)) for source, run in runs)
    return " ".join(f"{words} ({source})" if source else words for source, words in said)


def _is_sentence(credit: str) -> bool:
    """Tell a wire service's full sentence, which needs a line of its own, from its name."""
    return credit.endswith(".") and " " in credit


def _links_missing_in(html: str, text: str) -> list[str]:
    """Return the links of a block's HTML that its text does not spell out, in order, each once."""
    found: list[str] = []

    def note(tag: str, attribute: str, value: str) -> str:
        if value not in text and value not in found:
            found.append(value)
        return value

    nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None, attribute_filter=note)
    return found
