"""What a feed says of one story, whatever the feed's format; and how that becomes a story."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import urljoin, urlsplit

from digest.errors import StoryError
from digest.gather.dates import plausible, read_moment
from digest.gather.documents import headline_from
from digest.gather.identity import canonical_url, story_id
from digest.gather.markup import first_image, line_of, text_of
from digest.model import Image, Kind, Rights, Story
from digest.text.clean import clean
from digest.text.sentences import split

LONGEST_HEADLINE = 500
LONGEST_MARKUP = 5_000
"""Characters of a headline, a name or a tag with its markup."""

LONGEST_STANDFIRST = 400
"""Characters; a longer summary is a text of its own."""

LONGEST_TEXT = 400_000
"""Characters of one story's markup that are read."""

MOST_TAGS = 30

_CUT = re.compile(r"\s*(?:\[\s*(?:…|\.{3})\s*\]|(?<=[\w,])\s*(?:…|\.{3}))\s*\Z")
_TAIL = 40
"""Characters of an ending in which the mark of a cut text is looked for."""

_MAIL = re.compile(r"[\w.+-]+@[\w.-]+\w")


@dataclass(frozen=True, slots=True)
class Entry:
    """One story as a feed has it: raw text and markup, addresses relative to ``base``. Empty means not said."""

    guid: str = ""
    link: str = ""
    title: str = ""
    content: str = ""
    summary: str = ""
    plain_text: str = ""
    published: str = ""
    updated: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    image_url: str = ""
    image_credit: str = ""
    image_alt: str = ""
    media: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the entries of one feed depends on."""

    source: str
    now: datetime
    zone: tzinfo = UTC
    rights: Rights = Rights.LICENSED
    language: str = ""


def keys_of(entries: Sequence[Entry], zone: tzinfo) -> list[str]:
    """Return the key of each entry: its guid if no other has it, else its address if no other has that, else its words.

    Feeds exist that give every entry one guid, or one link; trusted, they would be a single story.
    """
    guids = Counter(entry.guid for entry in entries)
    links = Counter(_link(entry) for entry in entries)
    titles = Counter(_title_and_day(entry, zone) for entry in entries)
    keys = []
    for entry in entries:
        link, title = _link(entry), _title_and_day(entry, zone)
        if entry.guid and guids[entry.guid] == 1:
            keys.append(entry.guid)
        elif link and links[link] == 1:
            keys.append(link)
        elif titles[title] == 1:
            keys.append(title)
        else:
            words = f"{entry.content}|{entry.plain_text}|{entry.summary}|{entry.link}"
            keys.append(f"{title}|{hashlib.sha256(words.encode('utf-8', 'replace')).hexdigest()[:16]}")
    return keys


def story_of(entry: Entry, key: str, reading: Reading) -> tuple[Story, tuple[str, ...]]:
    """Return the story and what was odd about it; raises StoryError if it has neither headline nor text."""
    odd: list[str] = []
    headline = line_of(entry.title[:LONGEST_MARKUP])[:LONGEST_HEADLINE]
    text, standfirst, cut = _texts(entry)
    cleaned = clean(text, headline=headline)
    notes = list(cleaned.notes)
    if cut:
        notes.append("the feed cuts this story short")
    if not headline:
        headline = headline_from(cleaned.text or standfirst)
        notes.append("headline made from the first sentence")
    if not headline:
        raise StoryError("an entry has neither a headline nor a text")
    published = _moment(entry.published or entry.updated, reading, odd)
    updated = _moment(entry.updated, reading, odd) if entry.published else published
    link = _link(entry)
    if entry.link not in ("", entry.guid) and not link:
        odd.append(f"its address {entry.link[:80]!r} is no web address and was left out")
    story = Story(
        id=story_id(reading.source, key),
        source=reading.source,
        key=key[:500],
        headline=headline,
        text=cleaned.text,
        standfirst=standfirst,
        url=link,
        published=published,
        updated=updated,
        byline=_author(entry.author) or cleaned.byline,
        credit=cleaned.credit,
        tags=_tags(entry.tags),
        kind=_kind(entry.media),
        language=(entry.language or reading.language)[:35].replace("_", "-"),
        image=_image(entry),
        corrections=cleaned.corrections,
        rights=reading.rights,
        dropped=cleaned.dropped,
        notes=tuple(notes),
    )
    return story, tuple(odd)


def _texts(entry: Entry) -> tuple[str, str, bool]:
    """Return body, standfirst and whether the feed cut the body short.

    The longer of content and summary is the body; the other is a standfirst unless it only repeats the beginning.
    """
    content = text_of(entry.content[:LONGEST_TEXT]) or entry.plain_text[:LONGEST_TEXT]
    summary = text_of(entry.summary[:LONGEST_TEXT])
    body, other = (content, summary) if len(content) >= len(summary) else (summary, content)
    whole, cut = _uncut(body)
    standfirst = " ".join(_CUT.sub("", clean(other).text[: LONGEST_STANDFIRST + 1]).split())
    if len(standfirst) > LONGEST_STANDFIRST or _letters(whole).startswith(_letters(standfirst)[:80]):
        standfirst = ""
    return whole, standfirst, cut


def _uncut(text: str) -> tuple[str, bool]:
    """Return a text without the sentence that the feed broke off, and whether there was one."""
    end = text[-_TAIL:]
    if _CUT.search(end) is None:
        return text, False
    spans = split(text)
    kept = text[: spans[-2][1]] if len(spans) > 1 else text[:-_TAIL] + _CUT.sub("…", end)
    return kept, True


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _link(entry: Entry) -> str:
    """Return the entry's address, absolute and canonical, or nothing if it is no web address."""
    if not entry.link.strip():
        return ""
    try:
        joined = urljoin(entry.base, entry.link.strip())
        right = urlsplit(joined).scheme in ("http", "https") and bool(urlsplit(joined).hostname)
    except ValueError:
        return ""
    return canonical_url(joined) if right and not re.search(r"[\s<>\"]", joined) else ""


def _title_and_day(entry: Entry, zone: tzinfo) -> str:
    title = (
        line_of(entry.title[:LONGEST_MARKUP])
        or text_of((entry.content or entry.summary or entry.plain_text)[:2000])[:200]
    )
    try:
        day = read_moment((entry.published or entry.updated)[:200], zone=zone).date().isoformat()
    except ValueError:
        day = ""
    return f"{title}|{day}"


def _moment(raw: str, reading: Reading, odd: list[str]) -> datetime | None:
    """Return the moment, or None if there is none or it cannot be right; what is wrong is added to ``odd``."""
    if not raw.strip():
        return None
    try:
        moment = read_moment(raw[:200], zone=reading.zone)
    except ValueError as error:
        odd.append(f"{error}; it counts from when it was first seen")
        return None
    if plausible(moment, now=reading.now):
        return moment
    odd.append(f"the date {raw.strip()[:60]!r} cannot be right; it counts from when it was first seen")
    return None


def _author(raw: str) -> str:
    """Return the names in an author field, without mail addresses ("ann@example.org (Ann Lee)", RSS 2.0)."""
    line = line_of(raw[:LONGEST_MARKUP])
    inside = re.search(r"\(([^()@]+)\)", line) if _MAIL.search(line) else None
    name = inside[1] if inside else _MAIL.sub("", line)
    name = re.sub(r"\A(?:by|von|par|por)\s+", "", name.strip(" <>()[],;-"), flags=re.IGNORECASE)
    return name[:200] if any(c.isalpha() for c in name) else ""


def _tags(raw: Sequence[str]) -> tuple[str, ...]:
    tags = (line_of(tag[:LONGEST_MARKUP])[:100] for tag in raw[: MOST_TAGS * 10])
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:MOST_TAGS]


def _kind(media: str) -> Kind:
    if media.startswith("audio/"):
        return Kind.PODCAST
    return Kind.VIDEO if media.startswith("video/") else Kind.NEWS


def _image(entry: Entry) -> Image | None:
    """Return the entry's picture, which no feed gives mail rights for."""
    found = entry.image_url or first_image((entry.content or entry.summary)[:LONGEST_TEXT])
    try:
        url = urljoin(entry.base, found.strip()) if found.strip() else ""
        right = urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except ValueError:
        return None
    if not right:
        return None
    return Image(url=url, alt=line_of(entry.image_alt)[:500], credit=line_of(entry.image_credit)[:200])
