"""Event groups on newsroom-like days, out of fold by topic; the traps; speed.

``python -m benchmarks events [--data DIR] [--json]`` needs scikit-learn (for the folds).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import data_folder, mean, read_lines
from benchmarks.days import Day, draw, load_events, load_singles
from benchmarks.groups import Tally, pair_scores
from benchmarks.train_events import train
from digest.arrange import clusters, events, pairs
from digest.model import Story

FOLDS = 3
TEST_DAYS = 4


def run(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks events")
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    folder = data_folder(given.data)
    report = {**measure_days(folder), "traps": measure_traps(folder), "cpu_s": measure_speed(folder)}
    print(json.dumps(report, indent=None if given.json else 1))
    return 0


def measure_days(folder: Path) -> dict[str, Any]:
    """Train on two thirds of the topics and test on days of the others, three times."""
    topics, singles = load_events(folder), load_singles(folder)
    names = sorted(topics, key=int)
    likely: list[Tally] = []
    strict: list[Tally] = []
    for fold in range(FOLDS):
        training = {name: topics[name] for i, name in enumerate(names) if i % FOLDS != fold}
        testing = {name: topics[name] for i, name in enumerate(names) if i % FOLDS == fold}
        model = train(training, singles[::2])
        for seed in range(TEST_DAYS):
            day = draw(testing, singles[1::2], 100 + seed)
            low, high = _test(day, model)
            likely.append(low)
            strict.append(high)
    return {
        "days": len(likely),
        "stories_on_the_last_day": len(day.stories),
        "likely": {**sum(likely, Tally()).as_dict(), "mean_f": round(mean([each.f for each in likely]), 4)},
        "merged": {**sum(strict, Tally()).as_dict(), "pairs": sum(each.found for each in strict)},
    }


def _test(day: Day, model: pairs.Model) -> tuple[Tally, Tally]:
    scored = events.score(day.stories, model)
    size, wanted = len(day.stories), day.pairs()
    return (
        pair_scores(events.groups_at(size, scored, model.low), wanted),
        pair_scores(events.groups_at(size, scored, model.strict), wanted),
    )


def measure_traps(folder: Path) -> dict[str, Any]:
    """Group each trap's headlines with the shipped weights."""
    report = {}
    for trap in read_lines(folder / "events" / "traps.jsonl"):
        stories = [
            Story(id=f"{i}", source=f"outlet {i}", key=f"{i}", headline=headline, text="")
            for i, headline in enumerate(trap["headlines"])
        ]
        made = clusters.group(stories)
        report[trap["trap"]] = {
            "wanted": trap["relation"],
            "merged": [[story.id for story in each.stories] for each in made.clusters if len(each.stories) > 1],
            "possible": [[story.id for story in each.stories] for each in made.possible],
        }
    return report


def measure_speed(folder: Path) -> dict[str, float]:
    """Return CPU seconds to group days of growing size."""
    rows = read_lines(folder / "sections" / "reuters_r8.jsonl.gz") + read_lines(folder / "sections" / "agnews.jsonl.gz")
    stories = [
        Story(id=f"{i}", source="wire", key=f"{i}", headline=row["headline"].capitalize(), text=row["text"])
        for i, row in enumerate(rows)
    ]
    report = {}
    for size in (500, 2000, 8000):
        start = time.process_time()
        clusters.cluster(stories[:size])
        report[f"{size} stories"] = round(time.process_time() - start, 2)
    return report
