"""The contrast of every text with its ground, in light and in dark, from a mail's own styles (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import lxml.html

from digest.lint.finding import Finding, Mail
from digest.lint.structure import selector

_COLOUR = re.compile(r"(?:^|;)\s*color:\s*(#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3}(?![0-9a-fA-F]))")
_GROUND = re.compile(r"(?:^|;)\s*background(?:-color)?:\s*(#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3}(?![0-9a-fA-F]))")
_SIZE = re.compile(r"font-size:\s*([\d.]+)px")
_DARK = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)\s*\{(.*?\})\s*\}", re.DOTALL)
_RULE = re.compile(r"\.([\w-]+)\s*\{\s*(color|background-color)\s*:\s*(#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3}(?![0-9a-fA-F]))")

NEEDED, NEEDED_LARGE = 4.5, 3.0
LARGE_PX, LARGE_BOLD_PX = 24.0, 18.66
"""Large text is 18 point, or 14 point and bold; a point has 4/3 px."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours ``#rrggbb``, from 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def contrasts(mail: Mail) -> Iterator[Finding]:
    """Yield every text that does not stand out enough, once a pair of colours and a light."""
    if not mail.html:
        return
    page = lxml.html.document_fromstring(mail.html)
    dark = {(name, what): colour for block in _DARK.findall(mail.html) for name, what, colour in _RULE.findall(block)}
    told: set[tuple[str, str, str]] = set()
    texts = [(element, words) for element in page.iter() if (words := _own_words(element))]
    for element, words in texts:
        needed = NEEDED_LARGE if _is_large(element) else NEEDED
        for light, rules in (("light", {}), ("dark", dark)):
            ink = _standing(element, rules, "color", _COLOUR)
            ground = _standing(element, rules, "background-color", _GROUND)
            ratio = contrast(ink or "#000000", ground or "#ffffff")
            if ratio < needed and (light, ink, ground) not in told:
                told.add((light, ink, ground))
                shown = f"“{words[:50]}” is {ink or 'black'} on {ground or 'white'} in {light}"
                yield Finding("contrast", f"{shown}: {ratio:.1f}, too faint.", selector(element))


def _own_words(element: Any) -> str:
    """Return what an element shows itself, without its children's words; nothing for what is not shown."""
    if not isinstance(element.tag, str) or element.tag in ("style", "title", "script") or _is_hidden(element):
        return ""
    own = (element.text or "") + "".join(child.tail or "" for child in element)
    return " ".join(own.split()).strip("\u00a0· ")


def _luminance(colour: str) -> float:
    if len(colour) == 4:
        colour = "#" + "".join(2 * digit for digit in colour[1:])
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _standing(element: Any, rules: Mapping[tuple[str, str], str], what: str, pattern: re.Pattern[str]) -> str:
    """Return the colour that holds here: the nearest element's, its class in the dark before its own style."""
    for each in (element, *element.iterancestors()):
        for name in (each.get("class") or "").split():
            if (name, what) in rules:
                return rules[name, what]
        found = pattern.search(each.get("style") or "")
        if found:
            return found[1]
    return ""


def _is_large(element: Any) -> bool:
    size, bold = 16.0, False
    for each in (element, *element.iterancestors()):
        style = each.get("style") or ""
        bold = bold or "font-weight:bold" in style.replace(" ", "") or each.tag in ("b", "strong", "h1", "h2", "h3")
        found = _SIZE.search(style)
        if found:
            size = float(found[1])
            break
    return size >= LARGE_PX or (bold and size >= LARGE_BOLD_PX)


def _is_hidden(element: Any) -> bool:
    return any(
        "display:none" in (each.get("style") or "").replace(" ", "") for each in (element, *element.iterancestors())
    )
