"""The rules about how a mail is built: language, headings, tables, pictures, links, and what programs cannot read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import lxml.html

from digest.lint.finding import Finding, Mail

_VAGUE = frozenset({"here", "click here", "read more", "more", "link", "this", "hier", "mehr", "weiterlesen"})
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp)\Z", re.IGNORECASE)
_SIZE = re.compile(r"font-size:\s*([\d.]+)px")


def structure(mail: Mail) -> Iterator[Finding]:
    """Yield what is wrong with a mail's HTML; nothing for a mail of text alone."""
    if not mail.html:
        return
    page = lxml.html.document_fromstring(mail.html)
    yield from _head(page, mail.html)
    yield from _headings(page)
    yield from _tables(page)
    yield from _pictures(page)
    yield from _links(page)
    yield from _styles(page, mail.html)


def selector(element: Any) -> str:
    """Return a CSS selector that leads to this element: its place among its siblings, from the body down."""
    steps: list[str] = []
    while element is not None and element.tag not in ("body", "html"):
        parent = element.getparent()
        place = 1 + sum(1 for _ in element.itersiblings(preceding=True) if isinstance(_.tag, str))
        steps.append(f"{element.tag}:nth-child({place})")
        element = parent
    return " > ".join(["body", *reversed(steps)])


def _head(page: Any, source: str) -> Iterator[Finding]:
    if not page.get("lang") or not page.get("dir"):
        yield Finding("language", "the page does not say its language and direction (lang and dir on html).")
    if not (page.findtext(".//title") or "").strip():
        yield Finding("page-title", "the page has no title.")
    if 'name="color-scheme"' not in source or "prefers-color-scheme" not in source:
        yield Finding("colour-scheme", "the page does not say that it knows light and dark.")
    ids = Counter(element.get("id") for element in page.iter() if isinstance(element.tag, str) and element.get("id"))
    for name, times in ids.items():
        if times > 1:
            yield Finding("double-id", f"{times} elements have the id {name!r}.", f"#{name}")


def _headings(page: Any) -> Iterator[Finding]:
    ranked = [element for element in page.iter() if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
    firsts = [element for element in ranked if element.tag == "h1"]
    if len(firsts) != 1:
        where = selector(firsts[1]) if firsts else ""
        yield Finding("one-h1", f"the page has {len(firsts)} headings of the first rank; it needs one.", where)
    before = 0
    for element in ranked:
        rank = int(element.tag[1])
        if rank > before + 1:
            words = " ".join(element.text_content().split())[:60]
            yield Finding("heading-order", f"“{words}” is an h{rank} after an h{before}.", selector(element))
        before = rank


def _tables(page: Any) -> Iterator[Finding]:
    for table in page.iter("table"):
        if table.get("role") not in ("presentation", "none") and table.find(".//th") is None:
            yield Finding("table-role", 'a table for layout has no role="presentation".', selector(table))


def _pictures(page: Any) -> Iterator[Finding]:
    for picture in page.iter("img"):
        where, words, source = selector(picture), picture.get("alt"), picture.get("src") or ""
        link = next(picture.iterancestors("a"), None)
        if words is None or (not words and link is not None and not link.text_content().strip()):
            yield Finding("alt", f"the picture {source[:60]} has no words (alt).", where)
        elif _FILE_NAME.match(words) or len(words) > 250:
            yield Finding("alt-words", f"the words of the picture {source[:60]} are “{words[:60]}”.", where)
        if not (picture.get("width") and picture.get("height")):
            yield Finding("picture-size", f"the picture {source[:60]} has no width and height.", where)
        if source.startswith("data:") or urlsplit(source).path.lower().endswith((".svg", ".webp", ".avif")):
            yield Finding(
                "picture-format", f"the picture {source[:60]} is of a kind that Outlook does not show.", where
            )


def _links(page: Any) -> Iterator[Finding]:
    for link in page.iter("a"):
        where, url = selector(link), (link.get("href") or "").strip()
        words = " ".join(link.text_content().split())
        parts = urlsplit(url)
        whole = (parts.scheme in ("http", "https") and bool(parts.hostname)) or (
            parts.scheme == "mailto" and "@" in url
        )
        if not whole or parts.hostname == "localhost" or (parts.hostname or "").endswith(".invalid"):
            yield Finding("dead-link", f"the link “{words[:60]}” leads to {url or 'nothing'}.", where)
        elif parts.scheme == "http":
            yield Finding("plain-http", f"the link “{words[:60]}” leads to {url}: use https.", where)
        if words.casefold().strip(" .…→»") in _VAGUE and not link.get("aria-label"):
            yield Finding("vague-link", f"the link “{words}” does not say where it leads.", where)


def _styles(page: Any, source: str) -> Iterator[Finding]:
    for element in page.iter():
        style = element.get("style") if isinstance(element.tag, str) else None
        if not style:
            continue
        if re.search(r"\b(?:var|calc|clamp)\(", style):
            yield Finding("css-unsupported", f"a style uses {style[:80]!r}.", selector(element))
        size = _SIZE.search(style)
        if size and 1 < float(size[1]) < 12 and (element.text or "").strip(" \u00a0\u200c\n"):
            yield Finding("small-print", f"“{(element.text or '').strip()[:40]}” has {size[1]} px.", selector(element))
    if re.search(r"[^\s]!important", source):
        yield Finding("important-space", "a style has !important without a space before it.")
