"""Runs templates that a newsroom may have written, in a sandbox that sees plain values only.

Everything a template can reach goes through ``render_template``, so that the sandbox can move into a process of its
own. No template reads a file outside its folders, calls a method that changes a value, or sees an undefined name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from traceback import extract_tb
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.errors import RenderError
from digest.render import plaintext, typography

SUFFIX = ".j2"
_UNESCAPED = ("text.j2", ".css.j2")
"""Templates of these endings are not HTML; every other one escapes what it prints."""

_CACHED_ENVIRONMENTS = 16

_FILTERS: dict[str, Callable[..., Any]] = {
    "tie": typography.tie,
    "wrap": plaintext.wrap,
    "capitals": plaintext.capitals,
}


def templates_dir() -> Path:
    """Return the folder of bundled templates: inside the installed package, else the checkout's."""
    installed = Path(str(files("digest"))) / "templates"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "templates"


def render_template(folders: Sequence[Path], name: str, context: Mapping[str, Any]) -> str:
    """Return the template's output; it and what it includes are looked up in the folders, first one first.

    Values are escaped for HTML except in text and style sheet templates. Raises RenderError with the template's
    file and line.
    """
    environment = _environment(tuple(folders))
    try:
        return environment.get_template(name).render(context)
    except TemplateNotFound as problem:
        looked = ", ".join(str(folder) for folder in folders)
        raise RenderError(f"There is no template {problem.name} in {looked}.") from problem
    except TemplateSyntaxError as problem:
        raise RenderError(f"{problem.filename or name}, line {problem.lineno}: {problem.message}") from problem
    except Exception as problem:  # a template can raise whatever an expression in it can
        raise RenderError(f"{_place(problem, name)}: {_explain(problem)}") from problem


@lru_cache(maxsize=_CACHED_ENVIRONMENTS)
def _environment(folders: tuple[Path, ...]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=lambda name: not (name or "").endswith(_UNESCAPED),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.globals.clear()  # range, lipsum, cycler and the like: no theme needs them, a hostile one would
    environment.filters.update(_FILTERS)
    return environment


def _place(problem: Exception, name: str) -> str:
    """Return the template's file and line an error came from: Jinja puts them into the traceback."""
    frames = [frame for frame in extract_tb(problem.__traceback__) if frame.filename.endswith(SUFFIX)]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else name


def _explain(problem: Exception) -> str:
    return str(problem) if str(problem).strip() else type(problem).__name__
