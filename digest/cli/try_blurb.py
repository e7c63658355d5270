"""``digest try blurb``: the sentences a summariser takes, with where they stand in the text that was given."""

from __future__ import annotations

import argparse
from typing import Any

from digest import summarise
from digest.cli.try_lines import Lines, story_of, where, words_of
from digest.cli.trying import Put
from digest.errors import UsageError
from digest.model import Blurb, Origin, Story
from digest.protocols import Summarizer
from digest.text.clean import mask
from digest.text.sentences import split
from digest.text.words import count_words

HELP = "summarise: {id, headline, text} or {id, documents: [{headline, text}]} lines"
SENTENCES, WORDS = 3, 90
NO_LIMIT = 100_000


def options(parser: argparse.ArgumentParser) -> None:
    """Add the stage's options."""
    parser.add_argument("--sentences", type=int, help=f"at most; {SENTENCES} unless --words is given")
    parser.add_argument("--words", type=int, help=f"at most; {WORDS} unless --sentences is given")
    parser.add_argument("--summarizer", default="linear", help=f"one of {', '.join(summarise.NAMES)}, endpoint")


def run(given: argparse.Namespace, text: str, put: Put) -> int:
    """Summarise every line."""
    sentences, words = _limits(given.sentences, given.words)
    summarizer = _summarizer(given.summarizer)
    lines = Lines(text)
    for record in lines:
        try:
            texts, stories = _stories(record)
        except UsageError as error:
            lines.tell(error)
            continue
        made = summarizer.summarise(stories, max_sentences=sentences, max_words=words)
        put(_record(record, texts, made))
    return lines.code()


def _summarizer(name: str) -> Summarizer:
    """Make the summariser; the endpoint's address and model are those of digest.toml."""
    if name == "endpoint":
        from digest.cli.opening import config_path, warn
        from digest.settings import load
        from digest.summarise.endpoint import open_endpoint

        return open_endpoint(load(config_path()), summarise.make("linear"), warn)
    try:
        return summarise.make(name)
    except ValueError as error:
        raise UsageError(f"--summarizer: {error}, endpoint.") from error


def _limits(sentences: int | None, words: int | None) -> tuple[int, int]:
    """Return both limits: what is given alone stands alone."""
    for option, value in (("--sentences", sentences), ("--words", words)):
        if value is not None and value < 1:
            raise UsageError(f"{option} {value}: write a number from 1.")
    if sentences is None and words is None:
        return SENTENCES, WORDS
    return sentences or NO_LIMIT, words or NO_LIMIT


def _stories(record: dict[str, Any]) -> tuple[list[str], list[Story]]:
    """Return the texts as given, and the stories whose texts have their service lines blanked."""
    documents = record.get("documents", [record])
    if not isinstance(documents, list) or not documents or not all(isinstance(each, dict) for each in documents):
        raise UsageError(f"{where(record)}: 'documents' must be a list of {{headline, text}}.")
    listed = [each | {"": record[""]} for each in documents]
    texts = [words_of(each, "text", needed=True) for each in listed]
    bodies = [mask(text, headline=words_of(each, "headline")) for each, text in zip(listed, texts, strict=True)]
    stories = [story_of(each, str(place), bodies[place]) for place, each in enumerate(listed)]
    return texts, stories


def _record(record: dict[str, Any], texts: list[str], made: Blurb) -> dict[str, Any]:
    if made.origin is Origin.ENDPOINT:
        whole = [made.text[start:end] for start, end in split(made.text)]
        sentences = [{"document": None, "text": each, "start": None, "end": None} for each in whole]
        return {"id": record.get("id"), "sentences": sentences, "words": count_words(made.text), **_about(made)}
    spans = [(int(each.story_id), each.start, each.end) for each in made.sentences]
    taken: list[dict[str, Any]] = [{"document": d, "text": texts[d][a:b], "start": a, "end": b} for d, a, b in spans]
    return {
        "id": record.get("id"),
        "sentences": taken,
        "words": sum(count_words(each["text"]) for each in taken),
        **_about(made),
    }


def _about(made: Blurb) -> dict[str, Any]:
    return {"method": made.method, "notes": list(made.notes)}
