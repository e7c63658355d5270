"""Turns errors into words on standard error and into exit codes, in one place."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from digest.cli import INTERRUPTED
from digest.errors import DigestError
from subscribers.errors import BadAddress, BadFile, SubscribersError, UnknownList, UnknownSubscriber

_USAGE = (BadAddress, UnknownList, UnknownSubscriber, BadFile)


def guarded(action: Callable[[], Any]) -> int:
    """Run an action; return its exit code, or the one that belongs to the error it raised."""
    try:
        code = action()
    except DigestError as error:
        return _fail(str(error), error.exit_code)
    except SubscribersError as error:
        return _fail(str(error), 2 if isinstance(error, _USAGE) else 1)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Stopped. What was handed over is recorded; run the command again to go on.", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output left (`| head`): point the stream elsewhere so that closing it stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        return _fail(f"The system refused{where}: {error.strerror or error}.", 1)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    print(f"digest: {message}", file=sys.stderr)
    return code
