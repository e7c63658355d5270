"""Many people at once at the command line: picked by rules, counted, tagged, moved."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from subscribers import open_engine, set_choices, writing
from tests.acceptance.workspace import SETTINGS, Workspace

SECTIONS = """
[[newsletters.sections]]
id = "world"
title = "World"
"""


@pytest.fixture
def picking(courier: Workspace) -> Workspace:
    """Return a workspace whose newsletter has a section and whose list came from a CSV file."""
    courier.settings(SETTINGS + SECTIONS)
    rows = "email,country,visits,paid\nada@example.org,DE,9,yes\nben@example.org,AT,2,no\n"
    (courier.folder / "people.csv").write_text(rows, encoding="utf-8")
    assert courier.run("subscribers", "import", "people.csv", "--list", "morning").code == 0
    return courier


@pytest.mark.parametrize("rule", ["visits >= 3", "visits = 9", "paid = yes", "country = DE"])
def test_a_rule_picks_by_what_a_csv_file_said(picking: Workspace, rule: str) -> None:
    ran = picking.run("subscribers", "count", "--list", "morning", "--where", rule)

    assert (ran.code, ran.out, ran.err) == (0, "1 of 2 on morning\n", "")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("Country = DE", "nobody on morning has an attribute 'Country'"),
        ("not tag vpi", "nobody on morning has the tag 'vpi'"),
        ("reads sport", "no newsletter of morning has a section 'sport'; there is world"),
    ],
)
def test_counting_warns_of_what_a_rule_names_and_nobody_has(picking: Workspace, rule: str, words: str) -> None:
    ran = picking.run("subscribers", "count", "--list", "morning", "--where", rule)

    assert ran.code == 0
    assert words in ran.err


def test_who_pauses_is_counted_and_said_to_pause(picking: Workspace) -> None:
    until = datetime.fromisoformat(picking.now) + timedelta(days=7)
    with writing(open_engine(f"sqlite:///{picking.folder}/digest.db")) as conn:
        set_choices(conn, 1, "morning", paused_until=until)

    ran = picking.run("subscribers", "count", "--list", "morning", "--where", "country = DE")

    assert ran.out == "1 of 2 on morning, 1 of them paused\n"
