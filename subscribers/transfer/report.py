"""What an import did with every row of a file, in values that can be printed, counted and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

Progress = Callable[[int, int], None]
"""Told after every batch how many rows are done, of about how many."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, where it stands, what it held for an address, and why."""

    line: int
    text: str
    reason: str


class Outcome(StrEnum):
    """What an import did with a row.

    ``added`` is new on the list; ``known`` was on it already (missing name, tags and attributes are filled in);
    ``ended`` left or bounced there and is suppressed here; ``kept_out`` would have joined but has left here, or must
    not be mailed; ``duplicate`` stood in the file before; ``refused`` could not be read.
    """

    ADDED = "added"
    KNOWN = "known"
    ENDED = "ended"
    KEPT_OUT = "kept_out"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(slots=True)
class ImportReport:
    """What an import did, or in a dry run would do. ``counts`` has every outcome and adds up to ``rows``."""

    file: str
    format: str
    because: str
    encoding: str
    dry_run: bool
    import_id: int | None = None
    rows: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
