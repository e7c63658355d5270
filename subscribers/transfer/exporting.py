"""Write people out: JSON lines that lose nothing, and a table for spreadsheets.

JSON lines are what ``restoring`` reads; the same database always gives the same bytes. A table is a view: it shows
who is on a list and cannot bring back everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from subscribers import schema, store
from subscribers.lists import get_list, iter_lists
from subscribers.model import Consent, List, Subscriber, Subscription, Suppression
from subscribers.suppression import iter_suppressions
from subscribers.transfer.cells import csv_line, safe_cell

FORMAT = "subscribers"
VERSION = 1

COLUMNS = ("email", "name", "list", "status", "since", "tags", "attributes")


def export_list(conn: sa.Connection, list_id: str | None, format: Literal["csv", "jsonl"]) -> Iterator[str]:
    """Yield the lines of an export, each with its line end: of one list, or of everything; raises UnknownList.

    JSON lines hold addresses, choices, evidence, and suppressions as hashes, which only the same suppression key can
    read. The table is UTF-8, one row a subscription, ended ones included.
    """
    if list_id is not None:
        get_list(conn, list_id)
    return _jsonl(conn, list_id) if format == "jsonl" else _csv(conn, list_id)


def _csv(conn: sa.Connection, list_id: str | None) -> Iterator[str]:
    yield csv_line(COLUMNS)
    for person in store.iter_subscribers(conn, list_id):
        for standing in person.subscriptions:
            if list_id in (None, standing.list_id):
                yield csv_line(list(map(safe_cell, _cells(person, standing))))


def _cells(person: Subscriber, standing: Subscription) -> tuple[str, ...]:
    attributes = json.dumps(person.attributes, ensure_ascii=False, sort_keys=True) if person.attributes else ""
    since = standing.since.isoformat()
    tags = ", ".join(person.tags)
    return (person.address, person.name, standing.list_id, standing.status, since, tags, attributes)


def _jsonl(conn: sa.Connection, list_id: str | None) -> Iterator[str]:
    fingerprint = conn.scalar(sa.select(schema.setting.c.value).where(schema.setting.c.name == "suppression_key"))
    yield _line({"kind": FORMAT, "version": VERSION, "suppression_key": fingerprint or ""})
    for each in iter_lists(conn):
        if list_id in (None, each.id):
            yield _line({"kind": "list"} | _plain(each))
    # Before the people, so that whoever reads them back knows already whom to keep out.
    for suppression in iter_suppressions(conn):
        if list_id is None or suppression.list_id in ("", list_id):
            yield _line({"kind": "suppression"} | _plain(suppression))
    for people in store.iter_with_evidence(conn, list_id):
        for person, consents in people:
            yield _line(_person(person, consents, list_id))


def _person(person: Subscriber, consents: Sequence[tuple[str, Consent]], list_id: str | None) -> dict[str, Any]:
    return {
        "kind": "subscriber",
        "email": person.address,
        "name": person.name,
        "created_at": _written(person.created_at),
        "tags": list(person.tags),
        "attributes": dict(person.attributes),
        "subscriptions": [_plain(each) for each in person.subscriptions if list_id in (None, each.list_id)],
        "consents": [{"list_id": id} | _plain(each) for id, each in consents if list_id in (None, id)],
    }


def _plain(value: Subscription | Consent | Suppression | List) -> dict[str, Any]:
    said = ((each.name, getattr(value, each.name)) for each in fields(value))
    return {name: _written(each) if isinstance(each, datetime) else each for name, each in said}


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
