"""The rules about what a mail says: subject, preheader, size, links, duties, and its text part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from itertools import pairwise

from digest.lint.finding import Finding, Mail

CLIP_BYTES = 102_400
"""Gmail shows about this much of a message's HTML and hides the rest behind a link."""

CLIP_NEAR_BYTES = 92_000
OLD_DAYS = 7
SOON_DAYS = 0.5
"""Clocks and zones of sources go wrong by hours."""

_LEFT_OVER = re.compile(r"\{\{|\{%|%\}|\bundefined\b|\bNone\b(?=</)")


def words(mail: Mail) -> Iterator[Finding]:
    """Yield what is wrong with a mail's words."""
    yield from _subject(mail.subject)
    yield from _preheader(mail)
    yield from _size(mail)
    yield from _duties(mail)
    yield from _stories(mail)
    yield from _text(mail)


def _subject(subject: str) -> Iterator[Finding]:
    if not subject.strip():
        yield Finding("subject-empty", "the subject is empty; set one with `digest edit … --subject`.")
    elif len(subject) > 150:
        yield Finding("subject-long", f"the subject has {len(subject)} characters; 150 at most.")
    elif len(subject) > 60:
        yield Finding("subject-cut", f"the subject has {len(subject)} characters; phones show about 60.")
    letters = [c for c in subject if c.isalpha()]
    if subject.count("!") > 1 or "$$" in subject or (len(letters) > 8 and all(c.isupper() for c in letters)):
        yield Finding("subject-shouts", f"the subject shouts: {subject}")


def _preheader(mail: Mail) -> Iterator[Finding]:
    length = len(mail.preheader)
    if not 30 <= length <= 140:
        yield Finding("preheader", f"the preheader has {length} characters; 30 to 140 are read.")
    plain = mail.preheader.casefold().strip(" .…")
    if plain and mail.subject.casefold().startswith(plain):
        yield Finding(
            "preheader-repeats", "the preheader repeats the subject; set one with `digest edit … --preheader`."
        )


def _size(mail: Mail) -> Iterator[Finding]:
    size = len(mail.html.encode())
    if size >= CLIP_BYTES:
        cut = ", ".join(f"“{headline}”" for headline in _beyond(mail, CLIP_BYTES)) or "the end of it"
        yield Finding(
            "clip", f"the HTML has {size} bytes and would be cut at {CLIP_BYTES}: readers lose {cut}. Drop some."
        )
    elif size >= CLIP_NEAR_BYTES:
        yield Finding("clip-near", f"the HTML has {size} bytes; receivers cut at {CLIP_BYTES}.")


def _beyond(mail: Mail, limit: int) -> list[str]:
    """Return the headlines whose stories end beyond so many bytes: their links stand there."""
    page = mail.html.encode()
    starts = [
        (page.find(url.replace("&", "&amp;").encode()) if url else -1, headline) for headline, url, _ in mail.stories
    ]
    placed = sorted((start, headline) for start, headline in starts if start >= 0)
    ends = [(headline, following[0]) for (_, headline), following in pairwise([*placed, (len(page), "")])]
    return [headline for headline, end in ends if end > limit]


def _duties(mail: Mail) -> Iterator[Finding]:
    if mail.html and mail.leave_url not in mail.html:
        yield Finding("unsubscribe", "the theme's HTML has no unsubscribe link.")
    if mail.leave_url not in mail.text:
        yield Finding("unsubscribe", "the theme's text part has no unsubscribe link.")
    if mail.address and " ".join(mail.address.split()) not in " ".join(mail.text.split()):
        yield Finding("postal-address", "the text part does not name the postal address of [site].")
    for part, name in ((mail.html, "HTML"), (mail.text, "text")):
        if part and mail.why and " ".join(mail.why.split()) not in _plain(part):
            yield Finding("why", f"the {name} part does not say “{mail.why[:60]}”.")
    for part, name in ((mail.html, "HTML"), (mail.text, "text")):
        found = _LEFT_OVER.search(part)
        if found:
            yield Finding(
                "left-over",
                f"the {name} part shows {found[0]!r} near “{part[max(0, found.start() - 30) : found.end() + 30]}”.",
            )
    for name, payer in mail.sponsors:
        if not payer:
            yield Finding("sponsor", f"the sponsor block {name} does not say by whom it is paid (by, disclosure).")


def _plain(part: str) -> str:
    """Return a part's words, tags and entities undone, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split()) if "<html" in part else " ".join(part.split())


def _stories(mail: Mail) -> Iterator[Finding]:
    counted = Counter(" ".join(headline.casefold().split()) for headline, _, _ in mail.stories)
    for headline, times in counted.items():
        if times > 1:
            yield Finding("twice", f"“{headline}” stands in the edition {times} times.")
    for title, printed in mail.sections:
        if not printed:
            yield Finding("empty-section", f"the section “{title}” has no story.")
    for headline, days in mail.ages:
        if days > OLD_DAYS:
            yield Finding("story-old", f"“{headline[:60]}” appeared {days:.0f} days before the edition.")
        elif days < -SOON_DAYS:
            yield Finding("story-old", f"“{headline[:60]}” has a date {-days:.1f} days after the edition.")
    for headline, _, blurb in mail.stories:
        if len(headline) > 120:
            yield Finding("long-headline", f"“{headline[:60]}…” has {len(headline)} characters.")
        if len(blurb) > 600:
            yield Finding("long-blurb", f"the blurb of “{headline[:60]}” has {len(blurb)} characters.")


def _text(mail: Mail) -> Iterator[Finding]:
    missing = [headline for headline, url, _ in mail.stories if url and url.partition("?")[0] not in mail.text]
    if missing:
        yield Finding(
            "text-twin",
            f"the text part has no link of “{missing[0]}”" + (f" and {len(missing) - 1} more." if missing[1:] else "."),
        )
    wide = [line for line in mail.text.splitlines() if len(line) > 78 and "://" not in line]
    if wide:
        yield Finding("text-width", f"a line of the text part has {max(map(len, wide))} characters: “{wide[0][:60]}…”")
