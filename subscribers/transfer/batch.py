"""Judge and write some thousand rows of an import in a handful of statements."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from subscribers import store, written
from subscribers.address import Address, parse_address
from subscribers.errors import BadAddress
from subscribers.model import Consent, ConsentHow, SubscriptionStatus, Suppression, SuppressionReason
from subscribers.suppression import hold_still, is_empty, iter_standing, suppress_hashes
from subscribers.tokens import KeyRing
from subscribers.transfer.filling import Filling, note_filled
from subscribers.transfer.fresh import add_fresh
from subscribers.transfer.plain import Plain, PlainRow
from subscribers.transfer.report import Outcome, Refused
from subscribers.transfer.row import Row, RowStatus
from subscribers.transfer.staging import Stage, Staged

REASONS = {
    RowStatus.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
    RowStatus.BOUNCED: SuppressionReason.BOUNCED,
    RowStatus.BLOCKED: SuppressionReason.IMPORTED,
    RowStatus.COMPLAINED: SuppressionReason.COMPLAINED,
}
"""What stands against a person who did not receive mail any more where the file comes from."""

MAX_NOTE = 200

_LEAVING = RowStatus.UNSUBSCRIBED.strictness
_NOT_WRITTEN = (Outcome.KEPT_OUT, Outcome.DUPLICATE)


@dataclass(slots=True)
class Run:
    """One import. ``seen`` remembers a 64-bit hash of every address met that the database could not tell again.

    ``rehearsed`` is shared by the dry runs of several files, none of which is in the database: whom they would have
    left off the list (True) or on it, by the same hash.
    """

    import_id: int | None
    list_id: str
    now: datetime
    file_name: str
    format: str
    seen: set[int] = field(default_factory=set)
    rehearsed: dict[int, bool] | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A row whose address was read; ``is_repeat`` when an earlier batch had the address already."""

    row: Row
    address: Address
    is_repeat: bool = False


class Batch:
    """Rows taken together. ``rows`` counts all of them, the refused ones too.

    Who is plainly said stays in columns and goes the short way into the database; the others, and whoever meets one
    of them or is known, are ``people``.
    """

    def __init__(self, run: Run, plain: Plain, rows: int) -> None:
        self.run, self.rows = run, rows
        self.people: dict[str, PlainRow | Person] = {}
        self.counts: Counter[Outcome] = Counter()
        self._plain = plain.without(self._repeated(plain))
        self._places: dict[str, int] = {}
        self._pulled: set[int] = set()

    def _repeated(self, plain: Plain) -> set[int]:
        """Return the places of plain people whose address was met before, here or in an earlier batch."""
        keys, seen = plain.keys, self.run.seen
        repeated = set()
        if not seen.isdisjoint(map(hash, keys)):
            repeated = {place for place, key in enumerate(keys) if hash(key) in seen}
        if len(set(keys)) != len(keys):
            first = {key: place for place, key in reversed(list(enumerate(keys)))}
            repeated.update(place for place, key in enumerate(keys) if first[key] != place)
        self.counts[Outcome.DUPLICATE] += len(repeated)
        return repeated

    def take(self, row: Row) -> Refused | None:
        """Add a row, or return why it is refused. A repeated address counts once; its stricter status stands.

        Of a row that says that somebody left, that much is taken though the rest is refused: who is not mailed today
        must not come back by the next file.
        """
        try:
            address = parse_address(row.address)
        except BadAddress as error:
            return self.refuse(Refused(row.line, row.address, error.reason, row.cells, row.columns))
        refusal = row.refusal
        if not refusal and not _is_storable(row):
            refusal = "it holds characters or numbers that no database keeps"
            kept = Row(row.line, row.address, status=row.status, left_at=row.left_at, refusal=refusal)
            row = replace(kept, cells=row.cells, columns=row.columns)
        if refusal and not row.status.is_leaving:
            return self.refuse(Refused(row.line, row.address, refusal, row.cells, row.columns))
        self._take_person(Person(row, address))
        if not refusal:
            return None
        reason = f"{refusal}; only that the person is {row.status} was taken"
        return Refused(row.line, row.address, reason, row.cells, row.columns)

    def refuse(self, refused: Refused) -> Refused:
        """Count a row that is not taken at all, and return it."""
        self.counts[Outcome.REFUSED] += 1
        return refused

    def _take_person(self, person: Person) -> None:
        key, row = person.address.key, person.row
        before = self.people.get(key) or self._pull(key)
        if before is None and hash(key) not in self.run.seen:
            self.people[key] = person
            return
        self.counts[Outcome.DUPLICATE] += 1
        if before is not None:
            self.people[key] = _stricter(before, person)
        elif row.status is not RowStatus.ACTIVE:
            self.people[key] = replace(person, is_repeat=True)

    def _pull(self, key: str) -> PlainRow | None:
        """Take somebody out of the plain people, if they are there, because another row speaks of them too."""
        if not self._places:
            self._places = {each: place for place, each in enumerate(self._plain.keys)}
        place = self._places.get(key)
        if place is None or place in self._pulled:
            return None
        self._pulled.add(place)
        return self._plain.row(place)

    def remember(self) -> None:
        """Note all addresses of rows that an earlier run has done."""
        self.run.seen.update(map(hash, self._plain.keys), map(hash, self.people))

    def apply(self, conn: sa.Connection, keys: KeyRing, *, dry_run: bool = False) -> None:
        """Write the batch, in statements for all rows together, and count what became of each row."""
        hold_still(conn)
        self._apply_plain(conn, keys, dry_run)
        if self.people:
            self._apply_people(conn, keys, dry_run)

    def _apply_plain(self, conn: sa.Connection, keys: KeyRing, dry_run: bool) -> None:
        """Write the plain people nobody knew and against whom nothing stands; the others join those to be judged."""
        run, plain = self.run, self._plain.without(self._pulled)
        if dry_run or run.import_id is None:
            places = list(range(len(plain.lines)))
            free = plain.without(places)
        else:
            places = [place for place, _ in _standing_against(conn, plain.keys, run.list_id, keys)]
            free = plain.without(places)
            self.people.update((plain.keys[place], plain.row(place)) for place in places)
            known = add_fresh(conn, free, run.list_id, run.import_id)
            self.counts[Outcome.ADDED] += len(free.lines) - len(known)
            again = store.brought_by(conn, run.import_id, run.list_id, [free.keys[place] for place in known])
            self.counts[Outcome.DUPLICATE] += len(again)
            places = [place for place in known if free.keys[place] not in again]
            plain = free
        self.people.update((plain.keys[place], plain.row(place)) for place in places)

    def _apply_people(self, conn: sa.Connection, keys: KeyRing, dry_run: bool) -> None:
        run, people = self.run, list(self.people.values())
        stage = Stage(conn, self.run.list_id, self.run.import_id)
        stage.fill_plain([(place, *each[:-1]) for place, each in enumerate(people) if isinstance(each, tuple)])
        odd = ((place, each) for place, each in enumerate(people) if isinstance(each, Person))
        stage.fill([_staged(place, each, self.run.now) for place, each in odd])
        against = _standing_against(conn, list(self.people), self.run.list_id, keys)
        outcomes, known = self._judge(stage, people, against, dry_run)
        if self.run.rehearsed is not None:
            self._go_on(self.run.rehearsed, outcomes)
        self._count(people, outcomes)
        if not dry_run:
            waiting = [row.id for row in known if _is_pending(people[row.place])]
            store.unconfirm(conn, waiting, run.list_id, run.import_id or 0, now=run.now)
            # Of a repeat nothing counts but how it stands, in this batch as in the next.
            outcomes |= {place: Outcome.DUPLICATE for place, each in enumerate(people) if _is_repeat(each)}
            known = [row for row in known if outcomes.get(row.place) not in _NOT_WRITTEN]
            fillings = [_filling(row, people[row.place]) for row in known]
            note_filled(conn, run.import_id or 0, fillings)
            self._write(stage, people, outcomes)
            for row, each in zip(known, fillings, strict=True):
                store.complete_subscriber(conn, row, each.name, each.attributes)
            self._suppress(conn, keys)
        stage.close()
        self._remember_outcomes(outcomes, dry_run)

    def _judge(
        self,
        stage: Stage,
        people: Sequence[PlainRow | Person],
        against: Sequence[tuple[int, SuppressionReason]],
        dry_run: bool,
    ) -> tuple[dict[int, Outcome], list[sa.Row[Any]]]:
        """Say what becomes of the rows that do not simply join, by their place: the stricter of file and database.

        New people are written on the way, so that it shows who was known; who was known is returned.
        """
        outcomes = {place: Outcome.ENDED for place, each in enumerate(people) if _strictness(each) >= _LEAVING}
        kept_out = {place for place, _reason in against} - outcomes.keys()
        outcomes.update(dict.fromkeys(kept_out, Outcome.KEPT_OUT))
        stage.drop(kept_out)
        stage.keep_unknown({place for place, reason in against if reason is SuppressionReason.ERASED})
        known = stage.known(None if dry_run else stage.add_people())
        for row in known:
            if row.status is not None and row.import_id is not None and row.import_id == self.run.import_id:
                outcomes[row.place] = Outcome.DUPLICATE
            elif row.place not in outcomes and row.status is not None:
                is_ended = row.status == SubscriptionStatus.ENDED
                outcomes[row.place] = Outcome.KEPT_OUT if is_ended else Outcome.KNOWN
        gone = {row.place for row in known if outcomes.get(row.place) in _NOT_WRITTEN}
        stage.drop(gone)
        return outcomes, list(known)

    def _go_on(self, rehearsed: dict[int, bool], outcomes: dict[int, Outcome]) -> None:
        """Judge people by what the dry runs of earlier files would have made of them, and note what this one does."""
        for place, key in enumerate(self.people):
            is_off = rehearsed.get(hash(key))
            if is_off is not None and outcomes.get(place) not in (Outcome.ENDED, Outcome.KEPT_OUT):
                outcomes[place] = Outcome.KEPT_OUT if is_off else Outcome.KNOWN
            rehearsed[hash(key)] = outcomes.get(place) in (Outcome.ENDED, Outcome.KEPT_OUT)

    def _count(self, people: Sequence[PlainRow | Person], outcomes: Mapping[int, Outcome]) -> None:
        """Count every row once: a repeat was counted when it was taken."""
        self.counts.update(outcomes.values())
        self.counts[Outcome.ADDED] += len(people) - len(outcomes)
        repeats = (place for place, each in enumerate(people) if _is_repeat(each))
        self.counts.subtract([outcomes.get(place, Outcome.ADDED) for place in repeats])

    def _write(self, stage: Stage, people: Sequence[PlainRow | Person], outcomes: Mapping[int, Outcome]) -> None:
        stage.add_subscriptions()
        tagged = ((place, _tags(each)) for place, each in enumerate(people))
        stage.add_tags(
            [(place, tag) for place, tags in tagged if tags and outcomes.get(place) not in _NOT_WRITTEN for tag in tags]
        )
        said = {
            place: _consent(each.row, self.run)
            for place, each in enumerate(people)
            if isinstance(each, Person) and place not in outcomes and not _is_plain_evidence(each.row, self.run.now)
        }
        stage.add_consents(said)

    def _suppress(self, conn: sa.Connection, keys: KeyRing) -> None:
        leaving = [each for each in self.people.values() if isinstance(each, Person) and each.row.status.is_leaving]
        hashes = keys.hash_addresses(each.address.key for each in leaving)
        run, hashed = self.run, list(zip(hashes, leaving, strict=True))
        suppressions = [_suppression(each.row, key_hash, run) for key_hash, each in hashed]
        addresses = {key_hash: each.address.key for key_hash, each in hashed}
        suppress_hashes(conn, suppressions, now=run.now, addresses=addresses, import_id=run.import_id)

    def _remember_outcomes(self, outcomes: Mapping[int, Outcome], dry_run: bool) -> None:
        """Note who met again could not be told from somebody here before; the others carry the import's number."""
        keys = list(self.people)
        places = range(len(keys)) if dry_run else outcomes
        self.run.seen.update(hash(keys[place]) for place in places)


def _standing_against(
    conn: sa.Connection, addresses: Sequence[str], list_id: str, keys: KeyRing
) -> list[tuple[int, SuppressionReason]]:
    """Return the place and reason of everything that stands against an address on this list or everywhere."""
    if is_empty(conn):
        return []
    places = {key_hash: place for place, key_hash in enumerate(keys.hash_addresses(addresses))}
    return [(places[each.key_hash], each.reason) for each in iter_standing(conn, list(places), list_id)]


def _filling(row: sa.Row[Any], person: PlainRow | Person) -> Filling:
    if isinstance(person, Person):
        return Filling(row.id, row.name, row.attributes, person.row.name, person.row.attributes, person.row.tags)
    _line, _key, _address, name, attributes, _joined, tags = person
    return Filling(row.id, row.name, row.attributes, name, json.loads(attributes), tags)


def _strictness(person: PlainRow | Person) -> int:
    return 0 if isinstance(person, tuple) else person.row.status.strictness


def _is_repeat(person: PlainRow | Person) -> bool:
    return isinstance(person, Person) and person.is_repeat


def _is_pending(person: PlainRow | Person) -> bool:
    return isinstance(person, Person) and person.row.status is RowStatus.PENDING


def _tags(person: PlainRow | Person) -> tuple[str, ...]:
    return person[-1] if isinstance(person, tuple) else person.row.tags


def _stricter(before: PlainRow | Person, person: Person) -> PlainRow | Person:
    """Return the person as the file has them first, with the stricter standing of two rows."""
    one = person_of(before) if isinstance(before, tuple) else before
    first, second = sorted((one, person), key=lambda each: each.row.line)
    if second.row.status.strictness <= first.row.status.strictness:
        return before if first is one else first
    later = second.row
    return replace(first, row=replace(first.row, status=later.status, left_at=later.left_at, note=later.note))


def person_of(plain: PlainRow) -> Person:
    """Return what a plain row says as if it had been read by itself."""
    line, key, address, name, said, joined, tags = plain
    shown = address or key
    row = Row(line, shown, name, RowStatus.ACTIVE, tags, json.loads(said))
    joined_at = datetime.fromisoformat(joined).replace(tzinfo=UTC)
    return Person(replace(row, joined_at=joined_at), Address(shown, shown, key))


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


def _is_plain_evidence(row: Row, now: datetime) -> bool:
    """Tell whether a subscription can say all that the row tells of the consent."""
    return not (row.ip or row.confirmed_at or row.confirmed_ip) and (row.joined_at is None or row.joined_at <= now)


def _staged(place: int, person: Person, now: datetime) -> Staged:
    address, row = person.address, person.row
    status, since, reason = _standing(row, now)
    return Staged(
        place=place,
        line=row.line,
        key=address.key,
        address="" if address.written == address.key else address.written,
        wire_address="" if address.wire == address.written else address.wire,
        name=row.name,
        attributes=written.attributes(row.attributes),
        created_at=written.moment(min(row.joined_at or now, now)),
        status=status.value,
        since=written.moment(since),
        reason=reason,
        may_be_new=1,
        is_evidence=int(not row.status.is_leaving and _is_plain_evidence(row, now)),
    )


def _standing(row: Row, now: datetime) -> tuple[SubscriptionStatus, datetime, str]:
    if row.status.is_leaving:
        return SubscriptionStatus.ENDED, min(row.left_at or now, now), REASONS[row.status].value
    if row.status is RowStatus.PENDING:
        # Somebody pending is forgotten some days after the import, not after a sign-up of long ago.
        return SubscriptionStatus.PENDING, now, ""
    return SubscriptionStatus.ACTIVE, min(row.joined_at or now, now), ""


def _consent(row: Row, run: Run) -> Consent:
    return Consent(
        at=row.joined_at or run.now,
        how=ConsentHow.IMPORTED,
        ip=row.ip,
        confirmed_at=row.confirmed_at,
        confirmed_ip=row.confirmed_ip,
        provenance=store.import_provenance(run.file_name, run.format, row.line),
    )


def _suppression(row: Row, key_hash: str, run: Run) -> Suppression:
    """Return what stands against a person: on this list if they left it there, everywhere if mail must not go."""
    list_id = run.list_id if row.status is RowStatus.UNSUBSCRIBED else ""
    when = f" on {row.left_at.date().isoformat()}" if row.left_at else ""
    note = f"imported: {row.status}{when} {row.note}".strip()[:MAX_NOTE]
    return Suppression(key_hash, REASONS[row.status], run.now, list_id, note)
