"""Near-copies: recall by kind of edit, false merges of recurring series, memory and speed beside datasketch's MinHash.

``python -m benchmarks copies [--data DIR] [--stories 10000] [--json]``. Edits are planted in published stories; a pair
counts as found when both end in one group. Memory is what grouping adds to a process that holds the stories.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.data import data_folder, median, read_lines
from digest.arrange import copies
from digest.model import Story
from digest.text.sentences import split
from digest.text.words import plain_words

EDITED = 300
LEAST_WORDS = 80
ROUNDS = 5
THRESHOLD = 0.5

Edit = Callable[[list[str], random.Random, list[str]], list[str]]


def run(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks copies")
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--memory-only", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    folder = data_folder(given.data)
    if given.memory_only:
        print(_memory_mb(folder, given.stories))
        return 0
    report = {
        "recall": measure_recall(folder),
        "recurring series": measure_series(folder),
        "natural groups": measure_natural(folder),
        "memory_mb": _memory_of_child(folder, given.stories),
        "cpu_s": measure_speed(folder, given.stories),
    }
    print(json.dumps(report, indent=None if given.json else 1))
    return 0


def load(folder: Path) -> list[Story]:
    """Return long stories of all sets, in a fixed order."""
    found: list[Story] = []
    for name in ("sections/bbc", "sections/reuters_r8", "summaries/cnndm", "summaries/inshorts"):
        for row in read_lines(folder / f"{name}.jsonl.gz"):
            if len(row["text"].split()) >= LEAST_WORDS:
                found.append(_story(f"{name}/{len(found)}", row.get("headline") or row.get("title") or "", row["text"]))
    return found


def _story(story_id: str, headline: str, text: str) -> Story:
    return Story(id=story_id, source=story_id, key=story_id, headline=headline, text=text, language="en")


def many(folder: Path, size: int) -> list[Story]:
    """Return as many different stories as asked: beyond the stock, sentences of two are shuffled together."""
    stock = load(folder)
    chance = random.Random(1)
    found = list(stock[:size])
    while len(found) < size:
        one, other = chance.sample(stock, 2)
        sentences = [story.text[a:b] for story in (one, other) for a, b in split(story.text)]
        words = " ".join(chance.sample(sentences, len(sentences))).split()
        found.append(_story(f"made/{len(found)}", one.headline, " ".join(chance.sample(words, len(words)))))
    return found


def _trim(sentences: list[str], chance: random.Random, other: list[str]) -> list[str]:
    return sentences[: max(2, int(0.6 * len(sentences)))]


def _relead(sentences: list[str], chance: random.Random, other: list[str]) -> list[str]:
    return [other[0], *sentences[1:]]


def _house_style(sentences: list[str], chance: random.Random, other: list[str]) -> list[str]:
    changes = ((r"\bMr\.? ", ""), (r" percent\b| per cent\b", "%"), (r"\bsaid\b", "says"), (r"[“”\"]", "'"))
    changed = []
    for sentence in sentences:
        for pattern, put in changes:
            sentence = re.sub(pattern, put, sentence)
        changed.append(sentence)
    return changed


def _insert(sentences: list[str], chance: random.Random, other: list[str]) -> list[str]:
    places = sorted(chance.sample(range(1, len(sentences) + 1), min(3, len(sentences))))
    mixed = list(sentences)
    for shift, place in enumerate(places):
        mixed.insert(place + shift, other[shift % len(other)])
    return mixed


def _heavy(sentences: list[str], chance: random.Random, other: list[str]) -> list[str]:
    """Cut a fifth, swap two neighbours, add a sentence, and change a word in fifteen."""
    kept = [each for each in sentences if chance.random() > 0.2] or sentences
    if len(kept) > 2:
        place = chance.randrange(len(kept) - 1)
        kept[place], kept[place + 1] = kept[place + 1], kept[place]
    words = [[("also" if chance.random() < 1 / 15 else word) for word in each.split()] for each in [*kept, other[0]]]
    return [" ".join(each) for each in words]


EDITS: dict[str, Edit] = {
    "copy": lambda sentences, chance, other: sentences,
    "headline": lambda sentences, chance, other: sentences,
    "trim": _trim,
    "new lead": _relead,
    "house style": _house_style,
    "insert": _insert,
    "heavy": _heavy,
}


def measure_recall(folder: Path) -> dict[str, float]:
    """Plant one edit of each kind in each story, among all others, and count the pairs that come together."""
    chance = random.Random(5)
    stock = [story for story in load(folder) if len(split(story.text)) >= 6]
    chosen = chance.sample(stock, EDITED)
    report = {}
    for kind, edit in EDITS.items():
        edited = []
        for story in chosen:
            other = chance.choice(stock)
            parts = [[each.text[a:b] for a, b in split(each.text)] for each in (story, other)]
            headline = other.headline if kind == "headline" else story.headline
            edited.append(_story(f"{story.id} edited", headline, " ".join(edit(list(parts[0]), chance, parts[1]))))
        groups, _ = copies.group([*stock, *edited])
        home = {place: number for number, group in enumerate(groups) for place in group.places}
        places = {story.id: place for place, story in enumerate(stock)}
        found = sum(home[places[s.id]] == home[len(stock) + i] for i, s in enumerate(chosen))
        report[kind] = round(found / len(chosen), 4)
    return report


def measure_series(folder: Path) -> dict[str, int]:
    """Count merges of issues of one series: the same words with other figures, another month or another weekday."""
    stock = [s for s in load(folder) if len(re.findall(r"\d+", f"{s.headline} {s.text[:600]}")) >= 4][:EDITED]
    chance = random.Random(9)

    def other_figures(text: str) -> str:
        return re.sub(r"\d+", lambda match: str(int(match.group()) * 3 + chance.randint(1, 9)), text)

    again = [replace(s, headline=other_figures(s.headline), text=other_figures(s.text)) for s in stock]
    merged = sum(copies.compare(one, other).same for one, other in zip(stock, again, strict=True))
    report = {"figures": len(stock), "figures merged": merged}
    for name, pair in (("month", ("February", "March")), ("weekday", ("Monday", "Thursday"))):
        texts = [_CALENDAR.sub("", story.text) for story in stock]
        issues = [[_story(day, "", f"The {day} report. {text}") for day in pair] for text in texts]
        report[f"{name} merged"] = sum(copies.compare(one, other).same for one, other in issues)
    return report


_CALENDAR = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)


def measure_natural(folder: Path) -> dict[str, int]:
    """Count how many pairs of naturally occurring copies come together; some of these are series or follow-ups."""
    rows = read_lines(folder / "events" / "natural_copies.jsonl.gz")
    stories = [_story(f"{i}", row["headline"], row["text"]) for i, row in enumerate(rows)]
    groups, _ = copies.group(stories)
    found = {pair for group in groups for pair in combinations(sorted(group.places), 2)}
    wanted = {(i, j) for i, j in combinations(range(len(rows)), 2) if rows[i]["group"] == rows[j]["group"]}
    return {"pairs": len(wanted), "found": len(found & wanted), "others": len(found - wanted)}


def _memory_of_child(folder: Path, size: int) -> float:
    command = [sys.executable, "-m", "benchmarks", "copies", "--memory-only", "--stories", str(size)]
    ran = subprocess.run([*command, "--data", str(folder)], capture_output=True, text=True, check=True)
    return float(ran.stdout)


def _memory_mb(folder: Path, size: int) -> float:
    stories = many(folder, size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    copies.group(stories)
    return round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, 1)


def measure_speed(folder: Path, size: int) -> dict[str, Any]:
    """Group stories with ours and with datasketch's MinHash, in turns."""
    stories = many(folder, size)
    ours: list[float] = []
    theirs: list[float] = []
    rounds = ROUNDS if size <= 2000 else 1
    for _ in range(rounds):
        start = time.process_time()
        copies.group(stories)
        middle = time.process_time()
        _minhash(stories)
        ours.append(middle - start)
        theirs.append(time.process_time() - middle)
    return {
        "stories": size,
        "rounds": rounds,
        "ours": round(median(ours), 2),
        "datasketch": round(median(theirs), 2),
        "times_faster": round(median(theirs) / median(ours), 2),
    }


def _minhash(stories: Sequence[Story]) -> int:
    """Group with MinHash and LSH as datasketch's documentation does: 128 permutations, the same shingles."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    found = 0
    for story in stories:
        words = plain_words(story.text)
        runs = {" ".join(words[i : i + copies.SHINGLE_WORDS]).encode() for i in range(len(words))}
        sketch = MinHash(num_perm=128)
        sketch.update_batch(list(runs))
        found += bool(index.query(sketch))
        index.insert(story.id, sketch)
    return found
