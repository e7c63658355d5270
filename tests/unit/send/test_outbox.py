"""The folder transport."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from digest.errors import TransportError
from digest.model import Fate, Outgoing
from digest.send.outbox import Outbox, file_name
from tests.sends import OpenGate, message


def test_a_mail_program_can_read_the_folder(tmp_path: Path) -> None:
    list(Outbox(tmp_path / "outbox").deliver([message(1), message(2)], OpenGate()))

    found = mailbox.Maildir(tmp_path / "outbox", create=False)
    assert {mail["Message-ID"] for mail in found} == {"<1@example.com>", "<2@example.com>"}


def test_a_repeat_is_seen_and_changes_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    list(outbox.deliver([message(1)], OpenGate()))

    (again,) = outbox.deliver([message(1)], OpenGate())

    assert (again.fate, "already" in again.reply) == (Fate.ACCEPTED, True)
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_a_repeat_is_seen_after_a_mail_program_has_moved_it(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    list(outbox.deliver([message(1)], OpenGate()))
    name = file_name("<1@example.com>")
    (tmp_path / "new" / name).rename(tmp_path / "cur" / f"{name}:2,S")

    list(outbox.deliver([message(1)], OpenGate()))

    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_held_back_leaves_no_trace(tmp_path: Path) -> None:
    list(Outbox(tmp_path).deliver([message(1)], OpenGate(1)))

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_outbox_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")

    with pytest.raises(TransportError, match=r"outbox cannot be written: .*transport\.path"):
        list(Outbox(tmp_path / "outbox").deliver([message(1)], OpenGate()))


def test_a_disk_that_fills_up_ends_the_send(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.probe()
    deep = message(1)
    (tmp_path / "new" / file_name(deep.message_id)).symlink_to(tmp_path / "nowhere")
    (tmp_path / "tmp").rmdir()
    (tmp_path / "tmp").symlink_to("/dev/full/x")

    with pytest.raises(TransportError):
        list(outbox.deliver([deep], OpenGate()))


def test_a_providers_payload_is_no_mail(tmp_path: Path) -> None:
    payload = Outgoing(1, "reader1@example.org", "morning@example.com", "<1@example.com>", {"to": "x"})

    with pytest.raises(TransportError, match="whole messages"):
        list(Outbox(tmp_path).deliver([payload], OpenGate()))
