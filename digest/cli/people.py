"""What ``digest subscribers …`` and ``digest lists …`` do."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import subscribers
from digest.cli.mailer import mailer_of
from digest.cli.opening import ask, emit, say, warn, workspace
from digest.cli.plainly import printable_line
from digest.errors import UsageError
from digest.housekeeping import erase_traces, traces
from digest.newsroom import Newsroom
from subscribers import Consent, ConsentHow, Subscriber, SuppressionReason
from subscribers.errors import BadAddress, Suppressed, UnknownSubscriber

_REASONS = (SuppressionReason.MANUAL, SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED)
"""Why a newsroom may suppress somebody; the other reasons are noted where somebody leaves, is erased or imported."""


def add(
    addresses: Iterable[str],
    list_id: str,
    *,
    name: str,
    tags: str,
    confirm: bool,
    file: Path | None = None,
    evidence: str = "",
) -> int:
    """Put people on a list; one that cannot be added is told and the others are. 1 if any could not.

    ``file`` holds one address a line, ``-`` is standard input; it is read whole before anybody is added. ``evidence``
    says how they asked for it.
    """
    failed = 0
    labels = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
    consent = partial(Consent, how=ConsentHow.OPERATOR, provenance=evidence)
    if confirm and labels:
        warn("--tags are for who is added at once: with --confirm nobody is tagged")
    wanted = [*addresses, *(_lines_of(file) if file else ())]
    with workspace() as newsroom:
        with newsroom.reading() as conn:
            subscribers.get_list(conn, list_id)
        for address in wanted:
            try:
                if confirm:
                    _ask_one(newsroom, address, list_id, name, evidence)
                else:
                    _add_one(newsroom, address, list_id, name, labels, consent(newsroom.clock()))
            except (BadAddress, Suppressed) as error:
                warn(f"{address} was not added to {list_id}: {error}")
                failed += 1
    return 1 if failed else 0


def _lines_of(file: Path) -> Iterator[str]:
    """Yield the addresses of a file, one a line; empty lines and comments are passed over."""
    try:
        with nullcontext(sys.stdin) if str(file) == "-" else file.open(encoding="utf-8-sig") as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    yield line.strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read the addresses in {file}: {error}.") from error


def _ask_one(newsroom: Newsroom, address: str, list_id: str, name: str, evidence: str) -> None:
    now, paper = newsroom.clock(), newsroom.settings.site
    with newsroom.reading() as conn:
        wanted = subscribers.get_list(conn, list_id)
    # They saw no form of ours: the words they agree to are those of the mail.
    asked = subscribers.evidence(wanted, now=now, form="command line", shown="")
    is_asked = subscribers.sign_up(
        newsroom.engine,
        address,
        list_id,
        consent=dataclasses.replace(asked, provenance=evidence),
        site=subscribers.Site(paper.name, paper.url, paper.address),
        mailer=mailer_of(newsroom, list_id),
        now=now,
        keys=newsroom.keys,
        name=name,
        always_ask=True,
    )
    if is_asked:
        say(f"{address} was asked by mail to confirm {list_id}.")
    else:
        warn(f"{address} was not asked: they are on {list_id}, were asked within a day, or must not be mailed.")


def _add_one(
    newsroom: Newsroom, address: str, list_id: str, name: str, tags: tuple[str, ...], consent: Consent
) -> None:
    with newsroom.writing() as conn:
        subscribers.subscribe(
            conn, address, list_id, consent=consent, now=consent.at, keys=newsroom.keys, name=name, tags=tags
        )
    say(f"{address} is on {list_id}.")


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
        say(f"{person.id:>8}  {person.address}  {_in_words(person.name)}  {standing}".rstrip())
    return 0


def show(address: str, *, as_json: bool) -> int:
    """Show all that is known of one person."""
    with workspace() as newsroom, newsroom.reading() as conn:
        known = _known(newsroom, conn, address)
        person = subscribers.find_subscriber(conn, address)
        if person is not None:
            known |= traces(conn, person.id)
    if as_json:
        emit(known)
        return 0
    for name, value in known.items():
        _say_known(name, value)
    return 0


def _say_known(name: str, value: Any) -> None:
    """Print one thing known of a person; of what was kept several times, each on a line without its empty parts."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        say(f"{name}:")
        for each in value:
            say(
                "  "
                + ", ".join(f"{part} {_in_words(said)}" for part, said in each.items() if said not in ("", [], None))
            )
        return
    say(f"{name}: {_in_words(value) or '-'}")


def _in_words(value: Any) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{_in_words(name)} = {_in_words(each)}" for name, each in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable_line(" ".join(map(str, value)) if isinstance(value, list) else str(value))


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
    if reason not in _REASONS:
        raise UsageError(f"--reason {reason}: one of {', '.join(_REASONS)}.")
    with workspace() as newsroom, newsroom.writing() as conn:
        subscribers.suppress(conn, address, SuppressionReason(reason), now=newsroom.clock(), keys=newsroom.keys)
    say(f"{address} is suppressed: {reason}.")
    return 0


def allow(address: str) -> int:
    """Let somebody suppressed sign up again."""
    with workspace() as newsroom, newsroom.writing() as conn:
        if not subscribers.let_sign_up(conn, address, keys=newsroom.keys):
            raise UsageError(f"Nothing keeps {address} from signing up.")
    say(f"{address} may sign up again, and is mailed once that is confirmed.")
    return 0


def forget(address: str, *, yes: bool) -> int:
    """Erase a person; only a keyed hash stays."""
    ask(f"Erase all that is known of {address}?", yes=yes)
    with workspace() as newsroom, newsroom.writing() as conn:
        _known(newsroom, conn, address)
        person = subscribers.find_subscriber(conn, address)
        if person is not None:
            erase_traces(newsroom)(conn, person.id)
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
        kind = "double" if one.double_opt_in else "single"
        say(f"{one.id}: {printable_line(one.name)}, {count} active, {kind} opt-in")
    return 0


def list_form(id: str) -> int:
    """Print a form that signs up to a list; our own page then asks once more, with its signed time."""
    with workspace() as newsroom, newsroom.reading() as conn:
        wanted = subscribers.get_list(conn, id)
        url = f"{newsroom.settings.site.url}/s/{wanted.id}"
    say(f'<form action="{escape(url)}" method="post" accept-charset="utf-8">')
    say(f'  <label for="digest-{wanted.id}">{escape(wanted.name)}: your mail address</label>')
    say(f'  <input type="email" id="digest-{wanted.id}" name="email" autocomplete="email" required maxlength="254">')
    say('  <button type="submit">Sign up</button>')
    say("</form>")
    return 0


def _known(newsroom: Newsroom, conn: Connection, address: str) -> dict[str, Any]:
    """Return what the lists know of an address; of who was erased, what stands against it."""
    known = subscribers.show(conn, address, keys=newsroom.keys)
    if known is None:
        raise UnknownSubscriber(f"Nobody is known as {address}.")
    return known


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
