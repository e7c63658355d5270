"""The command line: the only place that prints, asks the time and turns errors into exit codes.

Exit codes: 0 done · 1 failed or unfinished · 2 wrong usage or configuration · 3 nothing sent, by policy.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the console script passes it to the shell."""
    words, config = _without_config(list(sys.argv[1:] if arguments is None else arguments))
    if config:
        os.environ["DIGEST_CONFIG"] = config
    if words[:1] == ["try"]:
        from digest.cli import trying

        return trying.run(words[1:])
    from digest.cli import app

    return app.run(words)


def _without_config(words: list[str]) -> tuple[list[str], str]:
    """Take ``--config FILE`` out of the words wherever it stands: before or after the command."""
    config = ""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--config":
            config = next(rest, "")
            if not config:
                kept.append(word)
        elif word.startswith("--config="):
            config = word.partition("=")[2]
        else:
            kept.append(word)
    return kept, config
