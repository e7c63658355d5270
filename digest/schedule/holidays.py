"""Reads the days without an edition from calendars: iCalendar files, or the holidays of a country or a region.

Of iCalendar (RFC 5545) it takes what calendars of holidays hold: events of whole days or with a time, exceptions,
and yearly rules. A rule it does not know is refused, never guessed.
"""

from __future__ import annotations

import calendar as months
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from digest.errors import SettingsError

LARGEST_BYTES = 5_000_000
LONGEST_EVENT = timedelta(days=400)
"""A longer event is no holiday but a mistake: it would silence a newsletter for good."""

_PLACE = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,4}))?")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"}


@dataclass(slots=True)
class _Event:
    start: date | None = None
    end: date | None = None
    summary: str = ""
    rule: Mapping[str, str] = field(default_factory=dict)
    without: set[date] = field(default_factory=set)
    also: set[date] = field(default_factory=set)
    cancelled: bool = False


def read_holidays(names: Sequence[str], base: Path, first: date, last: date) -> dict[date, str]:
    """Return the holidays from ``first`` to ``last`` with their names, from files beside ``base`` or by place.

    Raises SettingsError that names the calendar and what is wrong with it: a calendar that cannot be read must not
    send an edition on a day meant to be free.
    """
    found: dict[date, str] = {}
    for name in names:
        place = _PLACE.fullmatch(name)
        found |= _of_place(name, place, first, last) if place else _of_file(name, base / name, first, last)
    return found


def read_calendar(text: str, first: date, last: date) -> dict[date, str]:
    """Return the days of an iCalendar text from ``first`` to ``last`` with the names of their events.

    Raises ValueError naming the line or the rule that cannot be read.
    """
    if "BEGIN:VCALENDAR" not in text[:2000].upper():
        raise ValueError("it holds no iCalendar (BEGIN:VCALENDAR)")
    found: dict[date, str] = {}
    for event in _events(text):
        if event.start is None or event.cancelled:
            continue
        length = (event.end or event.start + timedelta(days=1)) - event.start
        if length > LONGEST_EVENT:
            raise ValueError(f"“{event.summary}” lasts {length.days} days; a holiday of over 400 is refused")
        for begin in _occurrences(event, first - length, last):
            for step in range(max(1, length.days)):
                day = begin + timedelta(days=step)
                if first <= day <= last:
                    found.setdefault(day, event.summary or "a holiday")
    return found


def _of_file(name: str, path: Path, first: date, last: date) -> dict[date, str]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError(f"it has more than {LARGEST_BYTES // 1_000_000} MB")
        return read_calendar(path.read_text(encoding="utf-8-sig"), first, last)
    except OSError as error:
        raise SettingsError(f"The calendar holidays = {name!r} cannot be read: {error.strerror} ({path}).") from error
    except ValueError as error:
        raise SettingsError(f"The calendar holidays = {name!r} cannot be read: {error}.") from error


def _of_place(name: str, place: re.Match[str], first: date, last: date) -> dict[date, str]:
    try:
        library: Any = importlib.import_module("holidays")
    except ImportError as error:
        raise SettingsError(
            f"holidays = {name!r} names a country, which needs the Python package holidays: "
            "install newsroom-digest[holidays], or name an iCalendar file."
        ) from error
    regions = library.list_supported_countries().get(place[1])
    if regions is None or (place[2] and place[2] not in regions):
        raise SettingsError(f"holidays = {name!r}: the package holidays knows no such country or region.")
    known = library.country_holidays(place[1], subdiv=place[2], years=range(first.year, last.year + 1))
    return {day: str(what) for day, what in sorted(known.items()) if first <= day <= last}


def _events(text: str) -> Iterator[_Event]:
    """Yield the events; nested parts (alarms) are passed over."""
    event: _Event | None = None
    depth = 0
    # RFC 5545 §3.1: a line that begins with a space or a tab goes on with the one before.
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        name, _, value = line.partition(":")
        word, *parameters = name.upper().split(";")
        if word == "BEGIN" and value.strip().upper() == "VEVENT":
            event, depth = _Event(), 0
        elif event is None:
            continue
        elif word == "BEGIN":
            depth += 1
        elif word == "END" and depth:
            depth -= 1
        elif word == "END":
            yield event
            event = None
        elif not depth:
            _read(event, word, value.strip(), parameters)


def _read(event: _Event, word: str, value: str, parameters: Sequence[str]) -> None:
    if word == "DTSTART":
        event.start = _day(value)
    elif word == "DTEND":
        # The end of a whole day is the day after; an end at a time belongs to its own day (RFC 5545 §3.6.1).
        event.end = _day(value) if "T" not in value else _day(value) + timedelta(days=1)
    elif word == "DURATION" and event.start is not None and (days := re.fullmatch(r"P(\d+)([DW])", value)):
        event.end = event.start + timedelta(days=int(days[1]) * (7 if days[2] == "W" else 1))
    elif word == "SUMMARY":
        event.summary = re.sub(r"\\([,;\\])", r"\1", value).replace("\\n", " ").replace("\\N", " ")
    elif word == "STATUS":
        event.cancelled = value.upper() == "CANCELLED"
    elif word == "RRULE":
        event.rule = dict(part.split("=", 1) for part in value.upper().split(";") if "=" in part)
    elif word == "EXDATE":
        event.without |= {_day(part) for part in value.split(",")}
    elif word == "RDATE" and not any(p.startswith("VALUE=PERIOD") for p in parameters):
        event.also |= {_day(part) for part in value.split(",")}


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value[:8])
    except ValueError as error:
        raise ValueError(f"{value!r} is no date") from error


def _occurrences(event: _Event, first: date, last: date) -> Iterator[date]:
    days = _by_rule(event, last) if event.rule else iter([event.start] if event.start else [])
    for day in sorted({*days, *event.also}):
        if first <= day <= last and day not in event.without:
            yield day


def _by_rule(event: _Event, last: date) -> Iterator[date]:
    rule, start = event.rule, event.start
    if start is None:
        return
    if rule.get("FREQ") != "YEARLY" or set(rule) - _KNOWN_PARTS:
        written = ";".join(f"{name}={value}" for name, value in rule.items())
        raise ValueError(f"“{event.summary}” repeats by {written}; only yearly rules by month and day are read")
    until = _day(rule["UNTIL"]) if "UNTIL" in rule else last
    left = int(rule.get("COUNT", 1_000_000))
    for year in range(start.year, min(until, last).year + 1, max(1, int(rule.get("INTERVAL", 1)))):
        for day in sorted(set(_days_of_year(rule, start, year))):
            if day < start:
                continue
            if day > until or left <= 0:
                return
            left -= 1
            yield day


def _days_of_year(rule: Mapping[str, str], start: date, year: int) -> Iterator[date]:
    in_months = [int(month) for month in rule["BYMONTH"].split(",")] if "BYMONTH" in rule else [start.month]
    for month in in_months:
        count = months.monthrange(year, month)[1]
        if "BYDAY" in rule:
            for written in rule["BYDAY"].split(","):
                yield from _weekdays(written, year, month, count)
            continue
        for number in rule.get("BYMONTHDAY", str(start.day)).split(","):
            # A negative day counts from the month's end; the 29th of February is no day of most years.
            day = int(number) if int(number) > 0 else count + 1 + int(number)
            if 1 <= day <= count:
                yield date(year, month, day)


def _weekdays(written: str, year: int, month: int, count: int) -> Iterator[date]:
    match = re.fullmatch(r"([+-]?\d)?([A-Z]{2})", written)
    if match is None or match[2] not in _WEEKDAYS:
        raise ValueError(f"{written!r} names no weekday")
    days = [date(year, month, day) for day in range(1, count + 1)]
    days = [day for day in days if _WEEKDAYS[day.weekday()] == match[2]]
    if not match[1]:
        yield from days
        return
    number = int(match[1])
    place = number - 1 if number > 0 else number
    if -len(days) <= place < len(days):
        yield days[place]
