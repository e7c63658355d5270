"""A stream read ahead is the same stream, errors and early ends included."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from subscribers.transfer.ahead import read_ahead


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "read-ahead"]


def test_all_items_come_in_their_order() -> None:
    assert list(read_ahead(iter(range(50)))) == list(range(50))


def test_no_more_than_what_is_asked_for_and_two_are_made() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    with closing(read_ahead(items())) as ahead:
        assert next(ahead) == 0
    assert len(made) <= 3
    assert _threads() == []


def test_an_error_is_raised_where_its_item_would_have_come() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    ahead = read_ahead(items())

    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)
    assert _threads() == []
