"""What the preview makes of a mail, without a browser."""

from __future__ import annotations

import pytest

from digest.web.preview.mail import headers_of, in_light, links, weights, without_pictures
from tests.editions import item, small_edition

EDITION = small_edition(lead=item(1, "Ferry & bridge both closed"), sections=(), briefs=())
PAGE = (
    "<html><head><style>@media (prefers-color-scheme:dark){p{color:#fff}}</style></head><body>"
    '<h2>Ferry &amp; bridge <span class="nw">both closed</span></h2><p>Why &#39;tis so.</p>'
    '<a href="https://courier.example/a?b=1&amp;c=2">Read <b>on</b></a>'
    '<a href="https://courier.example/i"><img alt="A quay" src="cid:quay.png" width="40"></a></body></html>'
)


@pytest.mark.parametrize(
    ("scheme", "rule"), [("dark", "@media all"), ("light", "@media not all"), ("", "prefers-color")]
)
def test_a_light_is_forced_upon_a_copy_and_otherwise_nothing_is_changed(scheme: str, rule: str) -> None:
    shown = in_light(PAGE, scheme)

    assert rule in shown
    assert (shown == PAGE) == (scheme == "")


def test_a_program_that_inverts_is_shown_inverted() -> None:
    assert "invert(1)" in in_light(PAGE, "forced")


def test_pictures_that_are_off_keep_their_place_and_words() -> None:
    shown = without_pictures(PAGE)

    assert "quay.png" not in shown
    assert 'alt="A quay"' in shown
    assert 'width="40"' in shown


def test_links_are_told_with_their_words_or_their_pictures() -> None:
    assert [(link.url, link.words) for link in links(PAGE)] == [
        ("https://courier.example/a?b=1&c=2", "Read on"),
        ("https://courier.example/i", "[picture: A quay]"),
    ]


def test_the_blocks_weights_are_the_whole_mails() -> None:
    told = weights(PAGE, EDITION)

    assert [weight.name for weight in told] == ["Head and masthead", "Ferry & bridge both closed"]
    assert told[-1].end == sum(weight.size for weight in told) == len(PAGE.encode())


def test_a_block_beyond_what_is_shown_would_be_cut() -> None:
    long = PAGE.replace("Why", "é" * 60_000)

    assert [weight.is_cut for weight in weights(long, EDITION)] == [False, True]


def test_headers_are_unfolded() -> None:
    message = b"From: Morning\r\nSubject: Ferry\r\n and bridge\r\n\r\nBody: none\r\n"

    assert headers_of(message) == [("From", "Morning"), ("Subject", "Ferry and bridge")]
