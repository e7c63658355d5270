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

_MAGIC = b"digest ring 2\n"
_HEADER = struct.Struct("<16s40sq")

# A slot is four words of 64 bits: edition, subscriber, fence, and the state, whose lowest byte is the phase, the next
# the fate and the rest the code. Each word is written by one aligned store, the state last: whatever instruction a
# process dies at, a slot half filled still reads as free and an answer is there whole or not at all.
_WORDS = 4
_SLOT = struct.Struct("=4q")
_FIRST = _HEADER.size // 8
_FREE, _ADMITTED, _ANSWERED = 0, 1, 2
_FATES = tuple(Fate)
_NUMBERS = {fate: _ANSWERED | number << 8 for number, fate in enumerate(_FATES)}


class Ring:
    """The journal of one sending process; used by one thread. Close it after the last outcome is recorded."""

    def __init__(self, path: Path, token: str, slots: int = SLOTS) -> None:
        size = _HEADER.size + slots * _SLOT.size
        with path.open("wb") as file:
            file.write(_HEADER.pack(_MAGIC, token.encode("ascii"), slots).ljust(size, b"\0"))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)
        self._words = memoryview(self._map).cast("q")
        self._free = list(range(len(self._words) - _WORDS, _FIRST - 1, -_WORDS))
        self._slots: dict[int, int] = {}

    def admit(self, edition_id: int, subscriber_id: int, fence: int) -> None:
        """Note that a message is about to pass the point of no return; raises LedgerError when all slots are taken."""
        slot = self._slots.get(subscriber_id)
        if slot is None:
            if not self._free:
                raise LedgerError("The journal of unsettled messages is full: outcomes were not recorded in time.")
            slot = self._slots[subscriber_id] = self._free.pop()
        words = self._words
        words[slot + 3] = _FREE
        words[slot] = edition_id
        words[slot + 1] = subscriber_id
        words[slot + 2] = fence
        words[slot + 3] = _ADMITTED

    def answer(self, subscriber_id: int, fate: Fate, code: int = 0) -> None:
        """Note the answer to an admitted message; messages never admitted are passed over."""
        slot = self._slots.get(subscriber_id)
        if slot is not None:
            self._words[slot + 3] = _NUMBERS[fate] | code << 16

    def free(self, subscriber_ids: Iterable[int]) -> None:
        """Empty the slots of messages whose outcomes are recorded."""
        words, taken, free = self._words, self._slots, self._free
        for subscriber_id in subscriber_ids:
            slot = taken.pop(subscriber_id, None)
            if slot is not None:
                words[slot + 3] = _FREE
                free.append(slot)

    def find(self, subscriber_id: int) -> Mark | None:
        """Return what the journal says of one message of this process, or None."""
        slot = self._slots.get(subscriber_id)
        return None if slot is None else _mark(*self._words[slot : slot + _WORDS])

    def close(self) -> None:
        """Unmap the file; may be called twice. The file itself stays for its owner to remove."""
        self._words.release()
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
    whole = len(content) == _HEADER.size + slots * _SLOT.size
    if magic.rstrip(b"\0") != _MAGIC or written.rstrip(b"\0") != token.encode("ascii") or not whole:
        return None
    marks = (_mark(*words) for words in _SLOT.iter_unpack(content[_HEADER.size :]))
    return [mark for mark in marks if mark is not None]


def _mark(edition_id: int, subscriber_id: int, fence: int, state: int) -> Mark | None:
    phase = state & 0xFF
    if phase == _FREE:
        return None
    if phase == _ADMITTED:
        return Mark(edition_id, subscriber_id, fence, None, 0)
    return Mark(edition_id, subscriber_id, fence, _FATES[state >> 8 & 0xFF], state >> 16)
