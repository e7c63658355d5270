"""How moments and attributes are written where SQLite keeps them as text. Knows no database.

Attributes are written so that one is found by looking. An object's own names stand after two spaces,
``{  "city": "Turin",  "at": {"city": "Lyon"}}``, and nothing within their values does: inside a string a quotation
mark has a backslash before it, and what is nested has single spaces. So ``  "city": "Turin"`` is in the text exactly
when that is an attribute, and no JSON has to be read to know it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii


@lru_cache(maxsize=16_384)
def moment(at: datetime) -> str:
    """Write a moment as SQLAlchemy does; raises ValueError for one without a zone.

    Remembered, because one import writes a reader's moment into three tables.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def attributes(said: Mapping[str, object]) -> str:
    """Return the attributes as a JSON object in ASCII; raises ValueError and TypeError for what JSON does not have."""
    return joined(attribute(name) + json.dumps(value, allow_nan=False) for name, value in said.items())


def attribute(name: str) -> str:
    """Return what stands before the attribute's value."""
    return f"  {encode_basestring_ascii(name)}: "


def joined(written: Iterable[str]) -> str:
    """Return the object of attributes that are written already, each begun by ``attribute``."""
    return f"{{{','.join(written)}}}"
