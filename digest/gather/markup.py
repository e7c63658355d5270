"""Turns HTML and Markdown into paragraphs of plain text and into HTML that is safe to print.

Nothing of a page's code is kept: no script, style, form or frame. Parsing is lenient, bounded in depth, and loads
nothing from anywhere.
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass

import nh3
from lxml import etree
from markdown_it import MarkdownIt


def _names(*lines: str) -> frozenset[str]:
    return frozenset(name for line in lines for name in line.split())


_BLOCKS = _names(
    "address article aside blockquote body caption center dd details div dl dt figcaption figure footer",
    "h1 h2 h3 h4 h5 h6 header hr html li main ol p pre section summary table tbody td tfoot th thead tr ul",
)
_SKIPPED = _names(
    "script style head title noscript template iframe object svg math form button select textarea nav audio video",
    "canvas map",
)
_SKIPPED_ON_A_PAGE = _SKIPPED | {"header", "footer", "aside", "figure", "figcaption"}
_TAG = re.compile(r"<[^<>]{0,2000}>")
_SPACES = re.compile(r"\s+")
_KEPT_TAGS = {"p", "br", "em", "strong", "b", "i", "a", "ul", "ol", "li", "blockquote", "h3", "h4", "sub", "sup"}
_MARKDOWN = MarkdownIt("commonmark", {"typographer": False})


@dataclass(frozen=True, slots=True)
class Page:
    """What a whole HTML page says of its story; empty where it says nothing."""

    text: str
    headline: str = ""
    byline: str = ""
    published: str = ""
    url: str = ""
    language: str = ""
    image_url: str = ""


def text_of(markup: str) -> str:
    """Return the text of a piece of HTML: paragraphs joined by a blank line, a forced line break as a line break."""
    root = _parsed(markup)
    if root is None:
        return ""
    text = _walk(root, _SKIPPED)
    # The parser stops at its depth limit; tags nested that deep mean nothing, but their words might.
    return text or _line(_TAG.sub(" ", markup))


def line_of(markup: str) -> str:
    """Return the text of a piece of HTML on one line, as for a title."""
    return _line(text_of(markup)) if "<" in markup or "&" in markup else _line(markup)


def page_of(markup: str) -> Page:
    """Read a whole page: the article's text, and what its head says of headline, author, time and address."""
    root = _parsed(markup)
    if root is None:
        return Page("")
    meta = _meta(root)
    heading = root.find(".//h1")
    title = _line("".join(str(piece) for piece in heading.itertext())) if heading is not None else ""
    body = _body(root)
    if heading is not None:
        heading.tag = "title"
    canonical = root.find(".//link[@rel='canonical']")
    named = root.find(".//title")
    return Page(
        text=_walk(body, _SKIPPED_ON_A_PAGE) or _walk(body, _SKIPPED),
        headline=title or meta.get("og:title", "") or (_line(named.text or "") if named is not None else ""),
        byline=meta.get("author", ""),
        published=meta.get("article:published_time", ""),
        url=(canonical.get("href") or "") if canonical is not None else meta.get("og:url", ""),
        language=root.get("lang") or "",
        image_url=meta.get("og:image", ""),
    )


def markdown_to_html(text: str) -> str:
    """Return the HTML of CommonMark text; not yet safe to print."""
    return str(_MARKDOWN.render(text))


def safe_html(markup: str) -> str:
    """Return HTML with nothing but plain formatting and links to web pages and mail addresses."""
    return nh3.clean(
        markup,
        tags=_KEPT_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def first_image(markup: str) -> str:
    """Return the address of the first picture in a piece of HTML, or nothing; tracking pixels are passed over."""
    root = _parsed(markup) if "<img" in markup.lower() else None
    for image in root.iter("img") if root is not None else ():
        if image.get("width") not in ("0", "1") and image.get("height") not in ("0", "1"):
            return str(image.get("src") or "")
    return ""


def _parsed(markup: str) -> etree._Element | None:
    if not markup.strip():
        return None
    parser = etree.HTMLParser(
        recover=True, no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8", huge_tree=False
    )
    try:
        root: etree._Element | None = etree.fromstring(markup.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        return None
    return root


def _body(root: etree._Element) -> etree._Element:
    """Return the element that holds the article: the only ``article``, else ``main``, else everything."""
    articles = root.findall(".//article")
    if len(articles) == 1:
        return articles[0]
    main = root.find(".//main")
    return main if main is not None else root


def _meta(root: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = (element.get("property") or element.get("name") or "").lower()
        if name and element.get("content"):
            found.setdefault(name, _line(element.get("content") or ""))
    return found


def _walk(root: etree._Element, skipped: frozenset[str]) -> str:
    """Gather text without recursion: pages nest as deep as their authors like."""
    pieces: list[str] = []
    silent = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            silent += name in skipped
            if name in _BLOCKS:
                pieces.append("\n\n")
            elif name == "br":
                pieces.append("\n")
            if not silent and element.text:
                pieces.append(_SPACES.sub(" ", element.text))
            continue
        silent -= name in skipped
        if name in _BLOCKS:
            pieces.append("\n\n")
        if not silent and element.tail and element is not root:
            pieces.append(_SPACES.sub(" ", element.tail))
    lines = (re.sub(r" *\n *", "\n", part).strip() for part in re.split(r"\n\s*\n", "".join(pieces)))
    return "\n\n".join(re.sub(r"[ \t\xa0]+", " ", line) for line in lines if line)


def _line(text: str) -> str:
    return _SPACES.sub(" ", entities.unescape(text)).strip()
