"""Blurbs against references people wrote, out of fold, beside lead-3 and sumy's methods; coherence; speed.

``python -m benchmarks summaries [--data DIR] [--json] [--no-peers]`` needs rouge-score and scikit-learn, and sumy for
the peers. All methods see the same sentences (our splitter) and may take three.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import train_summaries as training
from benchmarks.data import as_list, data_folder, mean, median, paired_bootstrap, read_lines
from benchmarks.peers import SUMY, sumy_method
from digest.model import Story
from digest.summarise import guard
from digest.summarise.lead import LeadSummarizer
from digest.summarise.linear import LinearSummarizer, Weights
from digest.text.clean import clean
from digest.text.sentences import split

SENTENCES = 3
NO_LIMIT = 10_000
MEASURES = ("rouge1", "rouge2", "rougeLsum")


def run(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks summaries")
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--pooled", action="store_true", help="Multi-News alone")
    given = parser.parse_args(argv)
    folder = data_folder(given.data)
    report: dict[str, Any] = {}
    if not given.pooled:
        report = measure_single(folder, peers=not given.no_peers)
        report["speed"] = measure_speed(folder)
        report["service_lines"] = measure_service_lines(folder)
    report["multinews"] = measure_pooled(folder, peers=not given.no_peers)
    print(json.dumps(report, indent=None if given.json else 1))
    return 0


def measure_single(folder: Path, *, peers: bool) -> dict[str, Any]:
    """Score every article of both sets with weights fitted on the other folds."""
    examples = [example for name in training.SETS for example in training.load(folder, name)]
    folds = [training.fit([e for e in examples if e.fold != fold]) for fold in range(training.FOLDS)]
    methods: dict[str, Callable[[training.Example], list[int]]] = {
        "lead": lambda example: places(example, LeadSummarizer()),
        "lead3": lambda example: list(range(min(SENTENCES, len(example.read.texts)))),
        "linear": lambda example: places(example, LinearSummarizer(folds[example.fold])),
        "linear_no_guard": lambda example: places(example, _bare(folds[example.fold])),
    }
    if peers:
        methods.update({f"sumy_{name}": _sumy(name) for name in SUMY})
    scores: dict[str, dict[str, list[dict[str, float]]]] = {}
    report: dict[str, Any] = {"sentences": SENTENCES}
    for name, method in methods.items():
        scores[name] = {}
        for each in training.SETS:
            chosen = [(example, method(example)) for example in examples if example.name == each]
            scores[name][each] = [rouge(example, picked) for example, picked in chosen]
            report.setdefault(each, {})[name] = {
                **{m: round(100 * mean([s[m] for s in scores[name][each]]), 2) for m in MEASURES},
                "issues_pct": round(100 * mean([float(bool(_issues(e, picked))) for e, picked in chosen]), 2),
            }
    report["linear_minus_lead3"] = _differences(scores, "linear", "lead3")
    if peers:
        for each in training.SETS:
            best = max(report[each][f"sumy_{name}"]["rouge1"] for name in SUMY)
            report[each]["above_best_sumy"] = round(report[each]["linear"]["rouge1"] - best, 2)
    return report


def _bare(weights: Weights) -> LinearSummarizer:
    return LinearSummarizer(weights, guarded=False, balanced=False)


def places(example: training.Example, summarizer: Any) -> list[int]:
    """Return which sentences a summariser took."""
    made = summarizer.summarise([example.story], max_sentences=SENTENCES, max_words=NO_LIMIT)
    starts = {start: place for place, (start, _) in enumerate(example.read.spans)}
    for sentence in made.sentences:
        if example.story.text[sentence.start : sentence.end] != sentence.text:
            raise AssertionError(f"a sentence is not its span: {sentence}")
    return [starts[sentence.start] for sentence in made.sentences]


def _sumy(name: str) -> Callable[[training.Example], list[int]]:
    method = sumy_method(name)
    return lambda example: method(list(example.read.texts), SENTENCES)


def _issues(example: training.Example, picked: list[int]) -> dict[int, str]:
    return guard.issues(example.read.texts, picked)


def rouge(example: training.Example, picked: Sequence[int]) -> dict[str, float]:
    """Return F1 of the three measures."""
    return rouge_text("\n".join(example.read.texts[i] for i in picked), example.reference)


_SCORERS: dict[str, Any] = {}


def rouge_text(text: str, reference: str) -> dict[str, float]:
    """Return F1 with stemming of two texts whose sentences stand on lines of their own."""
    from rouge_score import rouge_scorer

    scorer = _SCORERS.setdefault("scorer", rouge_scorer.RougeScorer(list(MEASURES), use_stemmer=True))
    return {name: each.fmeasure for name, each in scorer.score(reference, text).items()}


def _differences(scores: dict[str, dict[str, list[dict[str, float]]]], one: str, other: str) -> dict[str, Any]:
    report: dict[str, Any] = {}
    for measure in MEASURES:
        pooled: list[float] = []
        for each in training.SETS:
            pairs = zip(scores[one][each], scores[other][each], strict=True)
            differences = [100 * (a[measure] - b[measure]) for a, b in pairs]
            pooled += differences
            report[f"{each} {measure}"] = [round(value, 2) for value in paired_bootstrap(differences)]
        report[f"pooled {measure}"] = [round(value, 2) for value in paired_bootstrap(pooled)]
    return report


def measure_speed(folder: Path, rounds: int = 5, articles: int = 60) -> dict[str, Any]:
    """Time linear against sumy's LexRank on the same articles, splitting included for both, in turns."""
    texts = [row["text"] for row in read_lines(folder / "summaries" / "cnndm.jsonl.gz")[:articles]]
    lexrank = sumy_method("LexRank")
    linear = LinearSummarizer()
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        start = time.process_time()
        for text in texts:
            linear.summarise([_story(text)], max_sentences=SENTENCES, max_words=NO_LIMIT)
        middle = time.process_time()
        for text in texts:
            lexrank([text[a:b] for a, b in split(text)], SENTENCES)
        ours.append(middle - start)
        theirs.append(time.process_time() - middle)
    return {
        "articles_per_s": round(articles / median(ours), 1),
        "lexrank_articles_per_s": round(articles / median(theirs), 1),
        "times_faster": round(median(theirs) / median(ours), 2),
    }


_SERVICE = re.compile(
    r"sign up|subscribe|newsletter|click here|read more|follow (?:us|@)|share this|all rights reserved|copyright|©"
    r"|(?:contributed to|first (?:appeared|published)) (?:this|in|on|at)|can be reached|^By [A-Z]|\S@\S+\.\w|https?://"
    r"|scroll down|photo(?:graph)?(?: by|:)|editor['’]s note|(?:edit|report)ing by|terms (?:of use|and conditions)",
    re.IGNORECASE,
)
"""Words of service lines, written down for this count alone: the rules that drop such lines do not read them."""


def measure_service_lines(folder: Path) -> dict[str, Any]:
    """Make a default blurb of every story and list the sentences with words of service lines.

    What is listed is to be read by people: a story may be about a newsletter.
    """
    report: dict[str, Any] = {"blurbs": 0, "suspects": []}
    linear = LinearSummarizer()
    for name in ("summaries/cnndm", "summaries/inshorts", "sections/bbc", "sections/reuters_r8"):
        for row in read_lines(folder / f"{name}.jsonl.gz"):
            made = linear.summarise([_story(clean(row["text"]).text)], max_sentences=SENTENCES, max_words=90)
            report["blurbs"] += 1
            report["suspects"] += [s.text for s in made.sentences if _SERVICE.search(s.text)]
    return report


def _story(text: str, place: int = 0) -> Story:
    return Story(id=str(place), source=str(place), key="", headline="", text=text, language="en")


def measure_pooled(folder: Path, *, peers: bool, words: int = 250) -> dict[str, Any]:
    """Blurbs of 250 words over several articles of one event, weights not fitted on this set."""
    rows = read_lines(folder / "summaries" / "multinews.jsonl.gz")
    linear = LinearSummarizer()
    results: dict[str, list[dict[str, float]]] = {"linear_pooled": [], "lead_of_first": []}
    for row in rows:
        stories = [_story(text, place) for place, text in enumerate(as_list(row["docs"]))]
        made = linear.summarise(stories, max_sentences=60, max_words=words)
        results["linear_pooled"].append(_cut([s.text for s in made.sentences], row["summary"], words))
        first = stories[0].text
        results["lead_of_first"].append(_cut([first[a:b] for a, b in split(first)], row["summary"], words))
        if peers:
            joined = [story.text[a:b] for story in stories for a, b in split(story.text)]
            for name, by_rank in (("sumy_LexRank", True), ("sumy_LexRank best 40 in text order", False)):
                ranked = sumy_method("LexRank", by_rank=by_rank)(joined, 40)
                text = [joined[i] for i in ranked]
                results.setdefault(name, []).append(_cut(text, row["summary"], words))
    return {
        name: {m: round(100 * mean([each[m] for each in listed]), 2) for m in MEASURES}
        for name, listed in results.items()
    }


def _cut(sentences: Sequence[str], reference: str, words: int) -> dict[str, float]:
    """Score the first sentences that fit the same budget of words."""
    kept: list[str] = []
    for sentence in sentences:
        if sum(len(each.split()) for each in kept) + len(sentence.split()) > words:
            continue
        kept.append(sentence)
    return rouge_text("\n".join(kept), reference)
