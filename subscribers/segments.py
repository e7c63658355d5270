"""Rules that pick subscribers of a list, as selectables with bound parameters; never any SQL from outside."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import schema
from subscribers.lists import recipients


@dataclass(frozen=True, slots=True)
class Segment:
    """Who is picked: everybody for whom all that is given here is true; a Segment of nothing picks everybody.

    ``tags_all`` must all be there, one of ``tags_any`` must, none of ``tags_none`` may. ``joined_since`` and
    ``joined_before`` are about the subscription. ``attributes`` must have exactly these values.
    """

    tags_all: frozenset[str] = frozenset()
    tags_any: frozenset[str] = frozenset()
    tags_none: frozenset[str] = frozenset()
    joined_since: datetime | None = None
    joined_before: datetime | None = None
    attributes: dict[str, str | int | bool] = field(default_factory=dict)


def segment_recipients(list_id: str, segment: Segment, *, now: datetime | None = None) -> sa.Select[Any]:
    """Select the list's recipients whom the segment picks; columns and order are those of ``recipients``."""
    query = recipients(list_id, now=now)
    for condition in _conditions(segment):
        query = query.where(condition)
    return query


def count_segment(conn: sa.Connection, list_id: str, segment: Segment, *, now: datetime | None = None) -> int:
    """Count whom the segment picks now, before it is used."""
    picked = segment_recipients(list_id, segment, now=now).order_by(None).subquery()
    return conn.scalar(sa.select(sa.func.count()).select_from(picked)) or 0


def _conditions(segment: Segment) -> list[sa.ColumnElement[bool]]:
    since = schema.subscription.c.since
    conditions = [_has_any({tag}) for tag in sorted(segment.tags_all)]
    if segment.tags_any:
        conditions.append(_has_any(segment.tags_any))
    if segment.tags_none:
        conditions.append(~_has_any(segment.tags_none))
    if segment.joined_since is not None:
        conditions.append(since >= segment.joined_since)
    if segment.joined_before is not None:
        conditions.append(since < segment.joined_before)
    conditions.extend(_attribute_is(name, value) for name, value in sorted(segment.attributes.items()))
    return conditions


def _has_any(tags: Collection[str]) -> sa.ColumnElement[bool]:
    tag = schema.subscriber_tag
    mine = tag.c.subscriber_id == schema.subscription.c.subscriber_id
    return sa.select(sa.literal(1)).where(mine, tag.c.tag.in_(sorted(tags))).exists()


def _attribute_is(name: str, value: str | int | bool) -> sa.ColumnElement[bool]:
    """Compare as JSON: a cast would fail, on PostgreSQL, at the first subscriber whose value is of another type."""
    cell = schema.subscriber.c.attributes[name]
    if isinstance(value, bool):
        # SQLite takes a JSON true out as 1.
        return sa.cast(cell.as_string(), sa.Text).in_(["true", "1"] if value else ["false", "0"])
    return sa.and_(cell == sa.type_coerce(value, schema.Json))
