"""An open transaction on a fresh store, over every database there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

import subscribers


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with subscribers.writing(engine) as conn:
        yield conn
