"""Find the bundled templates, in an installed wheel and in a checkout alike."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def templates_dir() -> Path:
    """Return the folder that holds ``pages/``: the package's own if it has one, else the checkout's."""
    installed = Path(str(files("subscribers"))) / "templates"
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent / "templates"
