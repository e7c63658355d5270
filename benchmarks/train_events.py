"""Fits the pair score of ``arrange.pairs`` and writes ``digest/arrange/event_weights.json``.

Pairs come from newsroom-like days over ECB+; thresholds are the lowest whose groups reach the wanted precision, and
the one with the best pair F. scikit-learn is needed here only: ``python -m benchmarks train_events --data DIR``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.data import data_folder
from benchmarks.days import Day, Topics, draw, load_events, load_singles
from benchmarks.groups import Tally, pair_scores
from digest.arrange import events, pairs
from digest.model import Story

TARGET = Path(__file__).resolve().parent.parent / "digest" / "arrange" / "event_weights.json"
DAYS = 8
INNER_FOLDS = 4
TEST_DAYS = 4
REGULARISATION = 0.3
WANTED_PRECISION = 0.95
GRID = tuple(step / 100 for step in range(20, 99))


def run(argv: Sequence[str]) -> int:
    """Fit on all topics, write the weights."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks train_events")
    parser.add_argument("--data")
    folder = data_folder(parser.parse_args(argv).data)
    topics, singles = load_events(folder), load_singles(folder)
    model = train(topics, singles)
    stored = {
        "what": "logistic regression of story pairs on newsroom-like days; figures: python -m benchmarks events",
        "bias": round(model.bias, 3),
        "weights": {name: round(value, 3) for name, value in model.weights.items()},
        "low": model.low,
        "strict": model.strict,
        "hours": model.hours,
    }
    TARGET.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    print(TARGET.read_text("utf-8"))
    return 0


def train(topics: Topics, singles: Sequence[Story]) -> pairs.Model:
    """Fit on all topics; the thresholds come from days of topics that the weights had not seen."""
    names = sorted(topics, key=int)
    days, tests = [], []
    for fold in range(INNER_FOLDS):
        seen = {name: topics[name] for i, name in enumerate(names) if i % INNER_FOLDS != fold}
        unseen = {name: topics[name] for i, name in enumerate(names) if i % INNER_FOLDS == fold}
        model = fit([draw(seen, singles, seed) for seed in range(DAYS)])
        tests += [(draw(unseen, singles, 50 + seed), model) for seed in range(TEST_DAYS)]
    days = [draw(topics, singles, seed) for seed in range(DAYS)]
    return with_thresholds(fit(days), tests)


def fit(days: Sequence[Day]) -> pairs.Model:
    """Fit the weights on every candidate pair of these days."""
    from sklearn.linear_model import LogisticRegression

    shipped = pairs.shipped_model()
    rows: list[list[float]] = []
    labels: list[int] = []
    names: list[str] = []
    for day in [*days, *(each.headlines() for each in days)]:
        same = day.pairs()
        base = pairs.adapt(shipped, day.stories)
        profiles = [pairs.profile(story, base) for story in day.stories]
        for one, other in events.candidates(profiles):
            terms = pairs.features(profiles[one], profiles[other], base)
            if terms["words"] <= events.LEAST_WORDS and terms["names"] <= events.LEAST_NAMES:
                continue
            names = list(terms)
            rows.append(list(terms.values()))
            labels.append(int((one, other) in same))
    fitted = LogisticRegression(C=REGULARISATION, max_iter=2000).fit(rows, labels)
    weights = {name: float(value) for name, value in zip(names, fitted.coef_[0], strict=True)}
    return replace(shipped, bias=float(fitted.intercept_[0]), weights=weights)


def with_thresholds(model: pairs.Model, tests: Sequence[tuple[Day, pairs.Model]]) -> pairs.Model:
    """Choose the low threshold by pair F, and the strict one by precision."""
    tallies = {cut: Tally() for cut in GRID}
    for day, tested in tests:
        scored = events.score(day.stories, replace(tested, strict=1.0))
        for cut in GRID:
            tallies[cut] += pair_scores(events.groups_at(len(day.stories), scored, cut), day.pairs())
    low = max(GRID, key=lambda cut: (tallies[cut].f, -cut))
    strict = next((cut for cut in GRID if cut > low and tallies[cut].precision >= WANTED_PRECISION), GRID[-1])
    return replace(model, low=low, strict=strict)
