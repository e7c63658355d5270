"""Turn rules that pick subscribers of a list into selectables with bound parameters; never any SQL from outside.

An attribute is read as what the rule compares it with, because a CSV file knows nothing but texts: with a number, a
number or a text that is one; with yes or no, a truth or a text that says so; with a text, a text. What reads as none of
these is no match and never an error, whatever another subscriber's value is.
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

MAX_NUMBER = 20
"""How many characters a text may have to read as a number: more is none that somebody counts with."""

_NUMBER = "^-?(0|[1-9][0-9]*)([.][0-9]+)?$"
"""A text that reads as a number, as PostgreSQL looks for it: 01234 and +49 are none."""


def segment_recipients(list_id: str, rule: rules.Rule | None, *, now: datetime) -> sa.Select[Any]:
    """Select the list's recipients whom the rule picks (None: all); columns and order are those of ``recipients``."""
    chosen = recipients(list_id, now=now)
    return chosen if rule is None else chosen.where(condition(rule, now))


def segment_members(list_id: str, rule: rules.Rule | None, *, now: datetime, paused: bool = False) -> sa.Select[Any]:
    """Select the ``subscriber_id`` of everybody who may be mailed now and whom the rule picks, in no order.

    The same people as ``segment_recipients``, found without reading anybody's address; with ``paused`` also who
    pauses, for what is no mail.
    """
    standing, person, against = schema.subscription, schema.subscriber, schema.suppression
    # Few are suppressed and still on a list: they are looked up once, not once for every reader.
    suppressed = (
        sa.select(person.c.id)
        .select_from(person.join(against, against.c.key_hash == person.c.key_hash))
        .where(against.c.list_id.in_(["", list_id]))
    )
    here = (standing.c.list_id == list_id, standing.c.status == SubscriptionStatus.ACTIVE)
    members = sa.select(standing.c.subscriber_id).where(*here)
    if not paused:
        members = members.where(sa.or_(standing.c.paused_until.is_(None), standing.c.paused_until <= now))
    kept: sa.ColumnElement[bool] = standing.c.subscriber_id.not_in(suppressed)
    if rule is None:
        return members.where(kept)
    if _reads_person(rule):
        members = members.join(person, person.c.id == standing.c.subscriber_id)
        # Most have no hash, because nothing stands against them, and are looked up nowhere.
        kept = sa.or_(person.c.key_hash.is_(None), person.c.id.not_in(suppressed))
    return members.where(condition(rule, now), kept)


def give_room(conn: sa.Connection) -> None:
    """Let PostgreSQL look through a large list in memory, until the transaction ends; for ``segment_members``.

    A million ids are joined there, not in parts by way of the disk; whom to leave out is looked up there, not sought
    through anew for everybody; a hundred thousand tags are read by all workers together, not by each anew.
    """
    if conn.dialect.name == "postgresql":
        less = "FROM pg_settings WHERE name = 'work_mem' AND setting::bigint < 65536"
        conn.exec_driver_sql(f"SELECT set_config('work_mem', '64MB', true) {less}")
        conn.exec_driver_sql("SET LOCAL min_parallel_table_scan_size = '1MB'")


def count_segment(
    conn: sa.Connection, list_id: str, rule: rules.Rule | None, *, now: datetime, paused: bool = False
) -> int:
    """Count whom the rule picks now, before it is used; without a rule everybody. ``paused`` see `segment_members`."""
    give_room(conn)
    members = segment_members(list_id, rule, now=now, paused=paused).subquery()
    return conn.scalar(sa.select(sa.func.count()).select_from(members)) or 0


def unknown_attributes(conn: sa.Connection, list_id: str, rule: rules.Rule) -> list[str]:
    """Return the attributes a rule speaks of that nobody of the list has, by name: most likely misspelt."""
    standing, person = schema.subscription, schema.subscriber
    here = standing.join(person, person.c.id == standing.c.subscriber_id)
    anybody = sa.select(sa.literal(1)).select_from(here).where(standing.c.list_id == list_id).limit(1)
    tests = rules.iter_tests(rule)
    names = sorted({test.name for test in tests if isinstance(test, rules.HasAttribute | rules.Compare)})
    return [name for name in names if conn.scalar(anybody.where(_attribute("has", name, None))) is None]


def unknown_tags(conn: sa.Connection, list_id: str, rule: rules.Rule) -> list[str]:
    """Return the tags a rule speaks of that nobody of the list has, by name."""
    standing, tag = schema.subscription, schema.subscriber_tag
    here = standing.join(tag, tag.c.subscriber_id == standing.c.subscriber_id)
    anybody = sa.select(sa.literal(1)).select_from(here).where(standing.c.list_id == list_id).limit(1)
    names = sorted({name for test in rules.iter_tests(rule) if isinstance(test, rules.HasTag) for name in test.tags})
    return [name for name in names if conn.scalar(anybody.where(tag.c.tag == name)) is None]


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
            return _attribute("has", rule.name, None)
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
    return any(isinstance(test, rules.Domain | rules.HasAttribute | rules.Compare) for test in rules.iter_tests(rule))


class _Attribute(FunctionElement[bool]):
    """One test of an attribute, written anew for each database by the functions below.

    Its clauses are the cell, the attribute's name, what the cell holds as text up to the attribute's value, and then
    what each kind of test compares with.
    """

    inherit_cache = True
    type = sa.Boolean()
    comparison = "="


class _Has(_Attribute):
    """The attribute is there and not null."""

    inherit_cache = True


class _Equals(_Attribute):
    """The attribute is one of the values, written as JSON."""

    inherit_cache = True


class _Text(_Attribute):
    """The attribute is a text and compares so with the value."""

    inherit_cache = True


class _Number(_Attribute):
    """The attribute is a number, or a text that reads as one, and compares so with the value.

    Behind the value stand its digits, and what an equal one begins with in the cell, as a number and as a text.
    """

    inherit_cache = True


def _class(base: type[_Attribute], comparison: str, place: int) -> Callable[..., _Attribute]:
    return type(f"{base.__name__}_{place}", (base,), {"comparison": comparison, "inherit_cache": True})


_CLASSES = {
    (base, comparison): _class(base, comparison, place)
    for place, comparison in enumerate(("=", "<", "<=", ">", ">="))
    for base in (_Text, _Number)
}
"""One class for every shape of SQL: SQLAlchemy keeps compiled statements by class."""

_SPELLINGS: dict[bool, tuple[bool | str, ...]] = {
    True: (True, "yes", "Yes", "YES", "true", "True", "TRUE", "1"),
    False: (False, "no", "No", "NO", "false", "False", "FALSE", "0"),
}
"""What reads as yes and as no: a truth, or one of these texts, as files write them."""


def _attribute(comparison: str, name: str, value: rules.Value | None) -> sa.ColumnElement[bool]:
    if '"' in name or "\\" in name or not name:
        raise BadRule(f"An attribute named {name!r} cannot be asked for in a rule.")
    start = written.attribute(name)
    place = (schema.subscriber.c.attributes, sa.literal(name), sa.literal(start))
    if value is None:
        return _Has(*place)
    if isinstance(value, bool):
        if comparison != "=":
            answer = "yes" if value else "no"
            raise BadRule(f"{name} {comparison} {answer}: yes and no can only be asked for with = or !=.")
        return _Equals(*place, *(sa.literal(json.dumps(each)) for each in _SPELLINGS[value]))
    if isinstance(value, str):
        if comparison == "=":
            return _Equals(*place, sa.literal(json.dumps(value)))
        return _CLASSES[_Text, comparison](*place, sa.literal(value))
    begins = _beginning(value) if comparison == "=" else ""
    starts = (start + begins, f'{start}"{begins}')
    return _CLASSES[_Number, comparison](*place, sa.literal(value), *map(sa.literal, (str(value), *starts)))


def _beginning(value: int | float) -> str:
    """Return how every number of this value begins when it is written out; nothing where that is not sure."""
    digits = str(value).removesuffix(".0")
    # Nought may have a sign, and what is very large or small is written with an exponent.
    return digits if 0 < abs(value) < 1e15 and "e" not in digits else ""


@compiles(_Has, "sqlite")
def _has_on_sqlite(element: _Has, compiler: Any, **options: Any) -> str:
    cell, _name, start = element.clauses
    null = sa.func.instr(cell, start + sa.literal("null")) == 0
    return _processed(sa.and_(sa.func.instr(cell, start) > 0, null), compiler, options)


@compiles(_Equals, "sqlite")
def _equals_on_sqlite(element: _Equals, compiler: Any, **options: Any) -> str:
    cell, _name, start, *wanted = element.clauses
    found = sa.or_(*(sa.func.instr(cell, start + each) > 0 for each in wanted))
    return _processed(found if len(wanted) == 1 else _where_it_is(cell, start, found), compiler, options)


@compiles(_Text, "sqlite")
def _text_on_sqlite(element: _Text, compiler: Any, **options: Any) -> str:
    cell, name, start, value = element.clauses
    kind, found = _read(cell, name)
    test = sa.and_(kind == "text", found.op(element.comparison)(value))
    return _processed(_where_it_is(cell, start, test), compiler, options)


@compiles(_Number, "sqlite")
def _number_on_sqlite(element: _Number, compiler: Any, **options: Any) -> str:
    cell, name, _start, value, _digits, number, text = element.clauses
    begins = sa.or_(sa.func.instr(cell, number) > 0, sa.func.instr(cell, text) > 0)
    kind, found = _read(cell, name)
    # Of digits, point and sign alone, JSON reads what is a number and no more.
    plain = sa.and_(
        kind == "text",
        sa.func.length(found) <= MAX_NUMBER,
        found.op("NOT GLOB")("*[^0-9.-]*"),
        sa.func.json_valid(found) == 1,
    )
    test = sa.case(
        (sa.not_(begins), sa.false()),
        (kind.in_(["integer", "real"]), found.op(element.comparison)(value)),
        (plain, sa.cast(found, sa.Numeric).op(element.comparison)(value)),
        else_=sa.false(),
    )
    return _processed(test, compiler, options)


def _where_it_is(cell: Any, start: Any, test: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Pass over who has not the attribute with one look.

    SQLite takes the parts of an AND in an order of its own, but those of a CASE as they stand.
    """
    return sa.case((sa.func.instr(cell, start) == 0, sa.false()), else_=test)


def _read(cell: Any, name: Any) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """Return the attribute's type and value as SQLite's JSON reads them."""
    path = sa.literal('$."', sa.Text) + name + sa.literal('"', sa.Text)
    return sa.func.json_type(cell, path), sa.func.json_extract(cell, path)


def _processed(test: sa.ColumnElement[Any], compiler: Any, options: dict[str, Any]) -> str:
    return f"({compiler.process(test, **options)})"


@compiles(_Has, "postgresql")
def _has_on_postgresql(element: _Has, compiler: Any, **options: Any) -> str:
    cell, name, *_ = (compiler.process(each, **options) for each in element.clauses)
    return f"COALESCE(jsonb_typeof({cell} -> CAST({name} AS TEXT)) <> 'null', FALSE)"


@compiles(_Equals, "postgresql")
def _equals_on_postgresql(element: _Equals, compiler: Any, **options: Any) -> str:
    cell, name, _start, *wanted = (compiler.process(each, **options) for each in element.clauses)
    values = ", ".join(f"CAST({each} AS JSONB)" for each in wanted)
    return f"COALESCE({cell} -> CAST({name} AS TEXT) IN ({values}), FALSE)"


@compiles(_Text, "postgresql")
def _text_on_postgresql(element: _Text, compiler: Any, **options: Any) -> str:
    cell, name, _start, value = (compiler.process(each, **options) for each in element.clauses)
    inside, values = f"{cell} -> CAST({name} AS TEXT)", f"jsonb_build_object('value', CAST({value} AS TEXT))"
    # Within JSON texts are compared by code point, as on SQLite; one of another type is false there, not an error.
    return f"COALESCE(jsonb_path_exists({inside}, 'strict $ ? (@ {element.comparison} $value)', {values}), FALSE)"


@compiles(_Number, "postgresql")
def _number_on_postgresql(element: _Number, compiler: Any, **options: Any) -> str:
    cell, name, _start, _value, digits, *_ = (compiler.process(each, **options) for each in element.clauses)
    kind, text = f"jsonb_typeof({cell} -> CAST({name} AS TEXT))", f"{cell} ->> CAST({name} AS TEXT)"
    plain = f"{kind} = 'string' AND length({text}) <= {MAX_NUMBER} AND {text} ~ '{_NUMBER}'"
    # In a CASE nothing is cast before its test was true.
    return (
        f"CASE WHEN {kind} = 'number' OR ({plain}) "
        f"THEN CAST({text} AS NUMERIC) {element.comparison} CAST({digits} AS NUMERIC) ELSE FALSE END"
    )
