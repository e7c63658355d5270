"""Runs templates that a newsroom may have written, in a Jinja sandbox that sees plain values only.

Runs inside the render worker's process. It opens nothing: a template and all it includes come out of one set of
sources that was handed over. No template changes a value, sees an undefined name, or writes without end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.errors import RenderError
from digest.render import plaintext, typography

UNESCAPED = ("text.j2", ".css.j2")
"""Templates of these endings are not HTML; every other one escapes what it prints."""

MAX_LENGTH = 1_000_000
"""Letters or entries that a multiplication in a template may make: a mail is clipped at a tenth of it."""

_MAX_BITS = 4096

_FILTERS: dict[str, Callable[..., Any]] = {
    "tie": typography.tie,
    "wrap": plaintext.wrap,
    "capitals": plaintext.capitals,
}


class Exhausted(Exception):
    """The template used up its time: raised inside it, so that the error knows the line."""


@dataclass(frozen=True, slots=True)
class Source:
    """One template: the file it was read from, and what stands in it."""

    file: str
    text: str


class Environment(ImmutableSandboxedEnvironment):
    """Jinja's immutable sandbox, without the sums that fill a memory or a processor in one step."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Return a product or a power; raises ValueError when it would be far larger than any mail needs."""
        if operator == "**" and _bits(left) * abs(right) > _MAX_BITS:
            raise ValueError(f"a power of more than {_MAX_BITS} bits is not for a mail")
        if operator == "*" and _length(left) * _length(right) > MAX_LENGTH:
            raise ValueError(f"a product of more than {MAX_LENGTH:,} letters or entries is not for a mail")
        return super().call_binop(context, operator, left, right)


def environment(sources: Mapping[str, Source]) -> Environment:
    """Return a sandbox whose templates are the given ones, by name."""

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        found = sources.get(name)
        return (found.text, found.file, lambda: True) if found is not None else None

    made = Environment(
        loader=FunctionLoader(load),
        autoescape=lambda name: not (name or "").endswith(UNESCAPED),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.globals.clear()  # range, lipsum, cycler and the like: no theme needs them, a hostile one would
    del made.filters["random"]  # the same edition gives the same bytes
    made.filters.update(_FILTERS)
    return made


def render(made: Environment, name: str, context: Mapping[str, Any], *, max_bytes: int) -> str:
    """Return the template's output. Raises RenderError with the template's file and line."""
    try:
        return "".join(_limited(made.get_template(name).generate(context), max_bytes))
    except TemplateSyntaxError as problem:
        raise RenderError(f"{problem.filename or name}, line {problem.lineno}: {problem.message}") from problem
    except Exception as problem:  # a template can raise whatever an expression in it can
        error = RenderError(f"{_place(problem, made, name)}: {_explain(problem)}")
        raise error from problem


def _limited(chunks: Iterator[str], max_bytes: int) -> Iterator[str]:
    """Pass the output on; when it grows too large, stop the template at the line that writes it."""
    written = 0
    for chunk in chunks:
        written += len(chunk)
        if written > max_bytes:
            # Thrown into the generator and not raised here, so that the error knows the template's line.
            chunks.throw(ValueError(f"it writes more than {max_bytes:,} bytes"))  # type: ignore[attr-defined]
        yield chunk


def _place(problem: Exception, made: Environment, name: str) -> str:
    """Return the template's file and line an error came from: Jinja puts them into the traceback."""
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(problem.__traceback__)
        if frame.f_code.co_filename.endswith(".j2")
    ]
    return f"{frames[-1][0]}, line {frames[-1][1]}" if frames else name


def _explain(problem: Exception) -> str:
    if isinstance(problem, TemplateNotFound):
        return f"there is no template {problem.name} in the theme and the parts it shares"
    if isinstance(problem, MemoryError):
        return "it needs more memory than a mail may"
    if isinstance(problem, RecursionError):
        return "it calls or includes itself without end"
    return str(problem) if str(problem).strip() else type(problem).__name__


def _bits(value: Any) -> float:
    return max(value.bit_length(), 1) if isinstance(value, int) else 1


def _length(value: Any) -> int:
    """Return how much a factor makes a product grow: a sequence's length, a count's value, 1 for the rest."""
    if isinstance(value, (str, list, tuple)):
        return max(len(value), 1)
    return max(value, 1) if isinstance(value, int) else 1
