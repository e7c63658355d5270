"""What a refusal means and when to try again."""

from __future__ import annotations

import pytest

from digest.model import Fate
from digest.send.retry import FIRST_WAIT_S, LONGEST_WAIT_S, MAX_ATTEMPTS, Step, classify, wait_s


@pytest.mark.parametrize(
    ("step", "code", "enhanced", "fate"),
    [
        (Step.CONTENT, 250, "2.0.0", Fate.ACCEPTED),
        (Step.RCPT, 450, "4.2.1", Fate.DEFERRED),
        (Step.RCPT, 421, "4.7.0", Fate.DEFERRED),
        (Step.CONTENT, 451, "", Fate.DEFERRED),
        (Step.MAIL, 550, "5.7.1", Fate.REFUSED),
        (Step.MAIL, 552, "5.3.4", Fate.REFUSED),
        (Step.RCPT, 550, "5.1.1", Fate.REJECTED),
        (Step.RCPT, 550, "", Fate.REJECTED),
        (Step.RCPT, 552, "5.2.2", Fate.REJECTED),
        (Step.RCPT, 554, "5.7.1", Fate.FAILED),
        (Step.RCPT, 550, "5.3.0", Fate.FAILED),
        (Step.DATA, 554, "5.5.1", Fate.FAILED),
        (Step.CONTENT, 554, "5.7.1", Fate.FAILED),
        (Step.CONTENT, 550, "5.1.1", Fate.FAILED),
    ],
)
def test_a_refusal_blames_only_whom_it_must(step: Step, code: int, enhanced: str, fate: Fate) -> None:
    assert classify(step, code, enhanced) is fate


def test_the_first_retry_waits_as_long_as_greylisting_asks() -> None:
    assert wait_s(1, lambda: 0.0) == pytest.approx(FIRST_WAIT_S * 0.8)
    assert wait_s(1, lambda: 1.0) == pytest.approx(FIRST_WAIT_S * 1.2)


def test_waits_double_up_to_an_hour() -> None:
    waits = [wait_s(attempts, lambda: 0.5) for attempts in range(1, MAX_ATTEMPTS)]

    assert waits[:3] == [300, 600, 1200]
    assert max(waits) == LONGEST_WAIT_S
