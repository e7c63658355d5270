"""Makes an XML feed harmless before it is parsed.

feedparser is lenient, which real feeds need, but a small file can keep it busy for a minute: entities that stand for
entities, very deep nesting, tags and entities that never end, a million tags. All of that is taken out or refused
here; the limits are far above what real feeds hold and were set by measuring what parsing costs.
"""

from __future__ import annotations

import codecs
import re

from digest.errors import SourceError

DEEPEST = 300
"""Open elements of one entry, counting markup inside of texts; no writer nests a tenth of it."""

MOST_ENTRIES = 2_000
"""Entries of a feed that are parsed at all; what follows is cut off."""

MOST_UNCLOSED = 1_000
"""Tags without an end that are put down to bad writing."""

MOST_TAGS = 150_000
"""Tags of what is parsed, counting ends and not counting markup in CDATA; some three seconds' work."""

_CDATA = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_ATTRIBUTES = re.compile(rb"<[A-Za-z][^<>=]*+(?:=[^<>=]*+){500}")
_ENTITY = re.compile(rb"&#?\w{1,32};")
_ENDS = {b"item": b"</channel></rss>", b"entry": b"</feed>"}
_DOCTYPE = re.compile(rb"<!DOCTYPE\b[^<>\[]{0,1000}(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_ROOT = re.compile(rb"<[A-Za-z]")
_TAGS = re.compile(rb"(?:<|&lt;)(/?)([A-Za-z][\w:.-]{0,60})(?:[^<>&]|&(?!lt;|gt;)){0,2000}?(/?)(?:>|&gt;)")
_ENTRIES = (b"item", b"entry", b"rdf:li")
# Elements of HTML that writers leave open.
_OPEN_ENDED = frozenset(
    name.encode()
    for name in (
        *("br", "img", "hr", "input", "meta", "link", "p", "li", "td", "th", "tr", "dt", "dd", "option"),
        *("source", "embed", "param", "wbr", "area", "col", "base"),
    )
)


def make_harmless(body: bytes, base: str) -> bytes:
    """Return the feed without its document type and in UTF-8 if it was UTF-16, cut after ``MOST_ENTRIES``.

    Raises SourceError, naming ``base``, for markup that would keep a parser busy.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # So that the checks below see it; the declaration inside would now be wrong, and goes.
        text = body.decode("utf-16", "replace")
        body = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text).encode("utf-8")
    body = _DOCTYPE.sub(b"", body, count=1)
    root = _ROOT.search(body)
    if b"<!DOCTYPE" in body[: root.start() if root else None].upper():
        raise SourceError(f"{base}: the feed's document type is not one a feed has; it is refused.")
    _refuse_endless(body, base)
    body = _cut_and_checked(body, base)
    if _CDATA.sub(b"", body).count(b"<") > MOST_TAGS:
        raise SourceError(f"{base}: the feed has more than {MOST_TAGS:,} tags; it is refused.")
    return body


def _cut_and_checked(body: bytes, base: str) -> bytes:
    """Return the feed up to its last entry that is read; raises SourceError if one nests absurdly deep."""
    depth = 0
    entries = 0
    for match in _TAGS.finditer(body):
        closing, name, empty = match[1], match[2].lower(), match[3]
        if name in _ENTRIES:
            depth = 0
            entries += not closing and name != b"rdf:li"
            if entries > MOST_ENTRIES:
                return body[: match.start()] + _ENDS.get(name, b"")
        elif closing:
            depth = max(depth - 1, 0) if name not in _OPEN_ENDED else depth
        elif not empty and name not in _OPEN_ENDED:
            depth += 1
            if depth > DEEPEST:
                raise SourceError(f"{base}: the feed nests more than {DEEPEST} elements in each other; it is refused.")
    return body


def _refuse_endless(body: bytes, base: str) -> None:
    """Raise SourceError for markup that lenient parsers read over and over: tags and entities that never end."""
    if body.count(b"<") - body.count(b">") > MOST_UNCLOSED or _ATTRIBUTES.search(body):
        raise SourceError(f"{base}: the feed is full of tags that never end; it is refused.")
    stray = body.count(b"&") - sum(1 for _ in _ENTITY.finditer(body))
    if stray > MOST_UNCLOSED * 20:
        raise SourceError(f"{base}: the feed is full of entities that never end; it is refused.")
