"""Reads the YAML that may stand between two lines of dashes at the head of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

LONGEST = 65_536
"""Characters of front matter; more is not written by hand."""

DEEPEST = 8
"""Levels of lists in lists."""

_OPENING = re.compile(r"\A---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)


class FrontMatterError(ValueError):
    """The front matter cannot be read; ``line`` counts from 1 in the file, 0 if no line is to blame."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields as text, lists of text and mappings; the line of each; and the text after them."""

    fields: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)
    body: str = ""


def read_front_matter(text: str) -> FrontMatter:
    """Part a file into front matter and body; raises FrontMatterError.

    Every scalar stays text, so that a headline "No" or "1:30" is not turned into something else. References are
    refused, because a few lines of them can stand for millions.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return FrontMatter({}, body=text)
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise FrontMatterError("the front matter that opens on line 1 is never closed: end it with a line ---", 1)
    raw = text[opening.end() : closing.start()]
    if len(raw) > LONGEST:
        raise FrontMatterError(f"the front matter is longer than {LONGEST} characters", 1)
    fields, lines = _load(raw)
    return FrontMatter(fields, lines, text[closing.end() :])


def _load(raw: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        for token in yaml.scan(raw, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                raise FrontMatterError("YAML references (*name) are not read", token.start_mark.line + 2)
        node = yaml.compose(raw, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 2 if mark is not None else 0
        raise FrontMatterError(f"the front matter is no valid YAML: {error.problem or error.context}", line) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else "nested too deep"
        raise (
            error
            if isinstance(error, FrontMatterError)
            else FrontMatterError(f"the front matter is no valid YAML: {reason[:200]}")
        ) from error
    if node is None:
        return {}, {}
    if not isinstance(node, yaml.MappingNode):
        raise FrontMatterError("the front matter must be lines of the form name: value", 2)
    fields: dict[str, Any] = _value(node, 0)
    return fields, {str(key.value): key.start_mark.line + 2 for key, _ in node.value}


def _value(node: yaml.Node, depth: int) -> Any:
    """Turn a node into text, a list or a mapping."""
    line = node.start_mark.line + 2
    if depth > DEEPEST:
        raise FrontMatterError("the front matter is nested too deep", line)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, depth + 1) for item in node.value]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise FrontMatterError("a field's name must be plain text", key.start_mark.line + 2)
        if key.value in found:
            raise FrontMatterError(f"{key.value}: is given twice", key.start_mark.line + 2)
        found[key.value] = _value(value, depth + 1)
    return found
