"""Calendars of holidays: what a file or a country's name gives, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from digest.errors import SettingsError
from digest.schedule.holidays import read_calendar, read_holidays

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def calendar(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""))


def days(*lines: str) -> list[str]:
    return [day.isoformat() for day in sorted(read_calendar(calendar(*lines), *YEAR))]


def test_a_whole_day_ends_before_its_end_date() -> None:
    assert days("DTSTART;VALUE=DATE:20260403", "DTEND;VALUE=DATE:20260404") == ["2026-04-03"]


def test_an_event_of_days_takes_each_of_them() -> None:
    assert days("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227") == [f"2026-12-{n}" for n in (24, 25, 26)]


def test_a_yearly_day_comes_every_year_but_not_in_its_exceptions() -> None:
    assert days("DTSTART:20200704", "RRULE:FREQ=YEARLY") == ["2026-07-04"]
    assert days("DTSTART:20200704", "RRULE:FREQ=YEARLY", "EXDATE:20260704") == []
    assert days("DTSTART:20200704", "RRULE:FREQ=YEARLY;UNTIL=20250101") == []


def test_the_fourth_thursday_and_the_last_monday_are_found() -> None:
    assert days("DTSTART:20201126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH") == ["2026-11-26"]
    assert days("DTSTART:20200525", "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO") == ["2026-05-25"]


def test_a_cancelled_event_is_no_holiday() -> None:
    assert days("DTSTART:20260101", "STATUS:CANCELLED") == []


def test_a_folded_name_is_joined_and_unescaped() -> None:
    found = read_calendar(calendar("DTSTART:20260101", "SUMMARY:New Year\\, obser", " ved"), *YEAR)

    assert found == {date(2026, 1, 1): "New Year, observed"}


def test_the_alarm_of_an_event_does_not_move_it() -> None:
    assert days("DTSTART:20260101", "BEGIN:VALARM", "DURATION:P9D", "END:VALARM") == ["2026-01-01"]


@pytest.mark.parametrize(
    "lines",
    [("DTSTART:2026-01",), ("DTSTART:20260101", "RRULE:FREQ=WEEKLY"), ("DTSTART:20260101", "DTEND:20290101")],
)
def test_what_cannot_be_read_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"date|yearly|400"):
        days(*lines)


def test_a_missing_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"holidays = 'town.ics'"):
        read_holidays(["town.ics"], tmp_path, *YEAR)


def test_a_country_and_a_region_have_their_holidays(tmp_path: Path) -> None:
    pytest.importorskip("holidays", reason="the package holidays is not installed")

    assert date(2026, 7, 4) in read_holidays(["US"], tmp_path, *YEAR)
    assert date(2026, 1, 6) in read_holidays(["DE-BY"], tmp_path, *YEAR)
    assert date(2026, 1, 6) not in read_holidays(["DE-BE"], tmp_path, *YEAR)
    with pytest.raises(SettingsError, match="no such country"):
        read_holidays(["ZZ"], tmp_path, *YEAR)


@given(some.text())
def test_any_text_gives_days_or_a_told_error(text: str) -> None:
    try:
        read_calendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=YEARLY;" + text, *YEAR)
    except ValueError as error:
        assert str(error)
