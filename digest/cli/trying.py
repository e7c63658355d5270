"""``digest try STAGE``: one stage of the reading by itself, on the user's own input; JSON lines in and out.

Nothing but the standard library is imported on this path, so that a shell loop can afford it; each stage's module
is imported when it is asked for.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from digest.cli import plainly
from digest.errors import UsageError

STAGES = {
    "clean": "digest.cli.try_clean",
    "blurb": "digest.cli.try_blurb",
    "section": "digest.cli.try_section",
    "cluster": "digest.cli.try_cluster",
}
"""A stage's module has ``HELP``, ``options(parser)`` and ``run(given, text, put) -> exit code``."""

Put = Callable[[dict[str, Any]], None]


def run(words: Sequence[str]) -> int:
    """Run one stage and return the exit code: 2 when any line could not be read."""
    return plainly.guarded(lambda: _run(list(words)))


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        return _overview(sys.stdout if words else sys.stderr, 0 if words else 2)
    if words[0] not in STAGES:
        raise UsageError(f"digest try {words[0]}: there is no such stage; use one of {', '.join(STAGES)}.")
    stage = importlib.import_module(STAGES[words[0]])
    parser = _Parser(prog=f"digest try {words[0]}", description=stage.HELP, allow_abbrev=False)
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the input; standard input if not given")
    stage.options(parser)
    try:
        given = parser.parse_args(words[1:])
    except SystemExit:  # argparse has printed its help
        return 0
    return int(stage.run(given, _input(given.file), _put))


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are ours: one sentence, exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with what is wrong and where help is."""
        raise UsageError(f"{self.prog}: {message}; see `{self.prog} --help`.")


def _overview(stream: TextIO, code: int) -> int:
    print("Usage: digest try STAGE [OPTIONS] [FILE]\n\nOne stage by itself, JSON lines in and out.\n", file=stream)
    for name, module in STAGES.items():
        print(f"  {name:<9}{importlib.import_module(module).HELP}", file=stream)
    return code


def _input(name: str) -> str:
    """Read all input; bytes that are no UTF-8 become the replacement sign."""
    read = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    return read.decode("utf-8-sig", errors="replace")


def _put(record: dict[str, Any]) -> None:
    import json

    line = json.dumps(record, ensure_ascii=False, default=str)
    # A lone surrogate has no UTF-8; written as JSON's own escape it comes back as it went in.
    sys.stdout.buffer.write(line.encode("utf-8", errors="backslashreplace") + b"\n")
