"""Find the bundled templates, in an installed wheel and in a checkout alike, and read the readers' pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

ENGLISH = "en"


def templates_dir() -> Path:
    """Return the folder that holds ``pages/``: the package's own if it has one, else the checkout's."""
    installed = Path(str(files("subscribers"))) / "templates"
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent / "templates"


@cache
def pages(language: str = ENGLISH) -> Environment:
    """Return the environment of the readers' pages and of the mails that go with them, in one language.

    Everything is escaped but in ``.txt`` templates; a name that a template does not get is an error. The filter
    ``isolated`` sets a name apart from the direction of the words around it: by ``bdi`` in HTML, and by Unicode's
    isolates (UAX #9) in a text that runs from right to left.
    """
    # Not at the top: it brings Babel along, which no command but those of mails and pages needs.
    from subscribers import languages

    environment = Environment(
        loader=FileSystemLoader(templates_dir() / "pages"),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = languages.catalogue(language, templates_dir() / "pages" / "languages")
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(lang=language, dir=languages.direction(language))
    environment.filters["isolated"] = _isolated if languages.direction(language) == "rtl" else _isolated_in_html
    return environment


def named(sentence: str, **names: str) -> Markup:
    """Return a sentence as HTML with its slots filled, each name set apart from the direction of the words around."""
    return escape(sentence).format(**{slot: isolated(name) for slot, name in names.items()})


def isolated(name: str) -> Markup:
    """Return a name as HTML that is set apart from the direction of the words around it."""
    return Markup("<bdi>{}</bdi>").format(name)


@pass_eval_context
def _isolated(context: EvalContext, name: str) -> str:
    return isolated(name) if context.autoescape else f"\u2068{name}\u2069"


@pass_eval_context
def _isolated_in_html(context: EvalContext, name: str) -> str:
    return isolated(name) if context.autoescape else name


def texts(language: str) -> Callable[[str], str]:
    """Return the function that says one of our sentences in a language."""
    from subscribers import languages

    return languages.catalogue(language, templates_dir() / "pages" / "languages").gettext
