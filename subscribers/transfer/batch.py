"""Judge and write some thousand rows of an import in a handful of statements."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import schema, store
from subscribers.address import Address, parse_address
from subscribers.errors import BadAddress
from subscribers.model import Consent, ConsentHow, Subscription, SubscriptionStatus, Suppression, SuppressionReason
from subscribers.suppression import iter_standing, suppress_hashes
from subscribers.tokens import KeyRing
from subscribers.transfer.report import Outcome, Refused
from subscribers.transfer.row import Row, RowStatus

REASONS = {
    RowStatus.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
    RowStatus.BOUNCED: SuppressionReason.BOUNCED,
    RowStatus.BLOCKED: SuppressionReason.IMPORTED,
    RowStatus.COMPLAINED: SuppressionReason.COMPLAINED,
}
"""What stands against a person who did not receive mail any more where the file comes from."""

MAX_NOTE = 200


@dataclass(slots=True)
class Run:
    """One import. ``seen`` remembers a 64-bit hash of every address met, so that a repeat is known as one."""

    import_id: int | None
    list_id: str
    now: datetime
    provenance: str
    seen: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Person:
    """A row whose address was read; ``is_repeat`` when an earlier batch had the address already."""

    row: Row
    address: Address
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of the people of a batch, before it is written."""

    rows: dict[str, sa.Row[Any]]
    suppressed: frozenset[str]
    erased: frozenset[str]


@dataclass(slots=True)
class Batch:
    """Rows taken together. ``rows`` counts all of them, the refused ones too."""

    run: Run
    rows: int
    people: dict[str, Person] = field(default_factory=dict)
    counts: Counter[Outcome] = field(default_factory=Counter)

    def take(self, row: Row) -> Refused | None:
        """Add a row, or return why it is refused. A repeated address counts once; its stricter status stands."""
        try:
            address = parse_address(row.address)
        except BadAddress as error:
            return Refused(row.line, row.address, error.reason)
        if not _is_storable(row):
            return Refused(row.line, row.address, "it holds characters or numbers that no database keeps")
        mark = hash(address.key)
        if mark not in self.run.seen:
            self.run.seen.add(mark)
            self.people[address.key] = Person(row, address)
            return None
        self.counts[Outcome.DUPLICATE] += 1
        before = self.people.get(address.key)
        if before is None and row.status.is_leaving:
            self.people[address.key] = Person(row, address, is_repeat=True)
        elif before is not None and row.status.strictness > before.row.status.strictness:
            stricter = replace(before.row, status=row.status, left_at=row.left_at, note=row.note)
            self.people[address.key] = replace(before, row=stricter)
        return None

    def apply(self, conn: sa.Connection, keys: KeyRing) -> None:
        """Write the batch and count what became of each row."""
        hashes = {key: keys.hash_address(key) for key in self.people}
        known = _known(conn, self.run.list_id, hashes)
        outcomes = {key: _judge(person.row, known, key, hashes[key]) for key, person in self.people.items()}
        self.counts.update(outcomes[key] for key, person in self.people.items() if not person.is_repeat)
        written = {key for key, outcome in outcomes.items() if outcome is not Outcome.KEPT_OUT}
        new = {key for key in written if key not in known.rows and hashes[key] not in known.erased}
        ids = {key: row.id for key, row in known.rows.items()} | self._add_people(conn, new, hashes)
        self._add_subscriptions(conn, {key: ids[key] for key in written if key in ids}, known, outcomes)
        self._complete(conn, {key: ids[key] for key in written if key in ids}, known)
        self._suppress(conn, [key for key in outcomes if outcomes[key] is Outcome.ENDED], hashes)

    def _add_people(self, conn: sa.Connection, new: set[str], hashes: dict[str, str]) -> dict[str, int]:
        """Insert subscribers in the order of the file and return their ids."""
        order = [key for key in self.people if key in new]
        rows = [_subscriber_row(self.people[key], hashes[key], self.run) for key in order]
        store.insert_all_missing(conn, schema.subscriber, rows)
        person = schema.subscriber
        found = conn.execute(sa.select(person.c.key, person.c.id).where(person.c.key.in_(order))) if order else ()
        return {row.key: row.id for row in found}

    def _add_subscriptions(
        self, conn: sa.Connection, ids: dict[str, int], known: Known, outcomes: dict[str, Outcome]
    ) -> None:
        """Insert the subscriptions nobody had yet, and the evidence of those who join."""
        subscriptions, consents = [], []
        for key, subscriber_id in ids.items():
            if key in known.rows and known.rows[key].status is not None:
                continue
            row = self.people[key].row
            standing = _subscription(row, self.run)
            subscriptions.append(store.subscription_row(subscriber_id, standing, self.run.import_id))
            if outcomes[key] is Outcome.ADDED:
                consent = _consent(row, self.run)
                consents.append(store.consent_row(subscriber_id, self.run.list_id, consent, self.run.import_id))
        store.insert_all_missing(conn, schema.subscription, subscriptions)
        store.insert_all_missing(conn, schema.consent, consents)

    def _complete(self, conn: sa.Connection, ids: dict[str, int], known: Known) -> None:
        """Add the tags, and what was missing of the people we knew."""
        store.add_tags(conn, [(ids[key], tag) for key in ids for tag in self.people[key].row.tags])
        for key in ids.keys() & known.rows.keys():
            row = self.people[key].row
            store.complete_subscriber(conn, known.rows[key], row.name, row.attributes)

    def _suppress(self, conn: sa.Connection, keys_of_leaving: Iterable[str], hashes: dict[str, str]) -> None:
        suppressions = [_suppression(self.people[key].row, hashes[key], self.run) for key in keys_of_leaving]
        suppress_hashes(conn, suppressions, now=self.run.now, import_id=self.run.import_id)


def _known(conn: sa.Connection, list_id: str, hashes: dict[str, str]) -> Known:
    person, standing = schema.subscriber, schema.subscription
    here = (standing.c.subscriber_id == person.c.id) & (standing.c.list_id == list_id)
    query = (
        sa.select(person.c.id, person.c.key, person.c.name, person.c.attributes, standing.c.status)
        .join(standing, here, isouter=True)
        .where(person.c.key.in_(hashes))
    )
    against = list(iter_standing(conn, list(hashes.values()), list_id))
    return Known(
        rows={row.key: row for row in conn.execute(query)},
        suppressed=frozenset(each.key_hash for each in against),
        erased=frozenset(each.key_hash for each in against if each.reason is SuppressionReason.ERASED),
    )


def _judge(row: Row, known: Known, key: str, key_hash: str) -> Outcome:
    """Say what becomes of a row: the stricter of what the file and the database say."""
    if row.status.is_leaving:
        return Outcome.ENDED
    status = known.rows[key].status if key in known.rows else None
    if key_hash in known.suppressed or status == SubscriptionStatus.ENDED:
        return Outcome.KEPT_OUT
    return Outcome.ADDED if status is None else Outcome.KNOWN


def _is_storable(row: Row) -> bool:
    """Tell whether both databases can keep the row: no NUL, no half surrogate pair, no NaN, nothing JSON lacks."""
    if not row.attributes and not row.tags and f"{row.name}{row.note}".isascii():
        return "\0" not in row.name
    try:
        text = json.dumps((row.name, row.tags, row.attributes, row.note), ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError):
        return False
    return "\\u0000" not in text


def _subscriber_row(person: Person, key_hash: str, run: Run) -> dict[str, Any]:
    address, row = person.address, person.row
    return {
        "address": address.written,
        "wire_address": "" if address.wire == address.written else address.wire,
        "key": address.key,
        "key_hash": key_hash,
        "name": row.name,
        "attributes": dict(row.attributes),
        "created_at": min(row.joined_at or run.now, run.now),
        "import_id": run.import_id,
    }


def _subscription(row: Row, run: Run) -> Subscription:
    if row.status.is_leaving:
        since = min(row.left_at or run.now, run.now)
        return Subscription(run.list_id, SubscriptionStatus.ENDED, since, reason=REASONS[row.status])
    status = SubscriptionStatus.PENDING if row.status is RowStatus.PENDING else SubscriptionStatus.ACTIVE
    # Somebody pending is forgotten some days after the import, not after a sign-up of long ago.
    since = run.now if status is SubscriptionStatus.PENDING else min(row.joined_at or run.now, run.now)
    return Subscription(run.list_id, status, since)


def _consent(row: Row, run: Run) -> Consent:
    return Consent(
        at=row.joined_at or run.now,
        how=ConsentHow.IMPORTED,
        ip=row.ip,
        confirmed_at=row.confirmed_at,
        confirmed_ip=row.confirmed_ip,
        provenance=f"{run.provenance}, line {row.line}",
    )


def _suppression(row: Row, key_hash: str, run: Run) -> Suppression:
    """Return what stands against a person: on this list if they left it there, everywhere if mail must not go."""
    list_id = run.list_id if row.status is RowStatus.UNSUBSCRIBED else ""
    when = f" on {row.left_at.date().isoformat()}" if row.left_at else ""
    note = f"imported: {row.status}{when} {row.note}".strip()[:MAX_NOTE]
    return Suppression(key_hash, REASONS[row.status], run.now, list_id, note)
