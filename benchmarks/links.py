"""Whether a guessed link ever opens: ``python -m benchmarks links [--count N]`` tries random tokens and near misses."""

from __future__ import annotations

import argparse
import json
import random
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

from subscribers import KeyRing, Purpose, sign, verify
from subscribers.errors import BadToken

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def run(argv: list[str]) -> int:
    """Try random tokens of the right length and right beginning for every purpose, and count what was accepted."""
    options = argparse.ArgumentParser("benchmarks links")
    options.add_argument("--count", type=int, default=1_000_000)
    options.add_argument("--json", action="store_true")
    given = options.parse_args(argv)
    chance, keys = random.Random(7), KeyRing.generate()
    real = sign(keys, Purpose.UNSUBSCRIBE, subscriber_id=4711, list_number=1)
    accepted = 0
    for number in range(given.count):
        accepted += _opens(keys, list(Purpose)[number % len(Purpose)], _guess(chance, real, number))
    found = {"tried": given.count, "accepted": accepted}
    print(json.dumps(found) if given.json else found)
    return 1 if accepted else 0


def _guess(chance: random.Random, real: str, number: int) -> str:
    if number % 2:
        return real[:8] + urlsafe_b64encode(chance.randbytes(24)).decode()[: len(real) - 8]
    return urlsafe_b64encode(chance.randbytes(chance.choice((16, 20, 21, 24, 26)))).decode().rstrip("=")


def _opens(keys: KeyRing, purpose: Purpose, token: str) -> bool:
    try:
        verify(keys, purpose, token, now=NOW)
    except BadToken:
        return False
    return True
