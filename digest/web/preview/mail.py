"""What the preview makes of a mail: other lights, no pictures, its links, and what each block weighs. Pure.

The mail in its natural light is shown byte for byte; every other view is a copy made here and says so.
"""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.lint import CLIP_BYTES
from digest.model import Edition

_DARK = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_SOURCE = re.compile(r"(<img\b[^>]*?\bsrc=)\"[^\"]*\"", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^>]*?\bhref=\"([^\"]*)\"[^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_INVERTED = (
    "<style>html{filter:invert(1) hue-rotate(180deg);background:#fff}"
    "img{filter:invert(1) hue-rotate(180deg)}</style></head>"
)


@dataclass(frozen=True, slots=True)
class Weight:
    """How many bytes of HTML one block of the mail takes; ``end`` is where it ends, counted from the mail's start."""

    name: str
    size: int
    end: int

    @property
    def share(self) -> float:
        """Return the block's part of what receivers show, in percent."""
        return 100 * self.size / CLIP_BYTES

    @property
    def is_cut(self) -> bool:
        """Tell whether receivers that clip would hide some of it."""
        return self.end > CLIP_BYTES


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the mail: where it leads and the words it stands on."""

    url: str
    words: str


def in_light(page: str, scheme: str) -> str:
    """Return the mail as a program in that light shows it: ``light``, ``dark``, or ``forced`` (it inverts colours).

    Any other scheme leaves the mail as it is: the browser's own light decides.
    """
    if scheme == "dark":
        return _DARK.sub("@media all", page)
    if scheme == "light":
        return _DARK.sub("@media not all", page)
    if scheme == "forced":
        return _DARK.sub("@media not all", page).replace("</head>", _INVERTED, 1)
    return page


def without_pictures(page: str) -> str:
    """Return the mail as a program shows it that loads no pictures: their place and their words stay."""
    return _SOURCE.sub(r'\1"about:blank#off"', page)


def inlining(source: str, mailed: str) -> str:
    """Return what inlining made of a theme's HTML, as a unified diff with three lines around each change."""
    lines = difflib.unified_diff(
        source.splitlines(), mailed.splitlines(), "as the theme wrote it", "as it is mailed", lineterm=""
    )
    return "\n".join(lines) + "\n"


def links(page: str) -> list[Link]:
    """Return the mail's links in reading order; a picture's link has its words in brackets."""
    found = []
    for url, inside in _LINK.findall(page):
        words = " ".join(html.unescape(_TAG.sub(" ", inside)).split())
        if not words:
            alt = re.search(r'\balt="([^"]*)"', inside)
            words = f"[picture: {html.unescape(alt[1])}]" if alt else "[picture]"
        found.append(Link(html.unescape(url), words))
    return found


def weights(page: str, edition: Edition) -> list[Weight]:
    """Return what each block weighs in bytes, in reading order: the head, every item, and what is left."""
    starts = [("Head and masthead", 0)]
    at = 0
    for item in edition.items():
        found = _find(page, item.headline, at)
        if found >= 0:
            starts.append((item.headline, found))
            at = found
    ends = [start for _, start in starts[1:]] + [len(page)]
    weighed, sofar = [], 0
    for (name, start), end in zip(starts, ends, strict=True):
        size = len(page[start:end].encode())
        sofar += size
        weighed.append(Weight(name, size, sofar))
    return weighed


def _find(page: str, headline: str, at: int) -> int:
    """Find a headline in the mail: its last words may have been tied together, by signs or by tags."""
    words = [_either(word) for word in headline.split()]
    found = re.compile(r"(?:\s|&#160;|&nbsp;|\u00a0|<[^>]*>)+".join(words)).search(page, at) if words else None
    return found.start() if found else -1


def _either(word: str) -> str:
    """Return a pattern for a word in HTML, its quotation marks written in any way."""
    plain = re.escape(html.escape(word, quote=False))
    return plain.replace("'", "(?:'|&#39;|&#x27;)").replace('"', '(?:"|&#34;|&quot;)')


def headers_of(message: bytes) -> Sequence[tuple[str, str]]:
    """Return the header lines of a message, unfolded, in their order."""
    head = message.split(b"\r\n\r\n", 1)[0].decode("ascii", "replace")
    lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    parts = (line.partition(": ") for line in lines)
    return [(name, value) for name, _, value in parts]
