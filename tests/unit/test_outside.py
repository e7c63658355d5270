"""What the world outside says of a mail: a transport that answers as told, and a judge that is a small program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from digest.http import GuardedClient
from digest.outside import LINKS_S, MOST_LINKS, addresses, reach, spam

GONE = "https://courier.example/gone"


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> GuardedClient:
    return GuardedClient(transport=httpx.MockTransport(answer))


def told(urls: list[str], answer: Callable[[httpx.Request], httpx.Response]) -> list[str]:
    with client_of(answer) as client:
        return [finding.message for finding in reach(urls, client)]


def test_the_readers_own_pages_are_asked_by_their_health_and_no_link_of_nobody_is_opened() -> None:
    page = (
        '<a href="https://courier.example/a?b=1&amp;c=2">A</a><a href="https://courier.example/u/TOKEN">Leave</a>'
        '<a href="mailto:desk@example.org">Write</a><a class="x" href="https://courier.example/a?b=1&amp;c=2">A</a>'
    )

    assert addresses(page, "https://courier.example") == [
        "https://courier.example/healthz",
        "https://courier.example/a?b=1&c=2",
    ]


def test_a_page_that_answers_is_not_worth_a_word() -> None:
    assert told([GONE], lambda request: httpx.Response(200)) == []


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_page_that_is_gone_is_told_with_its_status(status: int) -> None:
    assert told([GONE], lambda request: httpx.Response(status)) == [f"{GONE} answers with status {status}."]


def test_a_server_that_does_not_know_head_is_asked_again() -> None:
    assert told([GONE], lambda request: httpx.Response(405 if request.method == "HEAD" else 200)) == []


def test_a_server_that_is_down_is_told() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    assert told([GONE], refuse)[0].startswith(f"{GONE} does not answer: ")


def test_an_address_inside_the_network_is_not_asked() -> None:
    with GuardedClient(resolver=lambda host, port: ["10.0.0.7"]) as client:
        found = [finding.message for finding in reach(["https://intranet.example/"], client)]

    assert len(found) == 1
    assert "does not answer" in found[0]


def test_what_was_not_asked_after_is_told_and_nothing_of_it_stops_a_send() -> None:
    many = [f"https://courier.example/{n}" for n in range(MOST_LINKS + 3)]
    moments: Iterator[float] = iter(range(0, 10 * LINKS_S, 10))

    with client_of(lambda request: httpx.Response(200)) as client:
        late = list(reach(many[:10], client, clock=lambda: next(moments)))
        found = list(reach(many, client))

    assert [finding.message for finding in found] == [f"3 of {MOST_LINKS + 3} links were not asked after."]
    assert [finding.message for finding in late] == ["7 of 10 links were not asked after."]
    assert not any(finding.blocks for finding in (*found, *late))


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a program in the place of SpamAssassin's, which says the same of every mail."""

    def says(report: str) -> None:
        program = tmp_path / "spamc"
        program.write_text(f"#!/bin/sh\ncat >/dev/null\ncat <<'END'\n{report}\nEND\n", "utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return says


REPORT = """{score}/5.0
Content analysis details:   ({score} points, 5.0 required)

 pts rule name              description
---- ---------------------- -------------------------------
 2.3 MPART_ALT_DIFF         BODY: HTML and text parts are different
-0.0 NO_RELAYS              Informational
 0.1 HTML_SHORT             Short
"""


@pytest.mark.parametrize(("score", "stops"), [("2.3", False), ("5.0", True), ("8.4", True)])
def test_a_mail_that_looks_like_spam_is_told_with_its_tests(
    judge: Callable[[str], None], score: str, stops: bool
) -> None:
    judge(REPORT.format(score=score))

    found = list(spam(b"Subject: Ferry\r\n\r\nIt runs.\r\n"))

    assert [(finding.rule, finding.blocks) for finding in found] == [("spam", stops)]
    assert f"{float(score):g} of 5 points: MPART_ALT_DIFF 2.3." in found[0].message
    assert not any(finding.blocks for finding in spam(b"Subject: Ferry\r\n\r\nIt runs.\r\n", waived=True))


@pytest.mark.parametrize("report", ["-0.0/5.0", "1.9/5.0", "0/0", ""])
def test_a_good_mail_and_a_judge_that_does_not_answer_are_not_worth_a_word(
    judge: Callable[[str], None], report: str
) -> None:
    judge(report)

    assert list(spam(b"Subject: Ferry\r\n\r\nIt runs.\r\n")) == []
