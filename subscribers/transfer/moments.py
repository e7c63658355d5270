"""Read the times that newsletter products write; a time without a zone is in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_NUMERIC = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(.*)\Z", re.DOTALL)
_YEAR_FIRST = re.compile(r"\A(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_WORDED = (
    *("%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y"),
    *("%b %d %Y %I:%M %p", "%B %d %Y %I:%M %p", "%b %d %Y %H:%M:%S", "%b %d %Y %H:%M"),
)
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?\Z|\d{13}\Z", re.ASCII)
"""Seconds since 1970 from 1973 on, or milliseconds since 2001: a year and a day written together have eight digits."""
_CLOCK = re.compile(r"[ T](\d{1,2}:\d\d(?::\d\d)?)(?:\.\d+)?\s*([AaPp][Mm])?")


def read_moment(text: str, *, day_first: bool | None = None) -> datetime | None:
    """Return the time a cell holds, in UTC, or None when it holds none that can be read for sure.

    A date like 03-04-2024 is read only when ``day_first`` says which number is the day or one of them cannot be a
    month: a guess would turn evidence of consent into an invention.
    """
    text = text.strip() if text else ""
    if not text:
        return None
    if text[4:5] == "-" and (plain := _read_plain(text)) is not None:
        return plain
    if _EPOCH.match(text):
        return datetime.fromtimestamp(float(text) / (1000 if len(text) == 13 and text.isdigit() else 1), UTC)
    match = _NUMERIC.match(text)
    if match is not None:
        text = _year_first(match, day_first)
    for read in (_read_iso, _read_worded):
        moment = read(text)
        if moment is not None:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None


def _read_plain(text: str) -> datetime | None:
    """Read what most files hold, ISO 8601 as it stands, without trying anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _year_first(match: re.Match[str], day_first: bool | None) -> str:
    first, second = int(match[1]), int(match[2])
    if day_first is None and max(first, second) > 12:
        day_first = first > 12
    if day_first is None and first != second:
        return ""
    day, month = (first, second) if day_first else (second, first)
    return f"{match[3]}-{month:02}-{day:02}{_clock(match[4])}"


def _clock(text: str) -> str:
    """Write a time of day on the 24-hour clock, or nothing."""
    match = _CLOCK.match(text)
    if match is None:
        return ""
    hour, _, rest = match[1].partition(":")
    number = int(hour)
    if match[2]:
        number = number % 12 + (12 if match[2].lower() == "pm" else 0)
    return f" {number:02}:{rest}"


def _read_iso(text: str) -> datetime | None:
    text = _YEAR_FIRST.sub(lambda day: f"{day[1]}-{day[3]:0>2}-{day[4]:0>2}", text)
    text = re.sub(r"\s*(?:UTC|GMT|Z)\Z", "+00:00", text)
    text = re.sub(r"\s+([+-]\d\d:?\d\d)\Z", r"\1", text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read_worded(text: str) -> datetime | None:
    for shape in _WORDED:
        try:
            return datetime.strptime(text.replace(",", " ").replace(" at ", " "), shape)  # noqa: DTZ007 - the caller adds the zone
        except ValueError:
            continue
    return None
