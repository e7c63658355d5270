"""The rendered edition and the short messages, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.model import Variant
from digest.render import fill, render_message, render_variant
from tests.editions import SITE, full_edition

Golden = Callable[[str, str], None]

VALUES = {
    "unsubscribe_url": f"{SITE}/u/TOKEN",
    "preferences_url": f"{SITE}/p/TOKEN",
    "view_url": f"{SITE}/v/TOKEN",
    "address": "ada@example.org",
    "name": "Ada",
}

MESSAGES = {
    "confirm": {"newsletter": "Morning Lamp", "url": f"{SITE}/c/TOKEN", "hours": 48},
    "welcome": {
        "newsletter": "Morning Lamp",
        "when": "every weekday at 06:30",
        "preferences_url": f"{SITE}/p/TOKEN",
        "unsubscribe_url": f"{SITE}/u/TOKEN",
    },
    "proof": {
        "edition": "morning/2026-03-04",
        "edition_subject": "The night ferry is back",
        "url": f"{SITE}/v/TOKEN",
        "facts": ["14 stories, 2 left out", "35 KB of the 102 KB that Gmail shows"],
    },
    "alarm": {
        "what": "morning/2026-03-04 was not sent",
        "problem": "The mail server mail.lantern.example.org did not answer within 30 seconds.",
        "steps": ["Check the server.", "Run digest run morning again: nobody gets a second mail."],
    },
}


@pytest.mark.parametrize("theme", ["broadsheet", "briefing", "letter"])
def test_theme(theme: str, golden: Golden) -> None:
    html, text = fill(render_variant(replace(full_edition(), theme=theme), Variant()), VALUES)

    golden(f"{theme}.html", html)
    golden(f"{theme}.txt", text)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_message(name: str, golden: Golden) -> None:
    masthead = full_edition().masthead

    made = render_message(name, {"site": masthead.site, "address": masthead.address, **MESSAGES[name]})
    golden(f"{name}.html", made.html)
    golden(f"{name}.txt", f"{made.subject}\n\n{made.text}")
