"""Which moment a source's text names; no guessing."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.gather.dates import plausible, read_moment

HARBOR = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-01-05T06:30:00-05:00", "2026-01-05T11:30"),
        ("2026-01-05t11:30:00.25z", "2026-01-05T11:30"),
        ("2026-01-05 06:30", "2026-01-05T11:30"),
        ("2026-1-5T11:30:00Z", "2026-01-05T11:30"),
        ("2026-01-05", "2026-01-05T05:00"),
        ("20260105", "2026-01-05T05:00"),
        ("2026/1/5 06:30:00", "2026-01-05T11:30"),
        ("2026-01-05 11:30:00 +0000 UTC", "2026-01-05T11:30"),
        ("1767612600", "2026-01-05T11:30"),
        ("1767612600000", "2026-01-05T11:30"),
        ("Mon, 05 Jan 2026 11:30:00 GMT", "2026-01-05T11:30"),
        ("Mon, 05 Jan 26 11:30:00 GMT", "2026-01-05T11:30"),
        ("Mon, 5 Jan 2026 06:30:00", "2026-01-05T11:30"),
        ("Mon, 05 Jan 2026 06:30:00 EST", "2026-01-05T11:30"),
        ("Mon, 05 Jan 2026 13:30:00 +0200 (EET)", "2026-01-05T11:30"),
        ("Sat, 04 Jul 2026 12:30:00 BST", "2026-07-04T11:30"),
        ("Mon Jan  5 06:30:00 2026", "2026-01-05T11:30"),
        ("January 5, 2026 6:30 AM EST", "2026-01-05T11:30"),
        ("Jan. 5th, 2026 at 12:05 a.m.", "2026-01-05T05:05"),
        ("Mo, 5. Mai 2025", "2025-05-05T04:00"),
        ("5 de mayo de 2025", "2025-05-05T04:00"),
        ("13/01/2026", "2026-01-13T05:00"),
        ("01/13/2026", "2026-01-13T05:00"),
        ("05.01.2026 06:30", "2026-01-05T11:30"),
        ("Sun, 04 Jan 2026 24:00:00 GMT", "2026-01-05T00:00"),
    ],
)
def test_a_written_moment_is_read(raw: str, moment: str) -> None:
    read = read_moment(raw, zone=HARBOR)

    assert read.replace(second=0, microsecond=0) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    ["", "yesterday", "05/06/2026", "2026-02-30", "2026-01", "99999999999999", "0001-01-01T00:00:00+10:00",
     "5 Frimaire 2026", "Mon, 05 Jan 2026 06:30:00 QQQ", "Mon, 05 Jan 2026 29:30:00 GMT", "12:30", "2026"],
)  # fmt: skip
def test_what_could_mean_two_things_or_nothing_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="write one like"):
        read_moment(raw, zone=HARBOR)


def test_a_zone_s_name_counts_as_the_source_s_own_zone_uses_it() -> None:
    raw = "Mon, 05 Jan 2026 12:00:00 IST"

    assert read_moment(raw, zone=ZoneInfo("Asia/Jerusalem")).hour == 10
    assert read_moment(raw, zone=HARBOR).hour == 6


def test_a_story_is_not_older_than_the_web_nor_from_the_future() -> None:
    now = datetime(2026, 1, 6, tzinfo=UTC)

    assert plausible(datetime(2026, 1, 6, 23, tzinfo=UTC), now=now)
    assert not plausible(datetime(2026, 1, 8, tzinfo=UTC), now=now)
    assert not plausible(datetime(1970, 1, 1, tzinfo=UTC), now=now)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40), st.from_regex(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{2,4} \d\d:\d\d:\d\d \S{1,5}")
    )
)
def test_any_text_is_a_moment_in_utc_or_refused(raw: str) -> None:
    try:
        moment = read_moment(raw, zone=HARBOR)
    except ValueError:
        return

    assert moment.tzinfo is UTC
