"""Years of decisions in the zones whose clocks do odd things, beside what their clocks show."""

from __future__ import annotations

from datetime import date

import pytest

from benchmarks.calendar import live, rules_of

FIRST, LAST = date(2023, 1, 1), date(2023, 12, 31)
HOLIDAYS = {date(2023, 3, 26): "Spring day", date(2023, 12, 25): "Christmas"}


@pytest.mark.parametrize(
    "zone", ["Africa/Casablanca", "America/Santiago", "Antarctica/Troll", "Australia/Lord_Howe", "Asia/Gaza", "UTC"]
)
def test_a_year_with_sleep_and_holidays_gives_each_due_day_one_decision(zone: str) -> None:
    for rule in rules_of(zone, HOLIDAYS):
        life = live(rule, FIRST, LAST, seed=7)

        assert life.faults == []
        assert sum(life.verdicts.values()) == life.due
