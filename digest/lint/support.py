"""How well a mail's own features are supported where it is read, value by value, weighed by the clients' shares.

The tables are caniemail's (MIT, see ``data/caniemail-notice.txt``), reduced by ``python -m benchmarks support
--vendor``: one letter a client, of its newest version that was tested. What a client that lacks it leaves out without
harm (round corners, roles, media queries) is not counted: a score of all features would hide what hurts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import lxml.html

from digest.lint.finding import Finding, Mail
from digest.lint.structure import selector

SHARES: Mapping[str, float] = {
    "apple-mail.ios": 45.0,
    "apple-mail.macos": 12.4,
    "gmail.desktop-webmail": 12.0,
    "gmail.ios": 6.0,
    "gmail.android": 12.4,
    "outlook.windows": 1.5,
    "outlook.outlook-com": 1.0,
    "outlook.macos": 0.6,
    "outlook.ios": 0.5,
    "outlook.android": 0.5,
    "yahoo.desktop-webmail": 1.5,
    "yahoo.android": 1.0,
    "samsung-email.android": 1.0,
    "thunderbird.macos": 1.0,
    "protonmail.desktop-webmail": 0.5,
}
"""Per cent of opens. The families' are Litmus's of December 2021 (Apple 57.4, Gmail 30.4, Outlook 4.1, Yahoo 2.5), the
newest with a source; how a family's part falls on its programs, and the last three, are our guess. A newsroom that
knows its readers writes its own under ``lint.shares``."""

ENOUGH = 92.0
"""A lower score deserves a look."""

NOTABLE_SHARE = 1.0
"""What breaks the layout in a program with this many per cent must not be sent."""

_WORTH = {"y": 1.0, "a": 0.5, "n": 0.0}
_LAYOUT: tuple[str, ...] = (
    "css-position",
    "css-display-flex",
    "css-display-grid",
    "css-float",
    "css-left-right-top-bottom",
    "css-gap",
)
_LAYOUT += ("css-grid-template", "css-column-layout-properties", "css-flex-direction", "css-flex-wrap")
_HARMLESS = re.compile(
    r"html-(?:role|lang|dir|aria-.*|semantics|target|hidden|loading-attribute)|"
    r"css-(?:border-radius|box-shadow|text-shadow|opacity|letter-spacing|word-break|word-wrap|overflow-wrap|hyphens|"
    r"text-wrap|transition|cursor|orphans|widows|color-scheme|text-underline-.*|text-decoration-.*|overflow|"
    r"linear-gradient|background-image)"
)
_SHORT = {"left": "css-left-right-top-bottom", "right": "css-left-right-top-bottom"}
_SHORT |= {"top": "css-left-right-top-bottom", "bottom": "css-left-right-top-bottom"}
_TAGS = {f"h{rank}": "html-h1-h6" for rank in range(1, 7)} | dict.fromkeys(("ul", "ol", "li"), "html-lists")
_TAGS |= dict.fromkeys(("header", "footer", "main", "section", "article", "nav", "aside"), "html-semantics")
_TAGS |= {"b": "html-strong", "input": "html-input-text", "button": "html-button-submit"}
_SIZED = ("td", "th", "table", "img", "hr")
_IMAGE = re.compile(r"\.(png|jpe?g|gif|webp|svg|avif|bmp)(?:[?#]|\Z)", re.IGNORECASE)
_DECLARATION = re.compile(r"([\w-]+)\s*:\s*((?:[^;(]|\([^)]*\))+)")


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a feature. ``whole``: of the kind that a partial support is known to cover."""

    feature: str
    where: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Support:
    """The share-weighted score from 0 to 100, each client's own, and what each lacks most, by feature."""

    score: float
    clients: Mapping[str, float]
    lacking: Mapping[str, tuple[str, ...]]


def support(html: str, shares: Mapping[str, float] = SHARES, *, by_value: bool = True) -> Support:
    """Return how well a mail is supported: each feature counts once a client, by its worst use.

    Not ``by_value``, every partial support counts a half, whatever the mail uses of it.
    """
    uses = list(_uses(lxml.html.document_fromstring(html)))
    clients, lacking = {}, {}
    for client in shares:
        worst: dict[str, float] = {}
        for use in uses:
            worth = _worth(use if by_value else replace(use, whole=False), client)
            if worth is not None:
                worst[use.feature] = min(worth, worst.get(use.feature, 1.0))
        clients[client] = 100.0 * sum(worst.values()) / len(worst) if worst else 100.0
        lacking[client] = tuple(sorted((name for name, worth in worst.items() if worth < 1), key=lambda n: worst[n]))
    whole = sum(shares.values()) or 1.0
    return Support(sum(clients[name] * share for name, share in shares.items()) / whole, clients, lacking)


def supports(mail: Mail) -> Iterator[Finding]:
    """Yield layout that a program of some share cannot show, and a low score as a whole."""
    if not mail.html:
        return
    shares = mail.shares or SHARES
    told = set()
    for use in _uses(lxml.html.document_fromstring(mail.html)):
        if use.feature not in _LAYOUT or use.feature in told:
            continue
        blind = [name for name, share in shares.items() if share >= NOTABLE_SHARE and _worth(use, name) == 0.0]
        if blind:
            told.add(use.feature)
            what = use.feature.removeprefix("css-")
            yield Finding("layout-support", f"{what} means nothing in {', '.join(blind)}: use a table.", use.where)
    found = support(mail.html, shares)
    if found.score < ENOUGH:
        worst = min(found.clients, key=lambda name: found.clients[name])
        lacks = ", ".join(found.lacking[worst][:4])
        yield Finding("support", f"programs show {found.score:.1f} of 100 as meant; {worst} lacks {lacks}.")


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, ...], Mapping[str, str]]:
    read = json.loads(files("digest.lint").joinpath("data/caniemail.json").read_text("utf-8"))
    return tuple(read["clients"]), read["features"]


def _worth(use: Use, client: str) -> float | None:
    """Return 1, a half or 0; None where nobody tested it."""
    clients, features = _table()
    letters = features.get(use.feature, "")
    letter = letters[clients.index(client)] if letters and client in clients else "u"
    return 1.0 if letter == "a" and use.whole else _WORTH.get(letter)


def _uses(page: Any) -> Iterator[Use]:
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        where = selector(element)
        names = [*_of_tag(element), *_of_attributes(element)]
        yield from (Use(name, where, True) for name in names if _counts(name))
        for name, value in _DECLARATION.findall(element.get("style") or ""):
            feature = _feature(name.lower(), value.strip().lower())
            if _counts(feature):
                yield Use(feature, where, _is_whole(element, name.lower(), value.strip().lower()))


def _counts(feature: str) -> bool:
    return feature in _table()[1] and not _HARMLESS.fullmatch(feature)


def _of_tag(element: Any) -> Iterator[str]:
    yield _TAGS.get(element.tag, f"html-{element.tag}")
    if element.tag == "img":
        source = element.get("src") or ""
        kind = _IMAGE.search(source)
        if source.startswith("data:"):
            yield "image-base64"
        elif kind:
            yield f"image-{kind[1].lower().replace('jpeg', 'jpg')}"


def _of_attributes(element: Any) -> Iterator[str]:
    yield from (f"html-{name}" for name in element.attrib if name not in ("style", "class", "id", "title"))
    address = element.get("href") or ""
    if address.startswith("#"):
        yield "html-anchor-links"
    elif address.startswith("mailto:"):
        yield "html-mailto-links"


def _feature(name: str, value: str) -> str:
    if name == "display":
        kind = value.split()[0].removeprefix("inline-")
        return f"css-display-{kind}" if kind in ("flex", "grid", "none") else "css-display"
    if name in _SHORT:
        return _SHORT[name]
    if f"css-{name}" in _table()[1]:
        return f"css-{name}"
    return f"css-{name.partition('-')[0]}"


def _is_whole(element: Any, name: str, value: str) -> bool:
    """Tell whether a client's partial support covers this use; the notes beside the tables say which it does not."""
    if name.startswith("padding"):
        return element.tag in ("td", "th") or not value.strip("0px% ")
    if name.startswith("margin"):
        return "auto" not in value and "-" not in value
    if name in ("width", "height"):
        return element.tag in _SIZED or element.get(name) is not None
    if name == "max-width":
        return element.get("width") is not None or element.tag in _SIZED
    if name == "display":
        return value in ("block", "inline-block", "inline", "none", "table", "table-cell")
    # Colours by number, fonts by name, sizes in px: the partial cases of the rest are other values.
    return not re.search(r"url\(|calc|var\(|rgb|gradient|\b(?:vw|vh|ch|ex|rem)\b|!important", value)
