"""Remembers beside the database which editions left, so that a database brought back from a backup is noticed.

One line an edition and step, only ever appended, in a file of the workspace: moment, step, name of the edition.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, cast, get_args

from digest.errors import StoreError

MARKS = ".editions"
"""The file's name in the workspace. It belongs into no backup: it is there to be newer than one."""

Step = Literal["begun", "ended", "reopened", "accepted"]


@dataclass(frozen=True, slots=True)
class Mark:
    """The last thing that happened to one edition, named as ``EditionKey`` writes it."""

    edition: str
    step: Step
    at: datetime


def read_marks(folder: Path) -> tuple[Mark, ...]:
    """Return the last mark of each edition, the newest last; a line that a crash cut off is passed over."""
    try:
        lines = (folder / MARKS).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreError(
            f"Cannot read {folder / MARKS}: {error.strerror}. Make it readable, then try again."
        ) from error
    found: dict[str, Mark] = {}
    for line in lines:
        at, _, rest = line.partition(" ")
        step, _, edition = rest.partition(" ")
        if step in get_args(Step) and "/" in edition:
            found.pop(edition, None)
            found[edition] = Mark(edition, cast(Step, step), datetime.fromisoformat(at))
    return tuple(found.values())


def add_mark(folder: Path, mark: Mark) -> None:
    """Append a mark and wait until the disk has it; raises StoreError. Several processes may do it at once."""
    path = folder / MARKS
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # The newline in front ends a line that a crash cut off.
            os.write(descriptor, f"\n{mark.at.isoformat()} {mark.step} {mark.edition}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(
            f"Cannot note in {path} that {mark.edition} is {mark.step}: {error.strerror}. Nothing was sent; "
            "make room and see that the file can be written, then run the command again."
        ) from error
