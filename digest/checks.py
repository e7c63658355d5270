"""Looks a rendered edition over before it is sent: a few rules whose breach readers would see or receivers punish."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Edition, Rendered
from digest.newsroom import Newsroom

CLIP_BYTES = 102_400
"""Gmail shows about this much of a message's HTML and hides the rest behind a link."""

CLIP_WARNING_BYTES = 92_000
LONGEST_TOKEN = 35
LONGEST_URL = 74
"""Longer addresses in List-Unsubscribe get encoded on their way by common software: python/cpython#85725."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule; ``blocks`` says that the edition must not be sent so."""

    rule: str
    message: str
    blocks: bool


def findings(newsroom: Newsroom, edition: Edition, rendered: Rendered) -> tuple[Finding, ...]:
    """Return every breach, the blocking ones first."""
    found = [*_subject(edition), *_size(rendered), *_links(newsroom, rendered), *_duties(edition)]
    return tuple(sorted(found, key=lambda f: not f.blocks))


def _subject(edition: Edition) -> list[Finding]:
    if not edition.subject.strip():
        return [Finding("subject", "the subject is empty; set one with `digest edit … --subject`.", True)]
    if len(edition.subject) > 150:
        return [Finding("subject", f"the subject has {len(edition.subject)} characters; 150 at most.", True)]
    return []


def _size(rendered: Rendered) -> list[Finding]:
    size = len(rendered.html.encode())
    if size >= CLIP_BYTES:
        return [Finding("clip", f"the HTML has {size} bytes and would be cut at {CLIP_BYTES}; drop stories.", True)]
    if size >= CLIP_WARNING_BYTES:
        return [Finding("clip", f"the HTML has {size} bytes; receivers cut at {CLIP_BYTES}.", False)]
    return []


def _links(newsroom: Newsroom, rendered: Rendered) -> list[Finding]:
    found = []
    if rendered.slots["unsubscribe_url"] not in rendered.text:
        found.append(Finding("unsubscribe", "the theme's text part has no unsubscribe link.", True))
    if rendered.html and rendered.slots["unsubscribe_url"] not in rendered.html:
        found.append(Finding("unsubscribe", "the theme's HTML has no unsubscribe link.", True))
    longest = len(newsroom.settings.site.url) + len("/u/") + LONGEST_TOKEN
    if longest > LONGEST_URL:
        message = f"unsubscribe links have {longest} characters, over {LONGEST_URL}: use a shorter site.url."
        found.append(Finding("long-links", message, False))
    return found


def _duties(edition: Edition) -> list[Finding]:
    found = []
    for block in edition.blocks:
        if block.kind == "sponsor" and not (block.by and block.disclosure):
            message = f"the sponsor block {block.id} does not say by whom it is paid (by, disclosure)."
            found.append(Finding("sponsor", message, False))
    return found
