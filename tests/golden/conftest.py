"""Compares what is rendered with files under review; ``pytest --update-golden`` rewrites them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FILES = Path(__file__).parent / "files"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option; known when this folder is among those given to pytest, or is found from the root."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a check that a text equals the golden file of that name."""
    updating = bool(request.config.getoption("--update-golden", default=False))

    def check(name: str, text: str) -> None:
        path = FILES / name
        if updating:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path.name} is missing: run pytest tests/golden --update-golden and review the diff"
        assert text == path.read_text(encoding="utf-8"), f"{name} changed: pytest tests/golden --update-golden"

    return check
