"""Turns our own errors and the system's into words and exit codes with the standard library alone.

``digest try`` starts with nothing else; ``failures`` adds what the other commands can meet.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any

from digest.errors import DigestError

INTERRUPTED = 130
"""What a shell expects of a program ended by Ctrl-C: 128 + SIGINT."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

STOPPED = "Stopped. What was handed over is recorded; run the command again to go on."


def guarded(action: Callable[[], Any]) -> int:
    """Run an action; return its exit code, or the one that belongs to the error it raised."""
    try:
        code = action()
        sys.stdout.flush()
    except DigestError as error:
        return fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return fail(STOPPED, INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output left (`| head`): point the stream elsewhere so that closing it stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        return fail(f"The system refused{where}: {error.strerror or error}.", 1)
    return code if isinstance(code, int) else 0


def fail(message: str, code: int) -> int:
    """Print what went wrong on standard error and return the exit code."""
    print(f"digest: {printable(message)}", file=sys.stderr)
    return code


def printable(text: str) -> str:
    """Write control characters out, but for tab and newline: foreign words must not order a terminal about."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def printable_line(text: str) -> str:
    """Do the same to words that stand inside a line: they must not begin another."""
    return printable(text).replace("\n", "\\x0a")
