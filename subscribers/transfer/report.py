"""What an import did with every row of a file, in values that can be printed, counted and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

Progress = Callable[[int, int], None]
"""Told after every batch how many rows are done, of about how many."""


OWN_COLUMNS = ("line", "reason")
"""What stands before each row in a file of refused rows; when it comes back mended, they mean nothing."""


OWN_EXPORT = "our own export"
"""The format of what ``restoring`` reads."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, where it stands, what it held for an address, and why.

    ``cells`` are all of it, under ``columns`` where it is a row of a table; of JSON one cell, the object's text.
    """

    line: int
    text: str
    reason: str
    cells: tuple[str, ...] = field(default=(), compare=False)
    columns: tuple[str, ...] = field(default=(), compare=False)


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
    """What an import did, or in a dry run would do. ``counts`` has every outcome and adds up to ``rows``.

    ``refused`` also has the rows counted as ``ended`` of which nothing but the leaving was taken. ``warnings`` are
    what somebody should look at before a mail goes out. ``unread_dates`` counts the rows with a date that could not be
    read, who joined now as far as anybody knows; ``unread_date`` is the first of them. ``columns`` are those of the
    file, if it is a table.
    """

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
    warnings: list[str] = field(default_factory=list)
    unread_dates: int = 0
    unread_date: str = ""
    columns: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether the file could be read, and was not damaged where none of it may be: our own export."""
        return bool(self.format) and not (self.format == OWN_EXPORT and self.counts[Outcome.REFUSED])
