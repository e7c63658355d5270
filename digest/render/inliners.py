"""Moves a mail's style sheet into style attributes: the only place that touches premailer and css-inline.

premailer's defaults fetch URLs, drop ``!important`` (and with it every dark and phone style) and rewrite the sizes
of pictures; and cssutils opens ``@import`` by itself even when premailer may not use the network.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

# premailer reads this once, when it is imported; its default of 128 entries is too few for one newsletter sheet.
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")

import cssutils
from premailer import Premailer

from digest.errors import RenderError

SETTINGS: dict[str, Any] = {
    "allow_network": False,
    "strip_important": False,
    "keep_style_tags": False,
    "remove_classes": False,
    "disable_validation": True,
    "disable_leftover_css": False,
    "disable_basic_attributes": ["width", "height"],
    "align_floating_images": False,
    "cssutils_logging_level": logging.CRITICAL,
}

_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style", re.IGNORECASE | re.DOTALL)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINK = re.compile(r"<\s*link\b", re.IGNORECASE)
_STYLE_ATTRIBUTE = re.compile(r"""(<[a-zA-Z][^<>]* style=)("[^"<>]*"|'[^'<>]*')""")
_KEPT_MARK = ' data-premailer="ignore"'
_KEPT_STYLE = re.compile(rf"<style{_KEPT_MARK}>.*?</style>", re.DOTALL)
_PLACE = "<!--kept style-->"
_CACHED_SHEETS = 32


def inline(html: str, inliner: str) -> str:
    """Return the page with its style sheets inlined; blocks marked ``data-premailer="ignore"`` stay.

    Raises RenderError when the page asks for a style sheet from elsewhere, when it cannot be read, or when the
    inliner is not installed.
    """
    _refuse_foreign_style(html)
    if not html.strip():
        raise RenderError("The style sheet could not be inlined: the page is empty.")
    try:
        written = INLINERS[inliner](html)
    except RenderError:
        raise
    except Exception as problem:  # premailer, lxml, cssutils and css-inline share no base class of errors
        raise RenderError(f"The style sheet could not be inlined: {type(problem).__name__}: {problem}") from problem
    return _STYLE_ATTRIBUTE.sub(_tighten, written)


def _by_premailer(html: str) -> str:
    written: str = _OfflinePremailer(**SETTINGS).transform(html, pretty_print=False)
    return written


def _by_css_inline(html: str) -> str:
    """Inline with css-inline; the kept blocks are put back untouched, because it would read them as well."""
    try:
        import css_inline
    except ImportError as problem:
        raise RenderError("inliner = \"css-inline\" needs the extra: pip install 'newsroom-digest[fast]'.") from problem
    kept = _KEPT_STYLE.findall(html)
    bare = _KEPT_STYLE.sub(_PLACE, html)
    inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)
    written: str = inliner.inline(bare)
    for block in kept:
        written = written.replace(_PLACE, block.replace(_KEPT_MARK, ""), 1)
    return written


def _tighten(match: re.Match[str]) -> str:
    """Take out the spaces that cssutils writes after ``;`` and ``,``: Gmail clips a mail by its bytes."""
    return match[1] + match[2].replace("; ", ";").replace(", ", ",")


def _refuse_foreign_style(html: str) -> None:
    if _LINK.search(html):
        raise RenderError("A mail may not use <link>: put the style into a <style> element of the theme.")
    for match in _STYLE.finditer(html):
        css = _CSS_COMMENT.sub("", match[1])
        if "@import" in css.lower() or "\\" in css:
            raise RenderError("A mail's style sheet may hold no @import and no backslash: mail clients refuse both.")


class _OfflinePremailer(Premailer):  # type: ignore[misc]  # premailer has no types
    """premailer with a style sheet parser that has no way to fetch anything."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        # Two thirds of the time of a page went into writing out the same sheet's rules again.
        rules, leftover = _style_rules(css_body, ruleset_index)
        return list(rules), list(leftover)

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:
        parser = cssutils.CSSParser(
            fetcher=_fetch_nothing, raiseExceptions=False, loglevel=logging.CRITICAL, validate=validate
        )
        return parser.parseString(css_body)

    def rules_of(self, css: str, index: int) -> tuple[list[Any], list[Any]]:
        """Return what premailer makes of a sheet: rules to inline, rules to keep."""
        made: tuple[list[Any], list[Any]] = super()._parse_style_rules(css, index)
        return made


def _fetch_nothing(url: str) -> tuple[None, None]:
    return None, None


@lru_cache(maxsize=_CACHED_SHEETS)
def _style_rules(css: str, index: int) -> tuple[list[Any], list[Any]]:
    return _OfflinePremailer(**SETTINGS).rules_of(css, index)


INLINERS: dict[str, Callable[[str], str]] = {"premailer": _by_premailer, "css-inline": _by_css_inline}
"""Each by its name in ``digest.toml``; they differ in speed and spelling, and in no pixel."""
