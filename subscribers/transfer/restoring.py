"""Read back our own JSON lines: everything they hold, by the same rule that the stricter state wins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from subscribers import schema, store
from subscribers.address import Address, parse_address
from subscribers.database import rehearsing, writing
from subscribers.errors import BadAddress, BadFile, SubscribersError
from subscribers.lists import create_list, find_list, find_list_by_number, get_list
from subscribers.model import Consent, List, Subscription, SubscriptionStatus, Suppression, SuppressionReason
from subscribers.suppression import find_reason, iter_standing, suppress_hashes
from subscribers.tokens import KeyRing
from subscribers.transfer.exporting import FORMAT, VERSION
from subscribers.transfer.report import ImportReport, Outcome, Progress, Refused

BATCH = 1000
Value = TypeVar("Value", List, Subscription, Consent, Suppression)


@dataclass(frozen=True, slots=True)
class _Person:
    """A subscriber as our export has them."""

    line: int
    address: Address
    name: str
    created_at: datetime
    tags: tuple[str, ...]
    attributes: Mapping[str, Any]
    subscriptions: tuple[Subscription, ...]
    consents: tuple[tuple[str, Consent], ...]


def is_own_export(path: Path, encoding: str) -> bool:
    """Tell whether the file's first line says that we wrote it."""
    with path.open(encoding=encoding) as file:
        found = _object(file.readline())
    return found is not None and found.get("kind") == FORMAT


def restore(
    engine: sa.Engine,
    path: Path,
    report: ImportReport,
    *,
    keys: KeyRing,
    now: datetime,
    on_progress: Progress | None = None,
    on_refused: Callable[[Refused], None] | None = None,
) -> None:
    """Bring back what an export holds and count it in the report; running it again changes nothing.

    Into an empty database it gives the same lists, people, choices, evidence and suppressions. Raises BadFile when
    the export's hashes were made with another suppression key: who must not be mailed could not be recognised.
    """
    with path.open(encoding=report.encoding) as file, ExitStack() as rehearsal:
        records = enumerate(file, start=1)
        _check_header(path, next(records)[1], keys)
        conn = rehearsal.enter_context(rehearsing(engine)) if report.dry_run else None
        refuse = _refusing(report, on_refused)
        while chunk := list(islice(records, BATCH)):
            if conn is not None:
                _restore_chunk(conn, chunk, report, keys, now, refuse)
            else:
                with writing(engine) as writer:
                    _restore_chunk(writer, chunk, report, keys, now, refuse)
            if on_progress is not None:
                on_progress(report.rows, report.rows)


def _check_header(path: Path, line: str, keys: KeyRing) -> None:
    header = _object(line) or {}
    if header.get("version") != VERSION:
        raise BadFile(f"The export {path} has version {header.get('version')!r}; this program reads {VERSION}.")
    if header.get("suppression_key") not in ("", keys.fingerprint):
        raise BadFile(
            f"The export {path} was made with another suppression key ({header.get('suppression_key')}), so that who "
            f"must not be mailed could not be recognised here ({keys.fingerprint}). Bring its secrets along, or import "
            "a list as CSV. Nothing was changed."
        )


def _restore_chunk(
    conn: sa.Connection,
    chunk: list[tuple[int, str]],
    report: ImportReport,
    keys: KeyRing,
    now: datetime,
    refuse: Callable[[int, str, str], None],
) -> None:
    """Restore lines of which all lists come before all suppressions and these before all people."""
    suppressions, people = [], []
    for line, text in chunk:
        try:
            value = _read(line, _object(text))
            if isinstance(value, List):
                _restore_list(conn, value)
            elif isinstance(value, Suppression):
                suppressions.append(value)
            else:
                _check_lists(conn, value)
                people.append(value)
        except BadAddress as error:
            refuse(line, text, error.reason)
        except SubscribersError as error:
            refuse(line, text, str(error))
        except KeyError as error:
            refuse(line, text, f"it is no whole line of our export: {error} is missing")
        except (TypeError, ValueError, AttributeError) as error:
            refuse(line, text, f"it is no whole line of our export: {error}")
    if suppressions:
        store.note_all_hashes(conn, keys)
        suppress_hashes(conn, suppressions, now=now, addresses={})
    _restore_people(conn, people, report, keys, now)


def _read(line: int, found: Mapping[str, Any] | None) -> List | Suppression | _Person:
    if found is None:
        raise ValueError("it breaks off, or is no JSON object; export it again")
    kind = found["kind"]
    if kind == "list":
        return _value(List, found)
    if kind == "suppression":
        suppression = _value(Suppression, found)
        return replace(suppression, reason=SuppressionReason(suppression.reason))
    if kind != "subscriber":
        raise ValueError(f"its kind {kind!r} is unknown")
    subscriptions = (_value(Subscription, each) for each in found["subscriptions"])
    return _Person(
        line=line,
        address=parse_address(found["email"]),
        name=found["name"],
        created_at=_moment("created_at", found["created_at"]),
        tags=tuple(found["tags"]),
        attributes=dict(found["attributes"]),
        subscriptions=tuple(
            replace(each, status=SubscriptionStatus(each.status), sections=tuple(each.sections))
            for each in subscriptions
        ),
        consents=tuple((each["list_id"], _value(Consent, each)) for each in found["consents"]),
    )


def _restore_list(conn: sa.Connection, wanted: List) -> None:
    """Make a list that is not there, under its old number if that is free: links in old mails carry it."""
    if find_list(conn, wanted.id) is None:
        taken = find_list_by_number(conn, wanted.number) is not None
        create_list(conn, replace(wanted, number=0) if taken else wanted)


def _check_lists(conn: sa.Connection, person: _Person) -> None:
    for list_id in {each.list_id for each in person.subscriptions} | {list_id for list_id, _ in person.consents}:
        get_list(conn, list_id)


def _restore_people(
    conn: sa.Connection, people: list[_Person], report: ImportReport, keys: KeyRing, now: datetime
) -> None:
    """Write those nobody knew in bulk and everybody else one by one."""
    hashes = {each.address.key: keys.hash_address(each.address.key) for each in people}
    person = schema.subscriber
    known = set(conn.scalars(sa.select(person.c.key).where(person.c.key.in_(hashes))))
    standing = _standing_against(conn, hashes.values())
    new: dict[str, _Person] = {}
    for each in people:
        key = each.address.key
        if key not in known and not _is_kept_out(each, standing.get(hashes[key], {})):
            new.setdefault(key, each)
    _add_all(conn, new, keys)
    for each in people:
        if new.get(each.address.key) is each:
            _count(report, Outcome.ENDED if _has_left(each) else Outcome.ADDED)
        else:
            _count(report, _merge(conn, each, keys, now))


def _standing_against(conn: sa.Connection, key_hashes: Iterable[str]) -> dict[str, dict[str, SuppressionReason]]:
    """Return the reasons that stand against hashed addresses, by hash and list."""
    against = schema.suppression
    found: dict[str, dict[str, SuppressionReason]] = {}
    for row in conn.execute(sa.select(against).where(against.c.key_hash.in_(key_hashes))):
        found.setdefault(row.key_hash, {})[row.list_id] = SuppressionReason(row.reason)
    return found


def _is_kept_out(person: _Person, standing: Mapping[str, SuppressionReason]) -> bool:
    """Tell whether something stands against a person as the export has them."""
    joining = (each.list_id for each in person.subscriptions if each.status is not SubscriptionStatus.ENDED)
    erased = SuppressionReason.ERASED in standing.values()
    return erased or any("" in standing or list_id in standing for list_id in joining)


def _add_all(conn: sa.Connection, new: Mapping[str, _Person], keys: KeyRing) -> None:
    rows = [
        store.subscriber_row(each.address, keys=keys, now=each.created_at, name=each.name, attributes=each.attributes)
        for each in new.values()
    ]
    store.insert_all_missing(conn, schema.subscriber, rows)
    person = schema.subscriber
    ids = {row.key: row.id for row in conn.execute(sa.select(person.c.key, person.c.id).where(person.c.key.in_(new)))}
    store.add_tags(conn, [(ids[key], tag) for key, each in new.items() for tag in each.tags])
    standing = [store.subscription_row(ids[key], one) for key, each in new.items() for one in each.subscriptions]
    store.insert_all_missing(conn, schema.subscription, standing)
    evidence = [store.consent_row(ids[key], *one) for key, each in new.items() for one in each.consents]
    store.insert_all_missing(conn, schema.consent, evidence)


def _merge(conn: sa.Connection, person: _Person, keys: KeyRing, now: datetime) -> Outcome:
    """Bring one person together with what we know: ours stands, unless theirs is stricter."""
    key_hash = keys.hash_address(person.address.key)
    known = store.find_subscriber(conn, person.address.written)
    if known is None and _was_erased(conn, key_hash):
        return Outcome.KEPT_OUT
    subscriber_id = store.add_subscriber(
        conn,
        person.address,
        keys=keys,
        now=person.created_at,
        name=person.name,
        tags=person.tags,
        attributes=person.attributes,
    )
    merged = [_merge_subscription(conn, subscriber_id, each, key_hash, now) for each in person.subscriptions]
    there = set(store.iter_consents(conn, subscriber_id))
    for list_id, consent in person.consents:
        if (list_id, consent) not in there:
            store.add_consent(conn, subscriber_id, list_id, consent)
    if Outcome.KEPT_OUT in merged:
        return Outcome.KEPT_OUT
    if known is None:
        return Outcome.ENDED if _has_left(person) else Outcome.ADDED
    return Outcome.ENDED if Outcome.ENDED in merged else Outcome.KNOWN


def _has_left(person: _Person) -> bool:
    """Tell whether the export has the person on no list any more, though they were on one."""
    ended = [each.status is SubscriptionStatus.ENDED for each in person.subscriptions]
    return bool(ended) and all(ended)


def _merge_subscription(
    conn: sa.Connection, subscriber_id: int, theirs: Subscription, key_hash: str, now: datetime
) -> Outcome:
    """Write the stricter of two states, and say what became of it: whether they joined, left, or were kept out."""
    ours = store.find_subscription(conn, subscriber_id, theirs.list_id)
    is_ended = theirs.status is SubscriptionStatus.ENDED
    if ours is None and not is_ended and find_reason(conn, key_hash, theirs.list_id) is not None:
        return Outcome.KEPT_OUT
    if ours is None:
        store.put_subscription(conn, subscriber_id, theirs)
        return Outcome.ENDED if is_ended else Outcome.ADDED
    if is_ended and ours.status is not SubscriptionStatus.ENDED:
        ended = replace(ours, status=theirs.status, since=now, reason=theirs.reason)
        store.put_subscription(conn, subscriber_id, ended)
        return Outcome.ENDED
    return Outcome.KEPT_OUT if ours.status is SubscriptionStatus.ENDED and not is_ended else Outcome.KNOWN


def _was_erased(conn: sa.Connection, key_hash: str) -> bool:
    return any(each.reason is SuppressionReason.ERASED for each in iter_standing(conn, [key_hash], ""))


def _value(kind: type[Value], found: Mapping[str, Any]) -> Value:
    """Build a value from its plain form; raises TypeError or ValueError when that is not complete."""
    values = {each.name: found[each.name] for each in fields(kind) if each.name in found}
    times = ("at", "since", "confirmed_at", "paused_until")
    read = {name: _moment(name, values[name]) for name in times if values.get(name)}
    missing = [each.name for each in fields(kind) if _is_needed(each) and each.name not in values]
    if missing:
        raise KeyError(missing[0])
    return kind(**values | read)


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} is {text!r}, which is no time") from error
    if moment.tzinfo is None:
        raise ValueError(f"{name} is {text!r}, which has no time zone")
    return moment


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refusing(report: ImportReport, on_refused: Callable[[Refused], None] | None) -> Callable[[int, str, str], None]:
    def refuse(line: int, text: str, reason: str) -> None:
        report.refused.append(Refused(line, text[:200].strip(), reason))
        _count(report, Outcome.REFUSED)
        if on_refused is not None:
            on_refused(Refused(line, text[:200].strip(), reason, (text.strip(),)))

    return refuse


def _count(report: ImportReport, outcome: Outcome) -> None:
    report.rows += 1
    report.counts[outcome] += 1
