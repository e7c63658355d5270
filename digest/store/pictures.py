"""Keeps pictures that were made ready for mail, under a name that is their content's hash."""

from __future__ import annotations

import sqlalchemy as sa

from digest.store import schema
from digest.store.sql import insert_new

_p = schema.picture


def put_picture(conn: sa.Connection, name: str, content: bytes) -> None:
    """Keep a picture; one of the same name has the same content and stays."""
    insert_new(conn, _p, {"name": name, "content": content})


def get_picture(conn: sa.Connection, name: str) -> bytes | None:
    """Return a picture's bytes, or None when there is none of that name."""
    found: bytes | None = conn.execute(sa.select(_p.c.content).where(_p.c.name == name)).scalar_one_or_none()
    return found
