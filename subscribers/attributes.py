"""How a subscriber's attributes are written where the database keeps them as text, so that one is found by looking.

An object's own names stand after two spaces, ``{  "city": "Turin",  "at": {"city": "Lyon"}}``, and nothing within
their values does: inside a string a quotation mark has a backslash before it, and what is nested has single spaces.
So ``  "city": "Turin"`` is in the text exactly when that is an attribute, and no JSON has to be read to know it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring_ascii


def write(attributes: Mapping[str, object]) -> str:
    """Return the attributes as a JSON object in ASCII; raises ValueError and TypeError for what JSON does not have."""
    return join(start(name) + json.dumps(value, allow_nan=False) for name, value in attributes.items())


def start(name: str) -> str:
    """Return what stands before the attribute's value."""
    return f"  {encode_basestring_ascii(name)}: "


def join(written: Iterable[str]) -> str:
    """Return the object of attributes that are written already, each begun by its ``start``."""
    return f"{{{','.join(written)}}}"
