"""Turn rules that pick subscribers of a list into selectables with bound parameters; never any SQL from outside.

An attribute is compared inside the JSON, by its own type: a cast would fail, on PostgreSQL, at the first subscriber
whose value is of another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from subscribers import rules, schema, written
from subscribers.errors import BadRule
from subscribers.lists import recipients
from subscribers.model import SubscriptionStatus

_PATHS = {
    "<": "strict $ ? (@ < $value)",
    "<=": "strict $ ? (@ <= $value)",
    ">": "strict $ ? (@ > $value)",
    ">=": "strict $ ? (@ >= $value)",
    "has": "strict $ ? (@ != null)",
}
"""PostgreSQL's comparisons inside JSON; one of another type is false there, not an error. It has "=" without a path."""


def segment_recipients(list_id: str, rule: rules.Rule | None, *, now: datetime) -> sa.Select[Any]:
    """Select the list's recipients whom the rule picks (None: all); columns and order are those of ``recipients``."""
    chosen = recipients(list_id, now=now)
    return chosen if rule is None else chosen.where(condition(rule, now))


def segment_members(list_id: str, rule: rules.Rule | None, *, now: datetime) -> sa.Select[Any]:
    """Select the ``subscriber_id`` of everybody who may be mailed now and whom the rule picks, in no order.

    The same people as ``segment_recipients``, found without reading anybody's address.
    """
    standing, person, against = schema.subscription, schema.subscriber, schema.suppression
    # Few are suppressed and still on a list: they are looked up once, not once for every reader.
    suppressed = (
        sa.select(person.c.id)
        .select_from(person.join(against, against.c.key_hash == person.c.key_hash))
        .where(against.c.list_id.in_(["", list_id]))
    )
    members = (
        sa.select(standing.c.subscriber_id)
        .where(standing.c.list_id == list_id, standing.c.status == SubscriptionStatus.ACTIVE)
        .where(sa.or_(standing.c.paused_until.is_(None), standing.c.paused_until <= now))
    )
    kept: sa.ColumnElement[bool] = standing.c.subscriber_id.not_in(suppressed)
    if rule is None:
        return members.where(kept)
    if _reads_person(rule):
        members = members.join(person, person.c.id == standing.c.subscriber_id)
        # Most have no hash, because nothing stands against them, and are looked up nowhere.
        kept = sa.or_(person.c.key_hash.is_(None), kept)
    return members.where(condition(rule, now), kept)


def count_segment(conn: sa.Connection, list_id: str, rule: rules.Rule | None, *, now: datetime) -> int:
    """Count whom the rule picks now, before it is used; without a rule everybody who may be mailed."""
    members = segment_members(list_id, rule, now=now).subquery()
    return conn.scalar(sa.select(sa.func.count()).select_from(members)) or 0


def condition(rule: rules.Rule, now: datetime) -> sa.ColumnElement[bool]:
    """Return the rule as a condition over a statement that joins subscriptions and subscribers."""
    match rule:
        case rules.Not():
            return sa.not_(condition(rule.rule, now))
        case rules.All():
            return sa.and_(*(condition(each, now) for each in rule.rules))
        case rules.Some():
            return sa.or_(*(condition(each, now) for each in rule.rules))
        case rules.HasTag():
            tag = schema.subscriber_tag
            tagged = sa.select(tag.c.subscriber_id).where(tag.c.tag.in_(sorted(rule.tags)))
            return schema.subscription.c.subscriber_id.in_(tagged)
        case rules.Joined():
            return _joined(rule, now)
        case rules.Reads():
            return _reads(rule.section)
        case rules.PlainText():
            return schema.subscription.c.text_only.is_(True)
        case rules.Domain():
            ends = (schema.subscriber.c.key.endswith("@" + name, autoescape=True) for name in rule.names)
            return sa.or_(*ends)
        case rules.HasAttribute():
            return _attribute("has", rule.name, True)
        case rules.Compare():
            return _attribute(rule.comparison, rule.name, rule.value)


def _joined(rule: rules.Joined, now: datetime) -> sa.ColumnElement[bool]:
    since = schema.subscription.c.since
    if rule.within is not None:
        # Longer ago than years can be counted is always.
        return since >= max(now - rule.within, datetime.min.replace(tzinfo=UTC)) if _reaches(rule, now) else sa.true()
    return since >= rule.since if rule.since is not None else since < rule.before


def _reaches(rule: rules.Joined, now: datetime) -> bool:
    return rule.within is not None and now - datetime(1, 1, 2, tzinfo=UTC) > rule.within


def _reads(section: str) -> sa.ColumnElement[bool]:
    """Keep out who chose other sections, as JSON writes them; nothing written means all sections.

    Few choose: they are found by an index of their own, and everybody else is counted without reading the table.
    """
    standing, choice = schema.subscription, schema.subscription.alias("choice")
    others = sa.select(choice.c.list_id, choice.c.subscriber_id).where(
        # Written out, not bound: only then does SQLite see that the partial index holds all of these.
        choice.c.sections != sa.literal_column("''"),
        sa.not_(choice.c.sections.contains(json.dumps(section, ensure_ascii=False), autoescape=True)),
    )
    return sa.tuple_(standing.c.list_id, standing.c.subscriber_id).not_in(others)


def _reads_person(rule: rules.Rule) -> bool:
    match rule:
        case rules.Not():
            return _reads_person(rule.rule)
        case rules.All() | rules.Some():
            return any(map(_reads_person, rule.rules))
        case _:
            return isinstance(rule, rules.Domain | rules.HasAttribute | rules.Compare)


class _Attribute(FunctionElement[bool]):
    """One comparison inside the attributes: the cell, the attribute's name, the value, both as one JSON object, and
    what the cell holds as text where it has the attribute: up to its value, and with it.
    """

    inherit_cache = True
    type = sa.Boolean()
    comparison = "="
    kind = "text"


def _class(comparison: str, kind: str, place: int) -> Callable[..., _Attribute]:
    own = {"comparison": comparison, "kind": kind, "inherit_cache": True}
    return type(f"_Attribute_{kind}_{place}", (_Attribute,), own)


_CLASSES = {
    (comparison, kind): _class(comparison, kind, place)
    for place, comparison in enumerate(("=", *_PATHS))
    for kind in ("text", "number", "truth")
}
"""One class for every shape of SQL: SQLAlchemy keeps compiled statements by class."""


def _attribute(comparison: str, name: str, value: rules.Value) -> sa.ColumnElement[bool]:
    if '"' in name or "\\" in name or not name:
        raise BadRule(f"An attribute named {name!r} cannot be asked for in a rule.")
    kind = "truth" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"
    if kind == "truth" and comparison not in ("=", "has"):
        raise BadRule(f"{name} {comparison} {'yes' if value else 'no'}: yes and no can only be asked for with = or !=.")
    start = written.attribute(name)
    texts = (json.dumps({name: value}), start, start + json.dumps(value))
    arguments = (schema.subscriber.c.attributes, sa.literal(name), sa.literal(value), *map(sa.literal, texts))
    found: sa.ColumnElement[bool] = _CLASSES[comparison, kind](*arguments)
    return found


@compiles(_Attribute, "sqlite")
def _on_sqlite(element: _Attribute, compiler: Any, **options: Any) -> str:
    cell, name, value, _together, start, whole = element.clauses
    has = sa.func.instr(cell, start) > 0
    if element.comparison == "has":
        test: sa.ColumnElement[Any] = sa.and_(has, sa.func.instr(cell, start + sa.literal("null")) == 0)
    elif element.comparison == "=" and element.kind != "number":
        test = sa.func.instr(cell, whole) > 0
    else:
        # A number is written in more than one way, and order is not a matter of text.
        path = sa.literal('$."', sa.Text) + name + sa.literal('"', sa.Text)
        kind, found = sa.func.json_type(cell, path), sa.func.json_extract(cell, path)
        kinds = ["text"] if element.kind == "text" else ["integer", "real"]
        test = sa.and_(has, kind.in_(kinds), found.op(element.comparison)(value))
    return f"({compiler.process(test, **options)})"


@compiles(_Attribute, "postgresql")
def _on_postgresql(element: _Attribute, compiler: Any, **options: Any) -> str:
    cell, name, value, together, *_texts = element.clauses
    if element.comparison == "=":
        # Containment never looks into an array below the top, so a scalar is only found as itself; and it is twice as
        # fast as a path.
        return f"({compiler.process(cell, **options)} @> CAST({compiler.process(together, **options)} AS JSONB))"
    path = _PATHS[element.comparison]
    inside = f"{compiler.process(cell, **options)} -> CAST({compiler.process(name, **options)} AS TEXT)"
    cast = {"text": "TEXT", "number": "DOUBLE PRECISION", "truth": "BOOLEAN"}[element.kind]
    values = f"jsonb_build_object('value', CAST({compiler.process(value, **options)} AS {cast}))"
    return f"COALESCE(jsonb_path_exists({inside}, '{path}', {values}), FALSE)"
