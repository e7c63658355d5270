"""Foreign times are read when they are sure, and left out when they would be a guess."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.transfer.moments import read_moment

MORNING = datetime(2024, 3, 14, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-14 09:12:00",
        "2024-03-14T09:12:00Z",
        "2024-03-14T09:12:00.000Z",
        "2024-03-14 09:12:00 UTC",
        "2024-03-14 10:12:00 +0100",
        "14-03-2024 09:12",
        "3/14/2024 9:12 AM",
        "14.03.2024 09:12:00",
        "Mar 14, 2024 09:12 AM",
        "Mar 14 2024 09:12",
        "March 14, 2024 at 9:12 AM",
        "2024/3/14 09:12",
        "2024.03.14 09:12:00",
        "1710407520",
        "1710407520.0",
        "1710407520000",
    ],
)
def test_a_moment_is_read_in_utc(text: str) -> None:
    assert read_moment(text) == MORNING


@pytest.mark.parametrize(("day_first", "expected"), [(True, (4, 3)), (False, (3, 4)), (None, None)])
def test_a_date_that_may_mean_two_days_is_read_only_when_told_how(
    day_first: bool | None, expected: tuple[int, int] | None
) -> None:
    found = read_moment("03/04/2024", day_first=day_first)

    assert (found and (found.month, found.day)) == expected


@pytest.mark.parametrize("text", ["", "  ", "soon", "99-99-2024", "2024/13/01", "12:00", "1234", "12345678901"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert read_moment(text) is None


def test_a_day_without_a_comma_is_read() -> None:
    assert read_moment("Jan 5 2024") == datetime(2024, 1, 5, tzinfo=UTC)


def test_an_afternoon_on_a_twelve_hour_clock(text: str = "3/14/2024 12:30:00 PM") -> None:
    assert read_moment(text) == datetime(2024, 3, 14, 12, 30, tzinfo=UTC)


@given(
    st.text(max_size=30)
    | st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T]?[\d:]{0,8} ?[APap]?[Mm]?", fullmatch=True)
)
def test_no_text_is_an_error(text: str) -> None:
    found = read_moment(text)

    assert found is None or found.tzinfo is UTC
