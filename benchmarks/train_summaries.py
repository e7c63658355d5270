"""Fits the sentence model and writes ``digest/summarise/sentence_weights.json`` with the figures it reached.

Labels are the greedy oracle's (sentences that raise ROUGE-1 + ROUGE-2 most); logistic regression, classes and both
sets weighed alike. scikit-learn is needed here only: ``python -m benchmarks train_summaries --data DIR``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.data import as_list, data_folder, read_lines
from digest.model import Story
from digest.summarise import document, features
from digest.summarise.linear import Weights
from digest.text.words import plain_words

TARGET = Path(__file__).resolve().parent.parent / "digest" / "summarise" / "sentence_weights.json"
FOLDS = 5
LABELLED = 3
LEAST_SENTENCES = 4
SETS = ("cnndm", "inshorts")


@dataclass(frozen=True)
class Example:
    """One article with its reference, read once."""

    name: str
    fold: int
    story: Story
    reference: str
    read: document.Document


def run(argv: Sequence[str]) -> int:
    """Fit on everything, write the weights."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks train_summaries")
    parser.add_argument("--data")
    folder = data_folder(parser.parse_args(argv).data)
    weights = fit([example for name in SETS for example in load(folder, name)])
    stored: dict[str, Any] = {
        "what": "logistic regression of sentences in the greedy ROUGE oracle; figures: python -m benchmarks summaries",
        "bias": round(weights.bias, 3),
        "weights": {name: round(value, 3) for name, value in zip(features.NAMES, weights.values, strict=True)},
    }
    TARGET.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    print(TARGET.read_text("utf-8"))
    return 0


def load(folder: Path, name: str) -> list[Example]:
    """Read one set; the fold of an article is its place modulo five."""
    found = []
    for place, row in enumerate(read_lines(folder / "summaries" / f"{name}.jsonl.gz")):
        reference = "\n".join(as_list(row["highlights"])) if "highlights" in row else row["summary"]
        story = Story(id=str(place), source=name, key=str(place), headline=row.get("title", ""), text=row["text"],
                      language="en")  # fmt: skip
        found.append(Example(name, place % FOLDS, story, reference, document.read(story)))
    return found


def fit(examples: Sequence[Example]) -> Weights:
    """Fit one set of weights on these articles."""
    from sklearn.linear_model import LogisticRegression

    rows: list[list[float]] = []
    labels: list[int] = []
    sets: list[str] = []
    for example in examples:
        if len(example.read.texts) < LEAST_SENTENCES:
            continue
        best = oracle(example)
        rows += features.table(example.read)
        labels += [int(i in best) for i in range(len(example.read.texts))]
        sets += [example.name] * len(example.read.texts)
    sizes = Counter(zip(sets, labels, strict=True))
    share = [1.0 / sizes[key] for key in zip(sets, labels, strict=True)]
    scale = len(rows) / sum(share)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(rows, labels, sample_weight=[scale * each for each in share])
    return Weights(float(model.intercept_[0]), tuple(float(each) for each in model.coef_[0]))


def oracle(example: Example) -> set[int]:
    """Return the sentences that, taken one by one, raise ROUGE-1 + ROUGE-2 most; three at most."""
    wanted = [_grams(example.reference, size) for size in (1, 2)]
    grams = [[_grams(text, size) for size in (1, 2)] for text in example.read.texts]
    chosen: set[int] = set()
    reached = 0.0
    have = [Counter[str](), Counter[str]()]
    while len(chosen) < LABELLED:
        values = [
            (sum(_f1(have[k] + grams[i][k], wanted[k]) for k in (0, 1)), -i)
            for i in range(len(grams))
            if i not in chosen
        ]
        value, place = max(values, default=(0.0, 0))
        if value <= reached:
            break
        reached, chosen = value, chosen | {-place}
        have = [have[k] + grams[-place][k] for k in (0, 1)]
    return chosen


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    from nltk.stem.porter import PorterStemmer

    return str(PorterStemmer().stem(word)) if len(word) > 3 else word


def _grams(text: str, size: int) -> Counter[str]:
    words = [_stem(word) for word in plain_words(text)]
    return Counter(" ".join(words[i : i + size]) for i in range(len(words) - size + 1))


def _f1(have: Counter[str], wanted: Counter[str]) -> float:
    common = sum((have & wanted).values())
    return 2 * common / (have.total() + wanted.total()) if common else 0.0
