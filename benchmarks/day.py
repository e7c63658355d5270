"""Invents a day's news for measuring: as many stories as asked, the same ones every time, none of them true.

The sentences are put together from small parts with a fixed seed. Names are made up of syllables, so that two stories
share no more words than two stories of a real paper do.
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

SECTIONS = ("city", "nation", "world", "business", "culture", "sport")
SEED = 20260105

_SYLLABLES = (
    "ba", "be", "bor", "da", "del", "den", "fa", "fen", "gar", "hal", "ho", "ka", "kel", "la", "lin", "lor", "ma",
    "mer", "mo", "na", "nor", "pa", "pel", "ra", "ren", "sa", "sel", "ta", "tor", "va", "vel", "wen",
)  # fmt: skip
_WHO = (
    "the council", "the harbour board", "the school authority", "the regional court", "a panel of doctors",
    "the ferry company", "the water works", "the theatre's trustees", "the league", "the fire service",
    "the tenants' union", "the central bank", "the fishing fleet", "the library", "the county engineer",
)  # fmt: skip
_DID = (
    "approved", "put off", "rejected", "published", "withdrew", "asked for", "paid for", "opened", "closed",
    "defended", "questioned", "promised", "inspected", "moved", "extended",
)  # fmt: skip
_WHAT = (
    "a plan for the old quay", "the budget for next year", "a bridge at the northern gate", "two empty warehouses",
    "the night service", "a report on drinking water", "the contract with its largest supplier",
    "a ban on heavy lorries", "the repair of the sea wall", "a loan of several millions", "the winter timetable",
    "the rules for short lets", "an inquiry into the accident", "a fund for young musicians", "the sale of its offices",
)  # fmt: skip
_WHY = (
    "after a debate that lasted until midnight", "although its own experts had warned against it",
    "because costs have risen by a third since spring", "before the deadline set by the ministry ran out",
    "while residents protested outside", "following months of talks behind closed doors",
    "in a vote of nine to six", "despite an appeal that is still before the court",
    "once the insurers had agreed", "to the surprise of the opposition",
)  # fmt: skip
_TAILS = (
    "“We would have liked to see this two years ago,” said {name}, who speaks for the residents.",
    "{name} called the decision a first step and said that the rest would follow by {month}.",
    "The work is to cost {number} million and will be paid over {years} years.",
    "According to {name}, about {number} people in {place} are affected.",
    "Nobody was hurt, a spokesman in {place} said.",
    "A second hearing has been set for the {day}th of {month}.",
    "In {place}, where a similar plan failed in the spring, officials followed the talks closely.",
    "{name} did not answer questions about the delay.",
    "The figures cover {number} households between {place} and the coast.",
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "September", "October", "November")


def write_day(folder: Path, count: int, until: datetime) -> None:
    """Write the stories as Markdown files with front matter, published over the twelve hours before ``until``."""
    chance = random.Random(SEED)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        published = until - timedelta(minutes=5 + number * 700 / count)
        (folder / f"story-{number:04d}.md").write_text(_story(chance, number, published), encoding="utf-8")


def write_readers(path: Path, count: int) -> None:
    """Write a CSV of as many readers at example.org."""
    rows = (f"reader{number:06d}@example.org,Reader {number}" for number in range(count))
    path.write_text("email,name\n" + "\n".join(rows) + "\n", encoding="utf-8")


def _story(chance: random.Random, number: int, published: datetime) -> str:
    place, person = _name(chance), f"{_name(chance)} {_name(chance)}"
    deed = f"{chance.choice(_WHO)} in {place} {chance.choice(_DID)} {chance.choice(_WHAT)}"
    paragraphs = [f"{deed[0].upper()}{deed[1:]} {chance.choice(_WHY)}."]
    for _ in range(chance.randint(4, 9)):
        paragraphs.append(" ".join(_sentence(chance, place, person) for _ in range(chance.randint(2, 4))))
    front = {
        "headline": f"{deed[0].upper()}{deed[1:]}",
        "url": f"https://courier.example/news/{number}",
        "published": published.isoformat(),
        "byline": person,
        "section": SECTIONS[number % len(SECTIONS)],
        "priority": chance.randint(20, 90),
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in front.items()]
    return "---\n" + "\n".join(lines) + "\n---\n" + "\n\n".join(paragraphs) + "\n"


def _sentence(chance: random.Random, place: str, person: str) -> str:
    if chance.random() < 0.5:
        subject = chance.choice(_WHO)
        text = f"{subject} of {_name(chance)} {chance.choice(_DID)} {chance.choice(_WHAT)} {chance.choice(_WHY)}."
        return text[0].upper() + text[1:]
    return chance.choice(_TAILS).format(
        name=person if chance.random() < 0.4 else f"{_name(chance)} {_name(chance)}",
        place=place if chance.random() < 0.4 else _name(chance),
        number=chance.randint(3, 940),
        years=chance.randint(2, 12),
        day=chance.randint(4, 20),
        month=chance.choice(_MONTHS),
    )


def _name(chance: random.Random) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 3))).capitalize()
