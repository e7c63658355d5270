"""Sections: learned from labelled stories, and from descriptions alone; accuracy over five draws.

``python -m benchmarks sections [--data DIR] [--json]``. Descriptions were written before any figure was seen.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import data_folder, mean, read_lines
from digest.arrange.learn import Described, Learned
from digest.arrange.sections import SectionRule
from digest.model import Story
from digest.text.sentences import split

DRAWS = 5
PER_SECTION = (5, 20, 100)
BBC = (
    SectionRule("business", "Business", "Companies, markets, shares, banks, trade, profits, jobs and the economy"),
    SectionRule("entertainment", "Entertainment", "Films, music, television, celebrities, awards, actors and singers"),
    SectionRule("politics", "Politics", "Government, parliament, parties, ministers, elections, laws and policy"),
    SectionRule("sport", "Sport", "Football, rugby, cricket, tennis, athletics: matches, players, coaches and cups"),
    SectionRule(
        "tech",
        "Technology",
        "Computers, software, internet, mobile phones, games, gadgets and online security",
    ),
)
AG = (
    SectionRule(
        "world",
        "World",
        "International affairs, war, peace, diplomacy, presidents, troops and elections abroad",
    ),
    SectionRule(
        "sports",
        "Sports",
        "Games, teams, players, coaches, leagues, championships, football, baseball, Olympics",
    ),
    SectionRule("business", "Business", "Companies, stocks, oil prices, profits, deals, jobs, banks and the economy"),
    SectionRule(
        "sci/tech",
        "Science and technology",
        "Computers, software, internet, phones, space, research, science",
    ),
)


def run(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks sections")
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    folder = data_folder(given.data) / "sections"
    start = time.process_time()
    bbc, ag = _load(folder / "bbc.jsonl.gz"), _load(folder / "agnews.jsonl.gz")
    report = {
        "bbc full text": learned(bbc),
        "bbc headline and lede": learned([(_lede(story), section) for story, section in bbc]),
        "ag headline and description": learned(ag),
        "reuters r8": learned(_load(folder / "reuters_r8.jsonl.gz"), sizes=(), share=0.7),
        "no labels": {"bbc full text": described(bbc, BBC), "ag": described(ag, AG)},
    }
    report["cpu_s"] = round(time.process_time() - start, 1)
    print(json.dumps(report, indent=None if given.json else 1))
    return 0


def _load(path: Path) -> list[tuple[Story, str]]:
    return [
        (Story(row["id"], "archive", row["id"], row["headline"], row["text"]), row["section"])
        for row in read_lines(path)
    ]


def _lede(story: Story) -> Story:
    spans = split(story.text)[:1]
    text = story.text[spans[0][0] : spans[0][1]] if spans else ""
    return Story(id=story.id, source=story.source, key=story.key, headline=story.headline, text=text)


def learned(rows: list[tuple[Story, str]], sizes: Sequence[int] = PER_SECTION, share: float = 0.0) -> dict[str, Any]:
    """Return accuracy by labelled stories a section, the rest is the test; with 80 % coverage for the largest."""
    report: dict[str, Any] = {}
    for size in sizes:
        results = [_one_draw(rows, size, draw) for draw in range(DRAWS)]
        report[f"{size} a section"] = round(mean([right for right, _ in results]), 4)
        report[f"{size} a section, surest 80 %"] = round(mean([sure for _, sure in results]), 4)
    if share:
        order = random.Random(1).sample(rows, len(rows))
        cut = int(share * len(order))
        report["all"], report["all, surest 80 %"] = (round(x, 4) for x in _accuracy(order[:cut], order[cut:]))
    return report


def _one_draw(rows: list[tuple[Story, str]], size: int, draw: int) -> tuple[float, float]:
    order = random.Random(draw).sample(rows, len(rows))
    taken: dict[str, int] = {}
    train, test = [], []
    for story, section in order:
        if taken.get(section, 0) < size:
            taken[section] = taken.get(section, 0) + 1
            train.append((story, section))
        else:
            test.append((story, section))
    return _accuracy(train, test)


def _accuracy(train: list[tuple[Story, str]], test: list[tuple[Story, str]]) -> tuple[float, float]:
    learner = Learned(train)
    guesses = [(learner.guess(story), section) for story, section in test]
    right = sum(guess.section == section for guess, section in guesses) / len(test)
    surest = sorted(guesses, key=lambda each: -each[0].margin)[: int(0.8 * len(guesses))]
    return right, sum(guess.section == section for guess, section in surest) / len(surest)


def described(rows: list[tuple[Story, str]], rules: Sequence[SectionRule]) -> dict[str, float]:
    """Return accuracy without labels: with descriptions and with titles alone, trained on the stories themselves."""
    stories = [story for story, _ in rows]
    bare = [SectionRule(rule.id, rule.title) for rule in rules]
    report = {}
    for name, used, archive in (
        ("descriptions", rules, stories),
        ("titles alone", bare, stories),
        ("descriptions, no archive", rules, []),
    ):
        learner = Described(used, archive)
        report[name] = round(mean([float(learner.guess(story).section == section) for story, section in rows]), 4)
    return report
