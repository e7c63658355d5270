"""What ``digest subscribers …`` and ``digest lists …`` do."""

from __future__ import annotations

import csv
import dataclasses
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import subscribers
from digest.cli.mailer import mailer_of
from digest.cli.opening import ask, emit, say, warn, workspace
from digest.errors import UsageError
from digest.newsroom import Newsroom
from subscribers import Consent, Subscriber, SuppressionReason
from subscribers.errors import BadAddress, Suppressed, UnknownSubscriber


def add(addresses: list[str], list_id: str, *, name: str, tags: str, confirm: bool) -> int:
    """Put people on a list; one that cannot be added is told and the others are. 1 if any could not."""
    failed = 0
    with workspace() as newsroom:
        for address in addresses:
            try:
                _add_one(newsroom, address, list_id, name, tags, confirm=confirm)
            except (BadAddress, Suppressed) as error:
                warn(f"{address} was not added to {list_id}: {error}")
                failed += 1
    return 1 if failed else 0


def _add_one(newsroom: Newsroom, address: str, list_id: str, name: str, tags: str, *, confirm: bool) -> None:
    now = newsroom.clock()
    consent = Consent(at=now, how="added by the newsroom on the command line")
    labels = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
    if confirm:
        subscribers.ask_to_confirm(
            newsroom.engine,
            address,
            list_id,
            consent=consent,
            now=now,
            keys=newsroom.keys,
            mailer=mailer_of(newsroom, list_id),
            site_name=newsroom.settings.site.name,
            site_url=newsroom.settings.site.url,
            name=name,
        )
        say(f"{address} was asked by mail to confirm {list_id}.")
        return
    with newsroom.writing() as conn:
        subscribers.subscribe(
            conn, address, list_id, consent=consent, now=now, keys=newsroom.keys, name=name, tags=labels
        )
    say(f"{address} is on {list_id}.")


def import_people(file: Path, list_id: str, *, dry_run: bool, refused: Path | None, as_json: bool) -> int:
    """Import a file and tell the counts; refused rows are listed with line and reason and make no failure."""
    with workspace() as newsroom:
        with newsroom.reading() as conn:
            subscribers.get_list(conn, list_id)
        report = subscribers.import_file(
            newsroom.engine, file, list_id, keys=newsroom.keys, now=newsroom.clock(), dry_run=dry_run
        )
    if refused is not None and report.refused:
        with refused.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("line", "reason", "row"))
            writer.writerows((row.line, row.reason, row.text) for row in report.refused)
    if as_json:
        emit(dataclasses.asdict(report) | {"dry_run": dry_run})
        return 0
    say(f"{file}: read as {report.format} ({report.because})")
    for outcome, count in report.counts.items():
        say(f"  {count:>8} {outcome}")
    for row in report.refused[:20]:
        warn(f"{file}, line {row.line}: {row.reason}")
    if len(report.refused) > 20:
        warn(f"{len(report.refused) - 20} more refused rows; write them all with --refused FILE")
    if dry_run:
        say("Dry run: nothing was changed.")
    return 0


def export(list_id: str | None, format: str) -> int:
    """Write subscribers to standard output."""
    if format not in ("csv", "jsonl"):
        raise UsageError(f"--format {format}: csv or jsonl.")
    with workspace() as newsroom, newsroom.reading() as conn:
        if list_id is not None:
            subscribers.get_list(conn, list_id)
        for text in subscribers.export_list(conn, list_id, "csv" if format == "csv" else "jsonl"):
            sys.stdout.write(text)
    return 0


def list_people(list_id: str | None, status: str | None, *, as_json: bool) -> int:
    """List subscribers with their standing."""
    chosen = subscribers.SubscriptionStatus(_one_of(status)) if status else None
    with workspace() as newsroom, newsroom.reading() as conn:
        if list_id is not None:
            subscribers.get_list(conn, list_id)
        people = list(subscribers.iter_subscribers(conn, list_id, chosen))
    if as_json:
        emit([_document(person) for person in people])
        return 0
    for person in people:
        standing = ", ".join(f"{s.list_id}: {s.status}" for s in person.subscriptions)
        say(f"{person.id:>8}  {person.address}  {person.name}  {standing}".rstrip())
    return 0


def show(address: str, *, as_json: bool) -> int:
    """Show all that is known of one person."""
    with workspace() as newsroom, newsroom.reading() as conn:
        known = subscribers.all_that_is_known(conn, address, newsroom.keys)
        if known is None:
            raise UnknownSubscriber(f"Nobody is known as {address}.")
    if as_json:
        emit(known)
        return 0
    for name, value in known.items():
        say(f"{name}: {value}")
    return 0


def unsubscribe(address: str, list_id: str | None) -> int:
    """Take someone off one list or all."""
    with workspace() as newsroom, newsroom.writing() as conn:
        person = _person(conn, address)
        ids = [list_id] if list_id else [s.list_id for s in person.subscriptions]
        for one in ids:
            subscribers.get_list(conn, one)
            subscribers.unsubscribe(
                conn, person.id, one, reason="by the newsroom", now=newsroom.clock(), keys=newsroom.keys
            )
    say(f"{address} is off {', '.join(ids) or 'every list'}.")
    return 0


def suppress(address: str, reason: str) -> int:
    """Never mail an address again."""
    allowed = [r.value for r in SuppressionReason]
    if reason not in allowed:
        raise UsageError(f"--reason {reason}: one of {', '.join(allowed)}.")
    with workspace() as newsroom, newsroom.writing() as conn:
        subscribers.suppress(conn, address, SuppressionReason(reason), now=newsroom.clock(), keys=newsroom.keys)
    say(f"{address} is suppressed: {reason}.")
    return 0


def forget(address: str, *, yes: bool) -> int:
    """Erase a person; only a keyed hash stays."""
    ask(f"Erase all that is known of {address}?", yes=yes)
    with workspace() as newsroom, newsroom.writing() as conn:
        _person(conn, address)
        subscribers.forget(conn, address, now=newsroom.clock(), keys=newsroom.keys)
    say(f"{address} is forgotten, and no import will bring them back.")
    return 0


def add_list(id: str, name: str, *, double_opt_in: bool) -> int:
    """Make a list."""
    with workspace() as newsroom, newsroom.writing() as conn:
        if subscribers.find_list(conn, id) is not None:
            raise UsageError(f"There is a list {id!r} already.")
        subscribers.create_list(conn, subscribers.List(id, name or id, double_opt_in=double_opt_in))
    say(f"The list {id} is there.")
    return 0


def show_lists(id: str | None, *, as_json: bool) -> int:
    """Show the lists with their active readers."""
    with workspace() as newsroom, newsroom.reading() as conn:
        chosen = [subscribers.get_list(conn, id)] if id else list(subscribers.iter_lists(conn))
        rows = [(one, subscribers.count_active(conn, one.id)) for one in chosen]
    if as_json:
        emit([dataclasses.asdict(one) | {"active": count} for one, count in rows])
        return 0
    for one, count in rows:
        say(f"{one.id}: {one.name}, {count} active, {'double' if one.double_opt_in else 'single'} opt-in")
    return 0


def _person(conn: Connection, address: str) -> Subscriber:
    person = subscribers.find_subscriber(conn, address)
    if person is None:
        raise UnknownSubscriber(f"Nobody is known as {address}.")
    return person


def _document(person: Subscriber) -> dict[str, Any]:
    return dataclasses.asdict(person) | {"attributes": dict(person.attributes)}


def _one_of(status: str) -> str:
    allowed = [s.value for s in subscribers.SubscriptionStatus]
    if status not in allowed:
        raise UsageError(f"--status {status}: one of {', '.join(allowed)}.")
    return status
