"""Turns errors into words on standard error and into exit codes, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from digest.cli import plainly
from subscribers.errors import DatabaseError, SubscribersError, Suppressed

_FAILED = (DatabaseError, Suppressed)
"""What may end otherwise another time; anything else the package explains was asked wrongly."""


def guarded(action: Callable[[], Any]) -> int:
    """Run an action; return its exit code, or the one that belongs to the error it raised."""
    return plainly.guarded(lambda: _met(action))


def _met(action: Callable[[], Any]) -> Any:
    """Run an action and answer for the errors of its libraries."""
    try:
        return action()
    except SubscribersError as error:
        return plainly.fail(str(error), 1 if isinstance(error, _FAILED) else 2)
    except typer.Abort:
        return plainly.fail(plainly.STOPPED, plainly.INTERRUPTED)
