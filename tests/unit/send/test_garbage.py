import gc

import pytest

from digest.send.garbage import YOUNG, seldom_collected


def test_while_mail_goes_out_the_collector_looks_seldom_and_after_it_as_before():
    before = gc.get_threshold()

    with seldom_collected():
        within = gc.get_threshold()

    assert (within[0], gc.get_threshold()) == (YOUNG, before)


def test_an_error_gives_the_collector_its_old_ways_back_too():
    before = gc.get_threshold()

    with pytest.raises(ValueError, match="broken off"), seldom_collected():
        raise ValueError("broken off")

    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
