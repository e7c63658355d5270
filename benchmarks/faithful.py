"""Faithfulness checks: how many planted faults they catch, and how often they alarm on untouched extracts.

``python -m benchmarks faithful [--data DIR] [--skip N] [--json]``: a fault is planted in a sentence of a blurb.
The untouched blurbs are also checked against a source whose sentences are cut differently, so that equality with a
whole sentence does not answer for the checks.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import data_folder, read_lines
from digest.model import Story
from digest.summarise.faithful import CHECKS, Source, check
from digest.summarise.linear import LinearSummarizer
from digest.text.words import MONTHS, WEEKDAYS

BLURBS = 300
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?:['’]s)?\b")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|will|would|could|should|has|have|had|can|did|does|must)\b(?! not)(?!n['’]t)"
)
_QUOTED = re.compile(r"[\"“]([^\"“”]*)[\"”]")
LEAST_QUOTATION = 20
_SAID_AFTER = re.compile(
    r",? (?:[A-Z][\w’'.-]*(?: [\w’'.-]+){0,4} (?:said|says|added)|(?:said|says) [A-Z][^,.]*?)(?=\.?$)"
)
_SAID_BEFORE = re.compile(
    r"^(?:[A-Z][\w’'.,-]*(?: [\w’'.,-]+){0,8} )(?:said|says|told \w+|claimed|alleged) "
    r"(?:that )?(?=[a-z])"
)
_ACCORDING = re.compile(r",? according to [^,.]+(?=[,.])", re.IGNORECASE)


def run(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks faithful")
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--skip", type=int, default=0, help="stories passed over first: the rules were set on the first"
    )
    given = parser.parse_args(argv)
    report = measure(data_folder(given.data), given.skip)
    print(json.dumps(report, indent=None if given.json else 1))
    return 0


def measure(folder: Path, skip: int = 0) -> dict[str, Any]:
    """Plant one fault of each kind in every blurb that has room for it."""
    rows = read_lines(folder / "summaries" / "cnndm.jsonl.gz")[skip : skip + BLURBS // 2]
    rows += read_lines(folder / "summaries" / "inshorts.jsonl.gz")[skip : skip + BLURBS // 2]
    chance = random.Random(3)
    planted: dict[str, list[bool]] = {name: [] for name in _FAULTS}
    alarms = dict.fromkeys(("any", *CHECKS), 0)
    names = sorted({name for row in rows for name in _names(row["text"])})
    for row in rows:
        story = Story(id="s", source="s", key="s", headline=row.get("title", ""), text=row["text"], language="en")
        made = LinearSummarizer().summarise([story], max_sentences=3, max_words=120)
        source = Source((story.headline, story.text))
        _count_alarms(alarms, " ".join(s.text for s in made.sentences), source)
        sentences = [sentence.text for sentence in made.sentences]
        for fault, plant in _FAULTS.items():
            broken = _plant(sentences, lambda text, plant=plant, source=source: plant(text, chance, source, names))
            if broken is not None:
                planted[fault].append(any(finding.check == fault for finding in check(broken, source)))
    return {
        "blurbs": len(rows),
        "caught_pct": {name: round(100 * sum(caught) / max(1, len(caught)), 1) for name, caught in planted.items()},
        "planted": {name: len(caught) for name, caught in planted.items()},
        "false_alarms_pct": {name: round(100 * count / len(rows), 2) for name, count in alarms.items()},
    }


def _count_alarms(alarms: dict[str, int], text: str, source: Source) -> None:
    """Check without the short cut for whole sentences."""
    bare = Source(source.texts)
    object.__setattr__(bare, "__dict__", {**bare.__dict__, "known": frozenset()})
    kinds = {finding.check for finding in check(text, bare)}
    for kind in kinds:
        alarms[kind] += 1
    alarms["any"] += bool(kinds)


def _plant(sentences: Sequence[str], change: Callable[[str], str | None]) -> str | None:
    for place, sentence in enumerate(sentences):
        changed = change(sentence)
        if changed is not None and changed != sentence:
            return " ".join([*sentences[:place], changed, *sentences[place + 1 :]])
    return None


def _names(text: str) -> list[str]:
    calendar = {word.capitalize() for word in (*MONTHS, *WEEKDAYS)}
    return [name for name in _NAME.findall(text) if name not in calendar and "'" not in name and "’" not in name]


def _numbers(text: str, chance: random.Random, source: Source, names: Sequence[str]) -> str | None:
    found = re.search(r"\b\d+\b", text)
    if found is None:
        return None
    other = str(int(found.group()) + chance.randint(1, 9))
    while other in source.numbers:
        other = str(int(other) + 1)
    return text[: found.start()] + other + text[found.end() :]


def _swap_name(text: str, chance: random.Random, source: Source, names: Sequence[str]) -> str | None:
    found = next((match for match in _NAME.finditer(text) if match.group() in names), None)
    if found is None:
        return None
    return text[: found.start()] + chance.choice(names) + text[found.end() :]


def _negate(text: str, chance: random.Random, source: Source, names: Sequence[str]) -> str | None:
    found = list(_AUXILIARY.finditer(text))
    if not found:
        return None
    match = chance.choice(found)
    return f"{text[: match.end()]} not{text[match.end() :]}"


def _drop_quoted(text: str, chance: random.Random, source: Source, names: Sequence[str]) -> str | None:
    # Every quotation is paired, short ones too: else what stands between two of them would be taken for one.
    found = next((match for match in _QUOTED.finditer(text) if len(match[1]) >= LEAST_QUOTATION), None)
    if found is None:
        return None
    words = found.group(1).split()
    inside = chance.randrange(1, max(2, len(words) - 1))
    kept = " ".join(words[:inside] + words[inside + 1 :])
    return text[: found.start(1)] + kept + text[found.end(1) :]


def _unattribute(text: str, chance: random.Random, source: Source, names: Sequence[str]) -> str | None:
    for pattern in (_SAID_AFTER, _SAID_BEFORE, _ACCORDING):
        cut = pattern.sub("", text, count=1).strip()
        if cut != text and len(cut.split()) >= 5:
            return cut[0].upper() + cut[1:]
    return None


_FAULTS: dict[str, Callable[[str, random.Random, Source, Sequence[str]], str | None]] = {
    "numbers": _numbers,
    "names": _swap_name,
    "negation": _negate,
    "quotations": _drop_quoted,
    "attribution": _unattribute,
}
