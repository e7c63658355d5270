"""Counts how common words are in a mixed news archive and writes ``digest/arrange/common_words.json``.

Only words and rounded rarities are written, no text: ``python -m benchmarks train_words --data DIR``.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.data import data_folder, read_lines
from digest.text import words

HERE = Path(__file__).resolve().parent.parent
TARGET = HERE / "digest" / "arrange" / "common_words.json"
KEPT = 6000
LEAST_DOCUMENTS = 8
DOCUMENTS_PER_SET = 1000
LEDE = 1000


def run(argv: Sequence[str]) -> int:
    """Count and write; the sets count alike, so that no one of them sets the tone."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks train_words")
    parser.add_argument("--data")
    folder = data_folder(parser.parse_args(argv).data)
    texts = _texts(folder)
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(set(words.content_words(text)))
    total = len(texts)
    kept = sorted((word for word, df in seen.most_common(KEPT) if df >= LEAST_DOCUMENTS))
    groups: dict[int, list[str]] = {}
    for word in kept:
        groups.setdefault(round(10 * math.log((total + 1) / (seen[word] + 0.5))), []).append(word)
    stored = {
        "what": f"ln((N+1)/(df+0.5)) of stems in the first {LEDE} characters of {total} news stories, by rarity",
        "default": round(math.log((total + 1) / 3), 1),
        "idf_times_10": {str(rarity): " ".join(listed) for rarity, listed in sorted(groups.items())},
    }
    TARGET.write_text(json.dumps(stored, indent=0, ensure_ascii=False) + "\n", "utf-8")
    print(f"{TARGET.name}: {len(kept)} words of {total} stories")
    return 0


def _texts(folder: Path) -> list[str]:
    """Take the same number of stories from each set, evenly spread."""
    found: list[str] = []
    for name in ("sections/bbc", "sections/agnews", "sections/reuters_r8"):
        rows = read_lines(folder / f"{name}.jsonl.gz")
        step = max(1, len(rows) // DOCUMENTS_PER_SET)
        found += [f"{row['headline'].capitalize()}\n{row['text'][:LEDE]}" for row in rows[::step]]
    for name in ("summaries/cnndm", "summaries/inshorts", "summaries/xsum"):
        found += [row["text"][:LEDE] for row in read_lines(folder / f"{name}.jsonl.gz")]
    return found
