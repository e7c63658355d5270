"""The gate before the irrevocable step."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import LedgerError, OwnershipLost
from digest.model import Fate, Outcome
from digest.send.gate import REFRESH_S, EditionGate, GateState
from digest.store.ring import Ring, read_marks
from tests.conftest import FrozenClock
from tests.sends import NoJournal, message


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_an_editor_or_reader_did_is_seen_within_half_a_second() -> None:
    states = iter([GateState(), GateState(withdrawn=frozenset({1}))])
    seconds = Seconds()
    gate = EditionGate(lambda: next(states), ring=NoJournal(), monotonic=seconds)

    before = gate.admit([message(1)])
    seconds.now = REFRESH_S
    after = gate.admit([message(1), message(2)])

    assert REFRESH_S <= 0.5
    assert [m.subscriber_id for m in before] == [1]
    assert [m.subscriber_id for m in after] == [2]


@pytest.mark.parametrize("state", [GateState(stopped=True), GateState(paused=True)])
def test_a_stopped_or_paused_edition_lets_nothing_through(state: GateState) -> None:
    gate = EditionGate(lambda: state, ring=NoJournal())

    assert gate.admit([message(1)]) == []


def test_the_gate_closes_at_the_deadline_though_nobody_asks_for_a_message(clock: FrozenClock) -> None:
    gate = EditionGate(GateState, ring=NoJournal(), monotonic=lambda: clock().timestamp())
    gate.bind(7, clock, deadline=clock() + timedelta(minutes=1))

    was_open = gate.is_open
    clock.advance(minutes=1)

    assert was_open
    assert not gate.is_open
    assert gate.admit([message(1)]) == []


def test_what_passes_stands_in_the_journal_before_it_goes(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "ring", "token")
    gate = EditionGate(GateState, ring=ring)
    gate.bind(7, FrozenClock())

    gate.admit([message(1), message(2)])
    gate.answered([Outcome(2, Fate.ACCEPTED, code="250"), Outcome(9, Fate.ACCEPTED)])

    marks = read_marks(tmp_path / "ring", "token")
    assert [(m.edition_id, m.subscriber_id, m.fate, m.code) for m in marks or ()] == [
        (7, 1, None, 0),
        (7, 2, Fate.ACCEPTED, 250),
    ]


def test_nothing_passes_once_the_lease_is_over(tmp_path: Path, clock: FrozenClock) -> None:
    ring = Ring(tmp_path / "ring", "token")
    gate = EditionGate(GateState, ring=ring)
    gate.bind(7, clock)
    gate.hold_until(clock() + timedelta(minutes=1))
    clock.advance(minutes=1)

    with pytest.raises(OwnershipLost):
        gate.admit([message(1)])

    assert read_marks(tmp_path / "ring", "token") == []


def test_a_journal_that_is_full_stops_the_send(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "ring", "token", slots=1)
    gate = EditionGate(GateState, ring=ring)

    with pytest.raises(LedgerError, match="full"):
        gate.admit([message(1), message(2)])


def test_places_in_the_journal_are_used_again(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "ring", "token", slots=2)
    for number in range(100):
        ring.admit(7, number, 1)
        ring.free([number])

    assert read_marks(tmp_path / "ring", "token") == []


@pytest.mark.parametrize("damage", ["missing", "foreign", "short", "empty"])
def test_a_journal_that_cannot_be_trusted_says_nothing(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "ring"
    if damage != "missing":
        Ring(path, "token").close()
    if damage == "short":
        path.write_bytes(path.read_bytes()[:-8])
    if damage == "empty":
        path.write_bytes(b"")

    assert read_marks(path, "stranger" if damage == "foreign" else "token") is None
