"""The rules about HTML and CSS that mail programs refuse, misread or show as something else."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import lxml.html

from digest.lint.finding import Finding, Mail
from digest.lint.structure import selector

STYLE_BYTES, STYLE_NEAR_BYTES = 16_384, 8_192
"""Gmail reads no more of a mail's style element than this; half of it leaves room."""

BUTTON_PX = 44.0
LONG_TEXT = 200

_ACTIVE = ("script", "form", "iframe", "object", "embed", "audio", "video", "link", "base")
_CLOSED = frozenset({"table", "tr", "td", "th", "div", "p", "a", "h1", "h2", "h3", "span", "ul", "ol"})
_SHORTENERS = frozenset({"bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "buff.ly", "t.ly", "rb.gy"})
_STYLES = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_DARK = re.compile(r"@media[^{]*prefers-color-scheme\s*:\s*dark[^{]*\{(.*?\})\s*\}", re.DOTALL)
_PURE = re.compile(r"background(?:-color)?\s*:\s*(#(?:000|fff)(?:000|fff)?)\b", re.IGNORECASE)
_PX = re.compile(r"([\d.]+)px")


def markup(mail: Mail) -> Iterator[Finding]:
    """Yield what mail programs do not take; nothing for a mail of text alone."""
    if not mail.html:
        return
    page = lxml.html.document_fromstring(mail.html)
    yield from _sheets(mail.html)
    yield from _active(page, mail.html)
    yield from _whole(mail.html)
    for element in page.iter():
        if isinstance(element.tag, str):
            yield from _boxes(element, mail.html)
    yield from _hosts(page)


def _sheets(source: str) -> Iterator[Finding]:
    sheets = _STYLES.findall(source)
    size = max((len(sheet.encode()) for sheet in sheets), default=0)
    if size > STYLE_BYTES:
        yield Finding("style-large", f"a style element has {size} bytes; Gmail drops one over {STYLE_BYTES}.")
    elif size > STYLE_NEAR_BYTES:
        yield Finding("style-near", f"a style element has {size} bytes; Gmail drops one over {STYLE_BYTES}.")
    for block in _DARK.findall(source):
        pure = _PURE.search(block)
        if pure:
            yield Finding("pure-black", f"the dark has a ground of pure {pure[1]}, which glares or smears.")


def _active(page: Any, source: str) -> Iterator[Finding]:
    for element in page.iter(*_ACTIVE):
        yield Finding("active-content", f"<{element.tag}> is removed or refused by mail programs.", selector(element))
    if "@import" in source:
        yield Finding("active-content", "@import fetches a style sheet, which no mail program does.")


def _whole(source: str) -> Iterator[Finding]:
    opened, closed = len(re.findall(r"<!--\[if", source)), len(re.findall(r"<!\[endif\]", source))
    if opened != closed:
        yield Finding("mso-comments", f"{opened} comments for Outlook begin and {closed} end.")
    counter = _Tags()
    counter.feed(re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL))
    for tag, open_ in counter.open.items():
        if open_:
            yield Finding("broken-html", f"{abs(open_)} <{tag}> {'are not closed' if open_ > 0 else 'too many end'}.")


def _boxes(element: Any, source: str) -> Iterator[Finding]:
    style = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", (element.get("style") or "").lower()))
    if element.tag not in ("td", "th", "a", "ul", "ol", "body") and any(
        name.startswith("padding") and value.strip("0px% ") for name, value in style.items()
    ):
        yield Finding("padding-cell", f"Outlook pads table cells alone, not <{element.tag}>.", selector(element))
    if "max-width" in style and element.tag in ("div", "p") and "<!--[if" not in source:
        yield Finding("ghost-table", "Outlook knows no max-width: put a table around it for it.", selector(element))
    margins = " ".join(value for name, value in style.items() if name.startswith("margin"))
    if re.search(r"(?:^|\s)-[\d.]|auto", margins) and not element.get("align"):
        yield Finding("margin-align", f"the margin {margins!r} means nothing to Outlook: use align.", selector(element))
    yield from _legible(element, style)


def _legible(element: Any, style: dict[str, str]) -> Iterator[Finding]:
    words = " ".join(element.text_content().split())
    if style.get("text-align") in ("justify", "center") and element.tag in ("p", "li") and len(words) > LONG_TEXT:
        yield Finding("long-centred", f"“{words[:50]}…” is long and {style['text-align']}.", selector(element))
    height = _height(style)
    if element.tag == "a" and height and height < BUTTON_PX:
        yield Finding("button-small", f"the button “{words[:40]}” is {height:g} px high; a thumb needs {BUTTON_PX:g}.")


def _height(style: dict[str, str]) -> float:
    """Return how high a link that looks like a button is; 0 for other links, or where the style does not say."""
    if style.get("display") not in ("block", "inline-block") or not any(n.startswith("background") for n in style):
        return 0.0
    line = _PX.search(style.get("line-height", ""))
    around = [float(px) for px in _PX.findall(style.get("padding", ""))]
    above = _PX.search(style.get("padding-top", ""))
    below = _PX.search(style.get("padding-bottom", ""))
    upright = 2 * around[0] if around else sum(float(found[1]) for found in (above, below) if found)
    return float(line[1]) + upright if line else 0.0


def _hosts(page: Any) -> Iterator[Finding]:
    for link in page.iter("a"):
        try:
            host = urlsplit((link.get("href") or "").strip()).hostname or ""
        except ValueError:
            continue
        if host in _SHORTENERS or _is_number(host):
            yield Finding("link-hidden", f"a link leads to {host}, which hides where it goes.", selector(link))


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class _Tags(HTMLParser):
    """Counts how many of each tag stay open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count one more."""
        if tag in _CLOSED:
            self.open[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        """Count one less."""
        if tag in _CLOSED:
            self.open[tag] -= 1
