"""Brings the database's tables up to date and refuses one that this program cannot use.

Two histories live in one database: the subscribers' first, then ours, each under its own version table.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

import subscribers
from digest.errors import StoreError

VERSION_TABLE = "digest_version"
"""Where our history notes its revision."""


def migrations_dir() -> Path:
    """Return the folder of our Alembic history, in the checkout and in an installed wheel alike."""
    return Path(__file__).parent / "migrations"


def upgrade(engine: sa.Engine) -> None:
    """Bring both histories to their newest revision; may be run twice and by several processes at once.

    Raises StoreError, with nothing changed, when a newer program has written the database.
    """
    if "unknown" in _states(engine):
        raise StoreError(_TOO_NEW.format(where=_told(engine)))
    try:
        subscribers.upgrade(engine)
        subscribers.migrate(engine, migrations_dir(), VERSION_TABLE)
    except subscribers.DatabaseError as error:
        raise StoreError(f"The tables were not upgraded. {error}") from error


def is_empty(engine: sa.Engine) -> bool:
    """Tell whether our tables are still to be made, though another process may just be making the subscribers'."""
    return _state(engine, migrations_dir(), VERSION_TABLE) == "empty"


def check(engine: sa.Engine) -> None:
    """Raise StoreError, with what to do, unless the database is exactly at this program's revisions."""
    found = _states(engine)
    if found == {"current"}:
        return
    if "unknown" in found:
        raise StoreError(_TOO_NEW.format(where=_told(engine)))
    what = "has no tables yet" if "empty" in found else "was made by an older version of this program"
    raise StoreError(f"The database {_told(engine)} {what}. Back it up, then run `digest db upgrade`.")


_TOO_NEW = (
    "The database {where} was made by a newer version of this program; nothing was changed. "
    "Update the program, or restore the backup made before that update."
)


def _states(engine: sa.Engine) -> set[str]:
    """Return how the database stands to the two histories."""
    theirs = _state(engine, subscribers.migrations_dir(), subscribers.VERSION_TABLE)
    return {theirs, _state(engine, migrations_dir(), VERSION_TABLE)}


def _state(engine: sa.Engine, folder: Path, version_table: str) -> str:
    try:
        return subscribers.state(engine, folder, version_table)
    except subscribers.DatabaseError as error:
        raise StoreError(str(error)) from error


def _told(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
