"""``digest try clean``: which lines of a text are no part of the story, and by which rule."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from digest.cli.try_lines import Lines, words_of
from digest.cli.trying import Put
from digest.errors import UsageError
from digest.text.clean import clean

HELP = "take service lines out of a story's text: plain text of one story, or {id, text} lines"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the stage's options."""
    parser.add_argument("--headline", default="", help="the headline of a plain text; its repetition is dropped")


def run(given: argparse.Namespace, text: str, put: Put) -> int:
    """Clean every story."""
    if not _is_lines(text):
        put(_cleaned(None, text, given.headline))
        return 0
    lines = Lines(text)
    for record in lines:
        try:
            body = words_of(record, "text", needed=True)
            put(_cleaned(record.get("id"), body, words_of(record, "headline")))
        except UsageError as error:
            lines.tell(error)
    return lines.code()


def _is_lines(text: str) -> bool:
    """Tell whether the input is JSON lines: its first line is an object. Prose may begin with a brace, too."""
    first = text.lstrip().split("\n", 1)[0]
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return first.startswith('{"')


def _cleaned(story_id: Any, text: str, headline: str) -> dict[str, Any]:
    result = clean(text, headline=headline)
    return {
        "id": story_id,
        "text": result.text,
        "dropped": [asdict(line) for line in result.dropped],
        "notes": [*result.corrections, *result.notes],
        "byline": result.byline,
        "credit": result.credit,
    }
