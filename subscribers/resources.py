"""Find the bundled templates, in an installed wheel and in a checkout alike, and read the readers' pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

ENGLISH = "en"


def templates_dir() -> Path:
    """Return the folder that holds ``pages/``: the package's own if it has one, else the checkout's."""
    installed = Path(str(files("subscribers"))) / "templates"
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent / "templates"


@cache
def pages(language: str = ENGLISH) -> Environment:
    """Return the environment of the readers' pages and of the mails that go with them, in one language.

    Everything is escaped but in ``.txt`` templates; a name that a template does not get is an error.
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
    return environment


def texts(language: str) -> Callable[[str], str]:
    """Return the function that says one of our sentences in a language."""
    from subscribers import languages

    return languages.catalogue(language, templates_dir() / "pages" / "languages").gettext
