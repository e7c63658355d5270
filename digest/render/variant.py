"""Renders one variant of an edition: the theme's HTML, inlined, and its text twin, with markers for the slots."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from digest.errors import RenderError
from digest.model import Edition, Rendered, Variant
from digest.render import plaintext, slots
from digest.render.inline import PREMAILER, inline
from digest.render.quoted import clean_value
from digest.render.templates import render_template
from digest.render.theme import HTML_TEMPLATE, TEXT_TEMPLATE, Theme, find_theme
from digest.render.view import layout

REQUIRED = ("unsubscribe_url", "preferences_url", "view_url")
"""Links that both parts of every mail carry, whatever its theme."""

_BETWEEN_TAGS = re.compile(r"\n[ \t\n]*")


def render_variant(
    edition: Edition, variant: Variant, *, theme_dirs: Sequence[Path] = (), inliner: str = PREMAILER
) -> Rendered:
    """Render a variant; the theme is looked for in ``theme_dirs`` first, then among the bundled ones.

    Deterministic: the same edition, variant and theme give the same bytes. Reads only the theme's files. Raises
    RenderError naming the template's file and line, or the slot that got lost.
    """
    theme = find_theme(edition.theme, theme_dirs)
    marks = slots.markers(slots.fingerprint(edition))
    context = {**layout(edition, variant, marks), "theme": dict(theme.settings)}
    text = plaintext.tidy(_run(theme, TEXT_TEMPLATE, context))
    _check(text, marks, where=f"Theme {theme.name}, {theme.folder / TEXT_TEMPLATE}")
    html = "" if variant.text_only else _page(theme, context, marks, inliner)
    return Rendered(subject=edition.subject, preheader=edition.preheader, html=html, text=text, slots=marks)


def source_html(edition: Edition, variant: Variant, *, theme_dirs: Sequence[Path] = ()) -> str:
    """Return the theme's HTML before inlining, markers in place: what a preview compares the mail with."""
    theme = find_theme(edition.theme, theme_dirs)
    marks = slots.markers(slots.fingerprint(edition))
    return _source(theme, {**layout(edition, variant, marks), "theme": dict(theme.settings)})


def _source(theme: Theme, context: Mapping[str, object]) -> str:
    # One line end instead of a template's indentation: a sixth of the bytes, and Gmail clips by bytes.
    return _BETWEEN_TAGS.sub("\n", _run(theme, HTML_TEMPLATE, context)).strip() + "\n"


def _run(theme: Theme, name: str, context: Mapping[str, object]) -> str:
    return render_template(theme.folders, name, context, what=f"Theme {theme.name}: ")


def _page(theme: Theme, context: Mapping[str, object], marks: Mapping[str, str], inliner: str) -> str:
    where = f"Theme {theme.name}, {theme.folder / HTML_TEMPLATE}"
    source = _source(theme, context)
    _check(source, marks, where=where)
    try:
        page = inline(source, inliner)
    except RenderError as problem:
        raise RenderError(f"{where}: {problem}") from problem
    slots.check_kept(source, page, marks, where=where)
    return page


def _check(text: str, marks: Mapping[str, str], *, where: str) -> None:
    slots.check_present(text, marks, required=REQUIRED, where=where)


def fill(
    rendered: Rendered, values: Mapping[str, str], *, pictures: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """Return (html, text) with a reader's values in place, for a browser.

    ``pictures`` maps the name of an embedded picture to the address a browser finds it at. A slot without a value
    becomes empty, a link ``#``.
    """
    html, text = rendered.html, rendered.text
    for slot, marker in rendered.slots.items():
        value = clean_value(values.get(slot, "#" if slot.endswith("_url") else ""))
        html, text = html.replace(marker, escape(value, quote=True)), text.replace(marker, value)
    for name, address in (pictures or {}).items():
        html = html.replace(f'"cid:{escape(name, quote=True)}"', f'"{escape(address, quote=True)}"')
    return html, text
