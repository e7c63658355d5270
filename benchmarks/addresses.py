"""How the judgement of mail addresses agrees with email-validator, and what it costs beside it.

``python -m benchmarks addresses [--count N] [--data DIR]``: a million made-up and hostile addresses, judged by both;
then the cases of the measurement data, if there are any.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from email_validator import EmailNotValidError, validate_email

from subscribers.address import parse_address
from subscribers.errors import BadAddress

DOMAINS = ("gmail.com", "example.org", "sub.example.co.uk", "bücher.example", "xn--bcher-kva.example", "a.b", "web.de")
HOSTILE = "..@@,; \t\"<>()[]\\:ÄüжИ用\u200d\u0301'+-_~{}|%$#!*/=?^`&\x00\r\n"
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789._-+"


def run(argv: list[str]) -> int:
    """Judge generated addresses twice and print agreement and cost."""
    options = argparse.ArgumentParser("benchmarks addresses")
    options.add_argument("--count", type=int, default=1_000_000)
    options.add_argument("--data", default=os.environ.get("DIGEST_DATA", ""))
    options.add_argument("--json", action="store_true")
    given = options.parse_args(argv)
    found = _agreement(given.count) | _cost()
    cases = Path(given.data) / "addresses" / "isemail_tests.json"
    if given.data and cases.is_file():
        found["isemail"] = _isemail(cases)
    print(json.dumps(found, indent=2) if given.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0


def addresses(count: int, seed: int = 7) -> Iterator[str]:
    """Yield addresses: half as readers have them, the others bent out of shape."""
    chance = random.Random(seed)
    for number in range(count):
        local = "".join(chance.choices(PLAIN, k=chance.choice((1, 3, 8, 12, 64, 65))))
        domain = chance.choice(DOMAINS) if chance.random() < 0.6 else _domain(chance)
        text = f"{local}@{domain}"
        if number % 2:
            for _ in range(chance.choice((1, 1, 2, 4))):
                place = chance.randrange(len(text) + 1)
                text = text[:place] + chance.choice(HOSTILE) + text[place + chance.randrange(2) :]
        yield text


def _domain(chance: random.Random) -> str:
    labels = ("".join(chance.choices("abcdefghij0123456789-", k=chance.choice((1, 4, 9, 63, 64)))) for _ in range(2))
    return ".".join((*labels, chance.choice(("com", "org", "example", "test", "local", "123", "c-m", "co"))))


def _agreement(count: int) -> dict[str, Any]:
    same = accepted = 0
    apart: list[str] = []
    for text in addresses(count):
        ours, theirs = _ours(text), _theirs(text)
        accepted += ours is not None
        same += ours == theirs
        if ours != theirs and len(apart) < 20:
            apart.append(f"{text!r}: {ours!r} here, {theirs!r} there")
    return {"judged": count, "agree": same, "accepted": accepted, "apart": apart}


def _ours(text: str) -> str | None:
    try:
        return parse_address(text).written
    except BadAddress:
        return None


def _theirs(text: str) -> str | None:
    """Judge by email-validator, the length of RFC 5321 section 4.5.3.1.1 kept."""
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return found.normalized if len(found.local_part.encode()) <= 64 else None


def _cost(count: int = 20_000) -> dict[str, float]:
    texts = [f"reader.{number}@{DOMAINS[number % 3]}" for number in range(count)]
    ratios = []
    for _ in range(5):
        started = time.perf_counter()
        for text in texts:
            parse_address(text)
        middle = time.perf_counter()
        for text in texts:
            validate_email(text, check_deliverability=False)
        ratios.append((time.perf_counter() - middle) / (middle - started))
    return {"times_faster": round(sorted(ratios)[2], 1)}


def _isemail(path: Path) -> dict[str, str]:
    """Return for each category of the cases how many are accepted here and by email-validator."""
    tally: dict[str, list[int]] = {}
    for case in json.loads(path.read_text(encoding="utf-8")):
        counts = tally.setdefault(case["category"], [0, 0, 0])
        text = case["address"]
        for place, value in enumerate((1, _ours(text) is not None, _theirs(text) is not None)):
            counts[place] += value
    return {name: f"{ours} of {all_} here, {theirs} there" for name, (all_, ours, theirs) in sorted(tally.items())}
