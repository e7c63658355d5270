"""A table read by columns says what it says row by row."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscribers.transfer.batch import person_of
from subscribers.transfer.cutting import cut_columns
from subscribers.transfer.plain import Plain
from subscribers.transfer.recognising import recognise
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row
from subscribers.transfer.tables import Block, iter_blocks, iter_rows

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
CELLS = {
    "email": st.sampled_from(
        ("ann@example.org", " Bob@Example.org ", "nobody", "", "ж@example.org", "a,b@example.org")
    ),
    "name": st.sampled_from(("", "Ann", "A\0n", 'Ann "A" B', "two\nlines", " é ", "a\tb")),
    "status": st.sampled_from(("", "active", "unsubscribed", "pending", "strange")),
    "created_at": st.sampled_from(("", "2024-05-01", "2030-01-01", "yesterday")),
    "tags": st.sampled_from(("", "vip; press")),
    "bounced": st.sampled_from(("", "", "no", "1")),
    "subscribed": st.sampled_from(("", "yes", "yes", "no", "perhaps")),
    "city": st.sampled_from(("", "Turin", 'the "Bay"', "\\")),
}


def _people(block: Block) -> list[Row | Refused]:
    plain = [person_of(block.plain.row(place)).row for place in range(len(block.plain.lines))]
    return sorted([*plain, *block.others], key=lambda each: each.line)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*CELLS.values()), max_size=12), size=st.integers(1, 5), short=st.booleans())
def test_blocks_hold_the_people_of_the_rows(
    tmp_path: Path, rows: list[tuple[str, ...]], size: int, short: bool
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([tuple(CELLS), *rows, ("zoe@example.org",) if short else ("",) * len(CELLS)])
    path = tmp_path / "list.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    table = recognise(path, "utf-8")

    by_block = [_known(each) for block in iter_blocks(path, "utf-8", table, size, NOW) for each in _people(block)]

    assert by_block == [_known(each) for each in iter_rows(path, "utf-8", table)]


def _known(each: Row | Refused) -> tuple[object, ...]:
    if isinstance(each, Refused):
        return (each,)
    joined = each.joined_at or NOW
    address = each.address[: each.address.find("@")] + each.address[each.address.find("@") :].lower()
    return (each.line, address, each.name, each.status, each.tags, each.attributes, joined)


def test_of_two_columns_of_one_name_the_last_counts_in_either_way(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,city,email,city\nann@example.org,Turin,bob@example.org,Lyon\n")
    table = recognise(path, "utf-8")

    [block] = iter_blocks(path, "utf-8", table, 5, NOW)

    assert [_known(each) for each in _people(block)] == [_known(each) for each in iter_rows(path, "utf-8", table)]
    assert block.plain.keys == ["bob@example.org"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["a,b\n", " c ,d"], [["a", "c"], ["b", "d"]]),
        (["a,b\r\n", "c,\r\n"], [["a", "c"], ["b", ""]]),
        (["a,b\n", "c\n"], None),
        (["a,b,c\n", "d\n"], None),
        (["a\n", "\n", "b,c\n"], None),
        (['a,"b"\n'], None),
        (["a\rb,c\n"], None),
        (["a\0,c\n"], None),
        (["a,long line\n"], None),
    ],
)
def test_lines_are_cut_only_where_all_are_simple(lines: list[str], found: list[list[str]] | None) -> None:
    assert cut_columns(lines, ",", 2, longest=10) == found


def test_a_block_is_parted_at_a_row() -> None:
    plain = Plain.of((line, f"{line}@a.b", "", "", "{}", "", ()) for line in (2, 4, 5))
    block = Block(plain, [Refused(3, "", ""), Refused(6, "", "")], [(2, "zebra"), (5, "soon")])

    first, rest = block.parted(2)

    assert (first.plain.lines, [each.line for each in first.others]) == ([2], [3])
    assert (first.unread, rest.unread) == ([(2, "zebra")], [(5, "soon")])
    assert (rest.plain.lines, [each.line for each in rest.others]) == ([4, 5], [6])
    assert (block.parted(0)[1].rows, block.parted(9)[0].rows) == (5, 5)
