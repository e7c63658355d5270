"""Whom a mail goes to and where it comes back to, over a real conversation with a server."""

from __future__ import annotations

from datetime import datetime

import pytest

from digest.newsroom import open_newsroom
from digest.settings import load
from subscribers import Purpose, verify
from tests.acceptance.workspace import MONDAY, SETTINGS, Workspace
from tests.smtp_sink import Sink


def by_smtp(workspace: Workspace, sink: Sink, more: str = "") -> None:
    where = f'[transport]\nkind = "smtp"\nhost = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"\n'
    workspace.settings(SETTINGS.replace('[transport]\nkind = "outbox"\npath = "outbox"\n', where + more))


@pytest.mark.parametrize(
    ("keywords", "accepted"), [(("PIPELINING",), 2), (("PIPELINING", "SMTPUTF8"), 3)], ids=["plain", "SMTPUTF8"]
)
def test_an_address_beyond_ascii_reaches_who_can_be_reached_and_keeps_nobody_from_it(
    staffed: Workspace, keywords: tuple[str, ...], accepted: int
) -> None:
    staffed.run("subscribers", "add", "jürgen@example.org", "--list", "morning")
    with Sink(keywords=keywords) as sink:
        by_smtp(staffed, sink)
        ran = staffed.run("run", "morning")

    assert ran.code == 0
    assert len(sink.taken) == accepted
    assert ("jürgen@example.org" in sink.recipients) == (accepted == 3)


def test_a_bounce_domain_gives_each_delivery_its_own_way_back(staffed: Workspace) -> None:
    with Sink() as sink:
        by_smtp(staffed, sink, '\n[mail]\nbounce_domain = "bounce.courier.example"\n')
        staffed.run("run", "morning")

    senders = [line.partition("<")[2].partition(">")[0] for line in sink.commands if line.startswith("MAIL")]
    keys = open_newsroom(load(staffed.folder / "digest.toml"), lambda: datetime.fromisoformat(MONDAY)).keys
    tokens = [sender.partition("@")[0].removeprefix("bounce+") for sender in senders]
    found = [verify(keys, Purpose.BOUNCE, token, now=datetime.fromisoformat(MONDAY)) for token in tokens]
    assert {sender.partition("@")[2] for sender in senders} == {"bounce.courier.example"}
    assert sorted(token.subscriber_id for token in found) == [1, 2]
