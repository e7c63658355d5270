"""Newsroom-like days to judge event groups by: a few events with several accounts among many single stories."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.data import as_list, read_lines
from digest.model import Story
from digest.text.sentences import split

SINGLES = 150
ACCOUNTS = 110
MOST_OF_AN_EVENT = 12
LINE_WORDS = 16


@dataclass(frozen=True)
class Day:
    """Stories of one day with the event each tells of; a single story's event is its own id."""

    stories: tuple[Story, ...]
    events: tuple[str, ...]

    def pairs(self) -> set[tuple[int, int]]:
        """Return the places of two stories of one event."""
        size = len(self.stories)
        return {(i, j) for i in range(size) for j in range(i + 1, size) if self.events[i] == self.events[j]}

    def headlines(self) -> Day:
        """Return the same day with nothing but a line of each story."""
        short = (replace(story, headline=_first_line(story.text), text="") for story in self.stories)
        return Day(tuple(short), self.events)


Topics = dict[str, list[tuple[str, Story]]]


def load_events(folder: Path) -> Topics:
    """Return the accounts of ECB+ by topic: (event, story). Its texts have no headline: the first sentence is."""
    topics: Topics = {}
    for row in read_lines(folder / "events" / "ecb_plus.jsonl.gz"):
        topics.setdefault(row["topic"], []).append((row["event"], _story(row["id"], "", row["text"])))
    return topics


def load_singles(folder: Path) -> list[Story]:
    """Return stories that tell of different events, each cut to two sentences like the accounts."""
    singles = []
    for row in read_lines(folder / "events" / "bloomberg_pairs.jsonl.gz"):
        if row["label"] == "SAME":
            continue
        half = as_list([row["a"]])[0]
        story = half if isinstance(half, dict) else _literal(half)
        singles.append(_story(f"b{story['id']}", "", _lede(f"{story['headline']}. {story['text']}")))
    for row in read_lines(folder / "sections" / "bbc.jsonl.gz")[::3]:
        singles.append(_story(row["id"], "", _lede(f"{row['headline']}. {row['text']}")))
    unique = {story.id: story for story in singles}
    return [unique[key] for key in sorted(unique)]


def draw(topics: Topics, singles: Sequence[Story], seed: int) -> Day:
    """Draw a day: events with one to twelve accounts, look-alikes of a topic together, and single stories."""
    chance = random.Random(seed)
    chosen: list[tuple[str, Story]] = []
    for topic in chance.sample(sorted(topics), len(topics)):
        by_event: dict[str, list[Story]] = {}
        for event, story in topics[topic]:
            by_event.setdefault(event, []).append(story)
        for event in sorted(by_event):
            accounts = by_event[event]
            most = min(len(accounts), chance.randint(1, MOST_OF_AN_EVENT))
            chosen += [(event, story) for story in chance.sample(accounts, most)]
        if len(chosen) >= ACCOUNTS:
            break
    chosen += [(story.id, story) for story in chance.sample(list(singles), min(SINGLES, len(singles)))]
    chance.shuffle(chosen)
    return Day(tuple(story for _, story in chosen), tuple(event for event, _ in chosen))


def _story(story_id: str, headline: str, text: str) -> Story:
    return Story(id=story_id, source=story_id, key=story_id, headline=headline, text=text, language="en")


def _lede(text: str) -> str:
    return " ".join(text[start:end] for start, end in split(text)[:3])


def _literal(written: str) -> dict[str, str]:
    import ast

    return dict(ast.literal_eval(written))


def _first_line(text: str) -> str:
    spans = split(text)[:1]
    return " ".join(text[spans[0][0] : spans[0][1]].split()[:LINE_WORDS]) if spans else ""
