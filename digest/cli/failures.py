"""Turns errors into words on standard error and into exit codes, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from digest.cli import plainly
from subscribers.errors import BadAddress, BadFile, SubscribersError, UnknownList, UnknownSubscriber

_USAGE = (BadAddress, UnknownList, UnknownSubscriber, BadFile)


def guarded(action: Callable[[], Any]) -> int:
    """Run an action; return its exit code, or the one that belongs to the error it raised."""
    return plainly.guarded(lambda: _met(action))


def _met(action: Callable[[], Any]) -> Any:
    """Run an action and answer for the errors of its libraries."""
    try:
        return action()
    except SubscribersError as error:
        return plainly.fail(str(error), 2 if isinstance(error, _USAGE) else 1)
    except typer.Abort:
        return plainly.fail(plainly.STOPPED, plainly.INTERRUPTED)
