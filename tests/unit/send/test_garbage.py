"""The collector looks where the send says, and is as it was afterwards."""

from __future__ import annotations

import gc
import weakref

import pytest

from digest.send.garbage import collected_between


class Knot:
    """Holds itself."""

    def __init__(self) -> None:
        self.me = self


def test_a_cycle_goes_when_the_send_says_and_not_before() -> None:
    with collected_between() as collect:
        knot = weakref.ref(Knot())
        made = [[number] for number in range(2_000)]
        assert knot() is not None

        collect()

        assert knot() is None and len(made) == 2_000


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_before_afterwards(enabled: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()

        with pytest.raises(ZeroDivisionError), collected_between():
            1 / 0  # noqa: B018

        assert gc.isenabled() is enabled and gc.get_freeze_count() == 0
    finally:
        (gc.enable if was else gc.disable)()
