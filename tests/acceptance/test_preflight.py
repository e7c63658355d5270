"""What is looked at before the first byte of a send leaves."""

from __future__ import annotations

import shutil
from collections import namedtuple

import pytest

from digest import preflight
from tests.acceptance.workspace import SETTINGS, Workspace

SMTP = 'kind = "smtp"\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"\n'
OUTBOX = 'kind = "outbox"\npath = "outbox"\n'


@pytest.fixture
def ready(staffed: Workspace) -> Workspace:
    """Return a workspace whose stories are gathered and whose edition is built."""
    staffed.run("gather")
    assert staffed.run("build", "morning").code == 0
    return staffed


def write(courier: Workspace, transport: str) -> None:
    (courier.folder / "digest.toml").write_text(SETTINGS.replace(OUTBOX, transport), encoding="utf-8")


def test_a_missing_password_is_told_before_the_audience_is_frozen(ready: Workspace) -> None:
    write(ready, SMTP + 'username = "news"\npassword_env = "NO_SUCH_PASSWORD"\n')

    ran = ready.run("send", "morning", "--yes")

    assert ran.code == 3 and "NO_SUCH_PASSWORD" in ran.err
    assert ready.run("report", "morning", "--json").json["expected"] == 0


def sign_for_another_domain(workspace: Workspace) -> None:
    workspace.run("dkim", "keygen", "--domain", "other.example", "--out", str(workspace.folder / "key.pem"))
    write(workspace, SMTP + 'dkim = { domain = "other.example", selector = "digest", key_file = "key.pem" }\n')


def test_a_signature_for_another_domain_stops_a_send(ready: Workspace) -> None:
    sign_for_another_domain(ready)

    ran = ready.run("send", "morning", "--yes")

    assert ran.code == 3 and "signed for other.example" in ran.err


def test_a_full_disk_stops_a_send_before_it_begins(ready: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 1000))

    ran = ready.run("send", "morning", "--yes")

    assert ran.code == 3 and "disk" in ran.err


def test_a_list_that_has_doubled_overnight_waits_for_an_editor(ready: Workspace) -> None:
    assert ready.run("send", "morning", "--yes").code == 0
    many = ready.folder / "many.csv"
    many.write_text("email\n" + "".join(f"new{n}@example.org\n" for n in range(200)), encoding="utf-8")
    ready.run("subscribers", "import", str(many), "--list", "morning")
    ready.story("comet", "Late arrival")
    ready.run("gather")
    ready.run("build", "morning", "--slot", "breaking")

    withheld = ready.run("send", "morning", "--slot", "breaking", "--yes")
    ready.run("approve", "morning/2026-01-05/breaking")
    approved = ready.run("send", "morning", "--slot", "breaking", "--yes")

    assert withheld.code == 3 and "202 readers" in withheld.err
    assert approved.code == 0 and len(ready.mails()) == 204


@pytest.fixture
def frozen(ready: Workspace) -> Workspace:
    """Return a workspace whose edition was frozen before its server could be reached."""
    write(ready, SMTP)
    assert ready.run("send", "morning", "--yes").code == 1
    return ready


def test_going_on_with_an_edition_is_withheld_by_a_wrong_signature_too(frozen: Workspace) -> None:
    sign_for_another_domain(frozen)

    ran = frozen.run("send", "morning", "--yes")

    assert ran.code == 3 and "morning/2026-01-05 was not sent: sender-domain:" in ran.err


def test_going_on_does_not_ask_about_the_list_again(frozen: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_list", lambda *given: pytest.fail("the audience is frozen"))
    write(frozen, OUTBOX)

    assert frozen.run("send", "morning", "--yes").code == 0


def test_going_on_after_the_deadline_sends_nothing_and_says_so(frozen: Workspace) -> None:
    write(frozen, OUTBOX)
    frozen.now = "2026-01-05T18:00:00+00:00"

    ran = frozen.run("send", "morning", "--yes")

    assert ran.code == 3 and "the time to send ended at 2026-01-05 17:30 UTC" in ran.err
    assert frozen.mails() == []


def test_nothing_leaves_before_the_plan_for_a_new_sender_begins(ready: Workspace) -> None:
    write(ready, SMTP + "warm_up = { since = 2026-02-05 }\n")

    ran = ready.run("send", "morning", "--yes")

    assert ran.code == 3 and "no mail before 2026-02-05" in ran.err


def test_a_send_by_hand_after_not_after_goes_and_says_so(ready: Workspace) -> None:
    ready.now = "2026-01-05T16:00:00+00:00"

    ran = ready.run("send", "morning", "--yes")

    assert ran.code == 0 and len(ready.mails()) == 2
    assert "later than not_after = 10:30 (America/New_York): sent because you asked." in ran.out
