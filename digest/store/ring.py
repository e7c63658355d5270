"""A sender's journal of unsettled messages: a file mapped into memory, one slot a message.

A slot is filled right before a message's irrevocable step, gets the answer the moment it is read, and is free again
once the outcome is recorded in the database. What was written survives the death of the process, because the pages
belong to the kernel; it does not survive the death of the machine, so a journal counts only within one boot.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from digest.errors import LedgerError
from digest.model import Fate, Mark

SLOTS = 4096
"""More than a sender ever has unsettled: two batches, and one message a connection."""

_MAGIC = b"digest ring 1\n"
_HEADER = struct.Struct("<16s32sq")
_BODY = struct.Struct("<qqi")  # edition, subscriber, fence
_ANSWER = struct.Struct("<ii")  # fate, code
_PHASE = struct.Struct("<i")
_ANSWER_AT = _BODY.size
_PHASE_AT = _ANSWER_AT + _ANSWER.size
_SLOT_SIZE = 32

_FREE, _ADMITTED, _ANSWERED = 0, 1, 2
_FATES = tuple(Fate)
_NUMBERS = {fate: number for number, fate in enumerate(_FATES)}


class Ring:
    """The journal of one sending process; used by one thread. Close it after the last outcome is recorded."""

    def __init__(self, path: Path, token: str, slots: int = SLOTS) -> None:
        size = _HEADER.size + slots * _SLOT_SIZE
        with path.open("wb") as file:
            file.write(_HEADER.pack(_MAGIC, token.encode("ascii"), slots).ljust(size, b"\0"))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)
        self._free = list(range(size - _SLOT_SIZE, _HEADER.size - 1, -_SLOT_SIZE))
        self._slots: dict[int, int] = {}

    def admit(self, edition_id: int, subscriber_id: int, fence: int) -> None:
        """Note that a message is about to pass the point of no return; raises LedgerError when all slots are taken."""
        slot = self._slots.get(subscriber_id)
        if slot is None:
            if not self._free:
                raise LedgerError("The journal of unsettled messages is full: outcomes were not recorded in time.")
            slot = self._slots[subscriber_id] = self._free.pop()
        # The phase is written last: a slot half filled at the moment of death still reads as free.
        _PHASE.pack_into(self._map, slot + _PHASE_AT, _FREE)
        _BODY.pack_into(self._map, slot, edition_id, subscriber_id, fence)
        _PHASE.pack_into(self._map, slot + _PHASE_AT, _ADMITTED)

    def answer(self, subscriber_id: int, fate: Fate, code: int = 0) -> None:
        """Note the answer to an admitted message; messages never admitted are passed over."""
        slot = self._slots.get(subscriber_id)
        if slot is not None:
            _ANSWER.pack_into(self._map, slot + _ANSWER_AT, _NUMBERS[fate], code)
            _PHASE.pack_into(self._map, slot + _PHASE_AT, _ANSWERED)

    def free(self, subscriber_ids: Iterable[int]) -> None:
        """Empty the slots of messages whose outcomes are recorded."""
        for subscriber_id in subscriber_ids:
            slot = self._slots.pop(subscriber_id, None)
            if slot is not None:
                _PHASE.pack_into(self._map, slot + _PHASE_AT, _FREE)
                self._free.append(slot)

    def find(self, subscriber_id: int) -> Mark | None:
        """Return what the journal says of one message of this process, or None."""
        slot = self._slots.get(subscriber_id)
        return None if slot is None else _read(self._map, slot)

    def close(self) -> None:
        """Unmap the file; may be called twice. The file itself stays for its owner to remove."""
        self._map.close()


def read_marks(path: Path, token: str) -> Sequence[Mark] | None:
    """Return what a dead process's journal says, or None when the file is missing, foreign or cut off."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if len(content) < _HEADER.size:
        return None
    magic, written, slots = _HEADER.unpack_from(content)
    whole = len(content) == _HEADER.size + slots * _SLOT_SIZE
    if magic.rstrip(b"\0") != _MAGIC or written.rstrip(b"\0") != token.encode("ascii") or not whole:
        return None
    marks = (_read(content, slot) for slot in range(_HEADER.size, len(content), _SLOT_SIZE))
    return [mark for mark in marks if mark is not None]


def _read(content: bytes | mmap.mmap, slot: int) -> Mark | None:
    (phase,) = _PHASE.unpack_from(content, slot + _PHASE_AT)
    if phase == _FREE:
        return None
    edition_id, subscriber_id, fence = _BODY.unpack_from(content, slot)
    fate, code = _ANSWER.unpack_from(content, slot + _ANSWER_AT)
    known = _FATES[fate] if phase == _ANSWERED else None
    return Mark(edition_id, subscriber_id, fence, known, code if phase == _ANSWERED else 0)
