"""Find the bundled templates, in an installed wheel and in a checkout alike, and read the readers' pages."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


def templates_dir() -> Path:
    """Return the folder that holds ``pages/``: the package's own if it has one, else the checkout's."""
    installed = Path(str(files("subscribers"))) / "templates"
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent / "templates"


@cache
def pages() -> Environment:
    """Return the environment of the readers' pages and of the mails that go with them.

    Everything is escaped but in ``.txt`` templates; a name that a template does not get is an error.
    """
    return Environment(
        loader=FileSystemLoader(templates_dir() / "pages"),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
