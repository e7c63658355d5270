"""Moves a mail's style sheet into style attributes, in the render worker; recent results are kept."""

from __future__ import annotations

from functools import lru_cache

from digest.render import worker

PREMAILER = "premailer"

_CACHED_PAGES = 32


@lru_cache(maxsize=_CACHED_PAGES)
def inline(html: str, inliner: str = PREMAILER) -> str:
    """Return the page with its style sheets inlined; blocks marked ``data-premailer="ignore"`` stay.

    ``inliner`` is ``premailer`` or ``css-inline`` (an optional extra, many times as fast, the same pixels). Never
    reads a file or the network. Raises RenderError when the page asks for either by ``@import`` or ``<link>``, or
    when it cannot be read. The same page gives the same bytes.
    """
    return worker.shared().ask({"do": "inline", "page": html, "inliner": inliner}, what="The inlined page")
