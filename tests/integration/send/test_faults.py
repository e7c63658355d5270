"""The short form of ``python -m benchmarks faults``: every kind of failure of a mail server, five in a hundred each."""

from __future__ import annotations

from benchmarks.faults import measure


def test_only_what_was_cut_after_its_end_is_in_doubt_and_all_else_arrives_once() -> None:
    found = measure(readers=160, share=0.05, seed=7)

    assert found["good"], found
    assert found["by_fault"]["cut after the end"] == {"ambiguous": 8}
    assert found["by_fault"]["550"] == {"rejected": 8}
