"""Reads the moments that sources write, from the raw text, by a ladder of formats from strict to lenient.

Never guesses: a date that could be read in two ways is refused. Parsers that guess were measured to give the
current month for ``2016/6/29`` and the year 1732 for a Unix time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

EARLIEST_YEAR = 1995
"""No story on the web is older; an earlier year is a default or a mistake."""

LATEST = timedelta(days=1)
"""How far ahead of now a date may lie: clocks and zones differ, but not by more."""

_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?\Z|\d{12,13}\Z")
_NUMERIC = re.compile(
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ,]+(?P<time>\d{1,2}:.*))?\Z", re.IGNORECASE
)
_DAY_FIRST = re.compile(r"(?P<d>\d{1,2})[/.](?P<m>\d{1,2})[/.](?P<y>\d{4})(?:[T ,]+(?P<time>\d{1,2}:.*))?\Z")
_WORDED = re.compile(
    r"(?:[^\W\d]+[.,]*\s+)??(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?\s*[\s-]\s*(?:de\s+)?(?P<m>[^\W\d]{3,})\.?,?"
    r"\s*[\s-]\s*(?:de\s+)?(?P<y>\d{4})(?:[T ,]+(?:at\s+)?(?P<time>\d{1,2}:.*))?\Z"
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d]+[.,]*\s+)??(?P<m>[^\W\d]{3,})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})"
    r"(?:[T ,]+(?:at\s+)?(?P<time>\d{1,2}:.*))?\Z"
)
_TIME = re.compile(
    r"(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>\S.*)?\Z",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:GMT|UTC|UT)?([+-])(\d{1,2}):?(\d{2})?(?:\s*\(.*\)|\s+[A-Z]{2,5})?\Z", re.IGNORECASE)
_NAMED_ZONE = re.compile(r"\s\(?([A-Z]{1,5})\)?\Z")

# Minutes east of Greenwich. RFC 5322 names the American ones; the others are those that feeds use.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "WEST": 60, "CET": 60, "MEZ": 60, "CEST": 120,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120, "PKT": 300, "IST": 330, "HKT": 480, "SGT": 480,
    "AWST": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "EST": -300,
    "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540,
    "AKDT": -480, "HST": -600, "BRT": -180, "ART": -180,
}  # fmt: skip

# The beginnings of the months' names in English, German, French, Spanish, Italian, Portuguese, Dutch.
_MONTHS = {
    1: "jan ene gen", 2: "feb fév fev", 3: "mar mär mrz maa", 4: "apr avr abr", 5: "may mai mag mei", 6: "jun juin giu",
    7: "jul juil lug", 8: "aug aoû aou ago", 9: "sep set", 10: "oct okt ott out", 11: "nov", 12: "dec dez déc dic",
}  # fmt: skip
_MONTH_BEGINNINGS = sorted(
    ((begin, number) for number, begins in _MONTHS.items() for begin in begins.split()), key=lambda pair: -len(pair[0])
)


def read_moment(raw: str, *, zone: tzinfo) -> datetime:
    """Return the moment that a text names, aware and in UTC; raises ValueError with what to write instead.

    A text without a zone is local to ``zone``; a day without a time is its midnight there. A zone's name counts
    as ``zone`` uses it at that time, else as feeds mean it.
    """
    text = " ".join(raw.split())
    try:
        found = _read(text, zone)
        if found is None:
            raise ValueError("no date format fits")
        local = found.replace(tzinfo=zone) if found.tzinfo is None else found
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{raw[:60]!r} is no date: write one like 2026-01-05T06:30:00-05:00") from error


def plausible(moment: datetime, *, now: datetime) -> bool:
    """Tell whether a story can be of this date: not before 1995, not more than a day ahead of ``now``."""
    return moment.year >= EARLIEST_YEAR and moment <= now + LATEST


def _read(text: str, zone: tzinfo) -> datetime | None:
    if _EPOCH.match(text):
        seconds = float(text)
        return datetime.fromtimestamp(seconds / 1000 if seconds >= 1e11 else seconds, UTC)
    if (len(text) >= 10 and text[4:5] == "-") or (len(text) == 8 and text.isdecimal()):
        try:
            return datetime.fromisoformat(text.upper())
        except ValueError:
            pass
    worded = _read_parts(text, zone)
    if worded is not None:
        return worded
    return _read_mail_date(text, zone)


def _read_parts(text: str, zone: tzinfo) -> datetime | None:
    """Read a date by its named or ordered parts."""
    match = _NUMERIC.match(text) or _DAY_FIRST.match(text) or _WORDED.match(text) or _MONTH_FIRST.match(text)
    if match is None:
        return None
    month = int(match["m"]) if match["m"].isdigit() else _month(match["m"])
    day = int(match["d"])
    if match.re is _DAY_FIRST and "/" in text[:6]:
        month, day = _unambiguous(month, day)
    return _with_time(datetime(int(match["y"]), month, day), match["time"], zone)  # noqa: DTZ001 - the zone follows


def _unambiguous(month: int, day: int) -> tuple[int, int]:
    """Return month and day of ``a/b/year`` if only one reading is a date."""
    if month > 12 >= day:
        return day, month
    if day > 12 or day == month:
        return month, day
    raise ValueError("day and month could be either")


def _month(name: str) -> int:
    lower = name.lower()
    for begin, number in _MONTH_BEGINNINGS:
        if lower.startswith(begin):
            return number
    raise ValueError(f"{name} is no month")


def _with_time(day: datetime, time: str | None, zone: tzinfo) -> datetime:
    if not time:
        return day
    match = _TIME.match(time.strip())
    if match is None:
        raise ValueError("no time of day")
    hour = int(match["h"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower().startswith("p") else 0)
    if hour == 24:
        # ISO 8601 and some servers write midnight as the end of a day.
        day, hour = day + timedelta(days=1), 0
    moment = day.replace(hour=hour, minute=int(match["min"]), second=min(int(match["s"] or 0), 59))
    return moment if not match["zone"] else moment.replace(tzinfo=_zone(match["zone"].strip(), moment, zone))


def _zone(written: str, moment: datetime, zone: tzinfo) -> tzinfo:
    offset = _OFFSET.match(written)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if len(offset[2]) == 2 and offset[3] is None and minutes > 14 * 60:
            raise ValueError("no such offset")
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    return _named_zone(written.strip("()"), moment, zone)


def _named_zone(name: str, moment: datetime, zone: tzinfo) -> tzinfo:
    if moment.replace(tzinfo=zone).tzname() == name:
        return zone
    if name.upper() not in _ZONES:
        raise ValueError(f"no zone is called {name}")
    return timezone(timedelta(minutes=_ZONES[name.upper()]))


def _read_mail_date(text: str, zone: tzinfo) -> datetime | None:
    """Read an RFC 5322 date (also asctime's), whose zone may be any name that feeds use."""
    named = _NAMED_ZONE.search(text)
    if named is not None:
        plain = parsedate_to_datetime(text[: named.start()])
        return plain.replace(tzinfo=_named_zone(named[1], plain.replace(tzinfo=None), zone))
    return parsedate_to_datetime(text)
