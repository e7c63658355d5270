"""What readers get who chose sections, when the sections change."""

from __future__ import annotations

from email.message import Message

from subscribers import open_engine, set_choices, writing
from tests.acceptance.test_calendar_scenarios import body, texts
from tests.acceptance.workspace import SETTINGS, TEXTS, Workspace


def test_who_chose_a_section_that_is_no_more_gets_the_whole_edition(staffed: Workspace) -> None:
    staffed.settings(SETTINGS + SECTION)
    with writing(open_engine(f"sqlite:///{staffed.folder}/digest.db")) as conn:
        set_choices(conn, 1, "morning", sections=("gone",))

    staffed.run("run", "morning")

    chosen, other = texts(staffed.folder / "outbox")
    assert headlines(chosen) == headlines(other) != []


def test_who_chose_another_newsletters_sections_of_one_list_gets_no_more_than_they_chose(
    staffed: Workspace,
) -> None:
    sport = SECTION.replace("world", "sport").replace("World", "Sport")
    staffed.settings(SETTINGS + SECTION + EVENING + sport)
    with writing(open_engine(f"sqlite:///{staffed.folder}/digest.db")) as conn:
        set_choices(conn, 1, "morning", sections=("sport",))

    staffed.run("run", "morning")

    chosen, other = texts(staffed.folder / "outbox")
    assert len(headlines(chosen)) == 1 < len(headlines(other))


EVENING = """
[[newsletters]]
id = "evening"
name = "Evening Watch"
from = "Evening Watch <evening@courier.example>"
list = "morning"
timezone = "America/New_York"
time = "18:30"
"""
SECTION = """
[[newsletters.sections]]
id = "world"
title = "World"
"""


def headlines(mail: Message) -> list[str]:
    return [headline for headline in TEXTS if headline in body(mail)]
