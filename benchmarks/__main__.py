"""``python -m benchmarks NAME …`` runs ``benchmarks/NAME.py``'s ``run(argv)``; without a name it lists them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Dispatch to one benchmark; an unknown name is wrong usage (2)."""
    here = Path(__file__).parent
    known = sorted(path.stem for path in here.glob("*.py") if "def run(" in path.read_text("utf-8"))
    if not argv or argv[0] not in known:
        print(f"usage: python -m benchmarks NAME [--data DIR] [--json]\nNAME is one of: {', '.join(known)}")
        return 0 if argv in (["-h"], ["--help"]) else 2
    return int(importlib.import_module(f"benchmarks.{argv[0]}").run(argv[1:]) or 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
