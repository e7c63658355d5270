"""The invented newsroom of ``digest demo``: its stories, blocks, pictures and readers, frozen on one day.

Knows where the files are and copies them into a workspace; reading and mailing them is the real job's work.
"""

from __future__ import annotations

import filecmp
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

from digest.errors import DigestError, UsageError

SAMPLES_DAY = date(2026, 1, 6)
"""The local day of the sample edition, a Tuesday in America/New_York."""

SAMPLES_NOW = datetime(2026, 1, 6, 11, 30, tzinfo=UTC)
"""The moment the demo's clock stands at: 06:30 in America/New_York."""


def newsroom_dir() -> Path:
    """Return the bundled workspace: ``digest.toml``, ``stories/``, ``images/``, ``blocks/``, ``readers.csv`` and
    ``suppressed.txt``. It is part of the package and must not be written to."""
    return Path(__file__).resolve().parent / "newsroom"


def suppressed_addresses() -> tuple[str, ...]:
    """Return the sample readers who must not be mailed, one for each line of ``suppressed.txt``."""
    return tuple((newsroom_dir() / "suppressed.txt").read_text(encoding="utf-8").split())


def copy_newsroom(target: Path) -> tuple[Path, ...]:
    """Copy the sample newsroom into a folder, which is made if it is missing; return the files left as they were.

    May be run again: a file that is already there is never written over. Those whose content differs from the
    samples, because somebody edited them, are the ones returned, as paths relative to ``target``, sorted.
    Raises UsageError when ``target`` is a file, and DigestError when the folder cannot be written.
    """
    if target.exists() and not target.is_dir():
        raise UsageError(f"Cannot put the sample newsroom into {target}: it is a file. Name a folder with --dir.")
    edited: list[Path] = []
    try:
        for original in sorted(path for path in newsroom_dir().rglob("*") if path.is_file()):
            name = original.relative_to(newsroom_dir())
            if not _place(original, target / name):
                edited.append(name)
    except OSError as error:
        raise DigestError(
            f"Cannot copy the sample newsroom into {target}: {error.strerror or error}. "
            "Name a folder you may write to with --dir."
        ) from error
    return tuple(edited)


def _place(original: Path, copy: Path) -> bool:
    """Copy a file unless something stands in its place; tell whether the place now holds the original's content."""
    if copy.exists():
        return copy.is_file() and filecmp.cmp(original, copy, shallow=False)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(original, copy)
    return True
