"""Puts messages into a folder instead of sending them: a Maildir that every mail program can open.

A message is written under ``tmp/``, made durable, and renamed into ``new/``: that rename is the irrevocable step. Its
name follows from its Message-ID, so that a repeat is seen and changes nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from digest.errors import TransportError
from digest.model import Fate, Outcome, Outgoing, Pieces
from digest.protocols import Gate


class Outbox:
    """The folder transport. Several processes may write to one folder."""

    kind = "outbox"
    codec: Literal["wire", "json"] = "wire"
    batch = 1

    def __init__(self, path: Path) -> None:
        self.path = path

    def probe(self) -> None:
        """Make the folder if need be and check that it can be written; raises TransportError."""
        try:
            for part in ("tmp", "new", "cur"):
                (self.path / part).mkdir(parents=True, exist_ok=True)
            probe = self.path / "tmp" / f"probe.{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise TransportError(
                f"The outbox {self.path} cannot be written: {error.strerror or error}. Check transport.path and the "
                "owner and mode of that folder."
            ) from error

    def deliver(self, messages: Iterable[Outgoing], gate: Gate) -> Iterator[Outcome]:
        """Write the messages, one after the other; raises TransportError when the disk refuses."""
        self.probe()
        known = {_stem(entry.name) for entry in (self.path / "cur").iterdir()}
        for message in messages:
            try:
                yield self._deliver_one(message, gate, known)
            except OSError as error:
                raise TransportError(
                    f"The outbox {self.path} could not take a message: {error.strerror or error}. Nothing is lost: "
                    "put that right (is the disk full?) and send again."
                ) from error

    def close(self) -> None:
        """Hold nothing open."""

    def _deliver_one(self, message: Outgoing, gate: Gate, known: set[str]) -> Outcome:
        content = bytes(message.content) if isinstance(message.content, Pieces) else message.content
        if not isinstance(content, bytes):
            raise TransportError("The outbox takes whole messages; this one is a provider's payload.")
        name = file_name(message.message_id)
        target = self.path / "new" / name
        if name in known or target.exists():
            return Outcome(message.subscriber_id, Fate.ACCEPTED, message.fence, "250", f"already in the outbox: {name}")
        draft = self.path / "tmp" / f"{name}.{os.getpid()}"
        _write(draft, content)
        if not gate.admit([message]):
            draft.unlink()
            return Outcome(message.subscriber_id, Fate.SKIPPED, message.fence)
        draft.rename(target)
        _sync_folder(target.parent)
        outcome = Outcome(message.subscriber_id, Fate.ACCEPTED, message.fence, "250", f"written to {name}")
        gate.answered([outcome])
        return outcome


def file_name(message_id: str) -> str:
    """Return a message's name in the folder: the same at every try, and without the name of this machine."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32] + ".eml"


def _stem(name: str) -> str:
    # Mail programs move a message to cur/ and append their flags after a colon.
    return name.partition(":")[0]


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
