"""What a lint works on and what it says: the mail as values, the rules by name, and a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """An error stops a send unless it is waived by name; a warning deserves a look."""

    ERROR = "error"
    WARNING = "warning"


_ERRORS = {
    "subject-empty": "a subject says what is inside",
    "subject-long": "no program shows a subject of more than 150 characters",
    "clip": "Gmail hides what comes after 102,400 bytes of HTML",
    "unsubscribe": "a reader must find the way out in both parts (RFC 8058, 15 USC 7704)",
    "postal-address": "commercial mail names its sender's postal address (15 USC 7704 (a)(5))",
    "dead-link": "a link in a mail leads to a whole web or mail address",
    "left-over": "a reader must not see a template's own signs",
    "twice": "a story stands in an edition once",
    "language": "screen readers choose their voice by the page's language (WCAG 3.1.1)",
    "page-title": "a page names itself (WCAG 2.4.2)",
    "table-role": "a table for layout says so, or screen readers count its cells",
    "alt": "a picture has words for those who do not see it (WCAG 1.1.1)",
    "one-h1": "exactly one heading of the first rank",
    "heading-order": "no rank of headings is left out (WCAG 1.3.1)",
    "contrast": "text stands out from its ground by 4.5, large text by 3 (WCAG 1.4.3), in light and in dark",
    "css-unsupported": "var(), calc() and clamp() mean nothing to Outlook and many web mails",
    "why": "a reader is told why they get this mail",
    "sender-name": "a sender has a name",
    "headers-missing": "From, To, Date and Message-ID belong to every message (RFC 5322 §3.6)",
    "list-unsubscribe": "mailboxes show a way out only with List-Unsubscribe over https (RFC 8058)",
    "one-click": "List-Unsubscribe-Post says List-Unsubscribe=One-Click and nothing else (RFC 8058 §3.1)",
    "header-ascii": "headers are ASCII or encoded (RFC 2047)",
    "line-length": "no line has more than 998 octets (RFC 5322 §2.1.1)",
    "text-missing": "a mail without a text part is not read by everybody and looks like spam",
    "style-large": "Gmail drops a style element of more than 16,384 bytes",
    "active-content": "scripts, forms, frames and fetched styles are removed or refused",
    "layout-support": "what holds the layout is known to every program of one per cent or more (caniemail)",
    "mso-comments": "a comment for Outlook that does not end hides the rest",
    "broken-html": "every table, cell and block is closed, or programs guess",
}
_WARNINGS = {
    "subject-cut": "phones cut a subject after about 60 characters",
    "subject-shouts": "capitals and exclamation marks look like spam",
    "preheader": "the line after the subject is read by everybody: 30 to 140 characters",
    "preheader-repeats": "a preheader that repeats the subject says nothing",
    "clip-near": "92,000 bytes leave little room below 102,400",
    "plain-http": "a link without TLS is changed on its way",
    "vague-link": "a link's words say where it leads (WCAG 2.4.4)",
    "alt-words": "words for a picture are no file's name and no essay",
    "small-print": "letters under 12 px are not read on a phone",
    "picture-size": "a picture's width and height keep the page from jumping",
    "text-twin": "the text part has every story's link",
    "text-width": "lines of the text part have 78 characters at most (RFC 5322, 2.1.1)",
    "colour-scheme": "without it programs invert the colours as they please",
    "double-id": "an id names one element",
    "long-headline": "a headline of more than 120 characters is a paragraph",
    "long-blurb": "a blurb of more than 600 characters is the story",
    "sponsor": "who paid is said where the sponsor speaks",
    "picture-format": "SVG, WebP, AVIF and data: pictures stay empty in Outlook",
    "important-space": "Outlook and Yahoo stumble over !important without a space before it",
    "list-id": "readers sort their mail by List-Id (RFC 2919)",
    "eight-bit": "not every server passes 8bit on",
    "text-share": "a text part of a few words scores as spam",
    "links-differ": "both parts have the same links",
    "style-near": "8,192 bytes of styles leave little room below 16,384",
    "pictures-heavy": "over 800 KB of pictures are slow on a train",
    "picture-heavy": "a picture of over 200 KB is slow on a train",
    "little-text": "under 400 characters beside a picture look like spam",
    "many-links": "over 60 links look like spam",
    "support": "a share-weighted support under 92 of 100 is worse than other newsletters' (caniemail)",
    "padding-cell": "Outlook on Windows pads table cells alone",
    "ghost-table": "Outlook on Windows knows no max-width",
    "margin-align": "Outlook on Windows knows no negative or automatic margins",
    "link-hidden": "shorteners and bare numbers hide where a link goes, and filters mind",
    "long-centred": "long text is read from one edge (WCAG 1.4.8)",
    "button-small": "a button is 44 px high (WCAG 2.5.5)",
    "pure-black": "pure black or white grounds glare or smear in the dark",
    "empty-section": "a section's title promises a story",
    "picture-dark": "dark lines on a transparent ground vanish in the dark",
    "story-old": "a story of more than a week before, or of a day to come, is seldom meant",
}

RULES = {
    **{name: (Severity.ERROR, why) for name, why in _ERRORS.items()},
    **{name: (Severity.WARNING, why) for name, why in _WARNINGS.items()},
}
"""Every rule by name: how grave a breach is, and why it is a rule."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule. ``where`` is a CSS selector of the element at fault; empty for the mail as a whole."""

    rule: str
    message: str
    where: str = ""

    @property
    def severity(self) -> Severity:
        """Return how grave it is."""
        return RULES[self.rule][0]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as a reader with the longest links would get it. ``stories`` are headline, URL and blurb in print order.

    ``leave_url`` must stand in both parts and ``address`` is the postal one; ``sponsors`` are (name, who paid).
    ``sections`` are titles with how many stories each has, ``why`` the words that say why somebody gets it, ``message``
    the whole message with its pictures, or nothing; ``shares`` are programs' parts of opens, empty for our own;
    ``ages`` are headlines with how many days before the edition each story appeared.
    """

    subject: str
    preheader: str
    html: str
    text: str
    leave_url: str
    address: str
    stories: tuple[tuple[str, str, str], ...] = ()
    sponsors: tuple[tuple[str, str], ...] = ()
    sections: tuple[tuple[str, int], ...] = ()
    why: str = ""
    message: bytes = b""
    ages: tuple[tuple[str, float], ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
