"""Finds and reads the measurement data, and the small statistics every benchmark prints."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def data_folder(given: str | None) -> Path:
    """Return the folder named on the command line, else by DIGEST_DATA; exits with what to do if there is none."""
    named = given or os.environ.get("DIGEST_DATA", "")
    if not named or not Path(named).is_dir():
        raise SystemExit(f"No measurement data at {named or '(nowhere)'}: give --data DIR or set DIGEST_DATA.")
    return Path(named)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines, compressed or not."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def as_list(value: Any) -> list[Any]:
    """Return a list that may have been stored as its own written form."""
    if isinstance(value, str):
        import ast

        return list(ast.literal_eval(value))
    return list(value)


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 for nothing."""
    return sum(values) / len(values) if values else 0.0


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def paired_bootstrap(differences: Sequence[float], draws: int = 2000, seed: int = 7) -> tuple[float, float, float]:
    """Return the mean of paired differences with its 95 % bootstrap interval (mean, low, high)."""
    chance = random.Random(seed)
    size = len(differences)
    means = sorted(sum(chance.choices(differences, k=size)) / size for _ in range(draws))
    return mean(differences), means[int(0.025 * draws)], means[int(0.975 * draws)]
