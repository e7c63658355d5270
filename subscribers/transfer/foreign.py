"""Write a list in the shape another product imports, so that a newsroom can leave as easily as it came.

Only who is active, and not suppressed, goes out as active; the others go out as ended where the shape has a word for
it, and are left out where it has none: a product that cannot be told that somebody left must not get their address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from subscribers import store
from subscribers.lists import get_list
from subscribers.model import Consent, Subscriber, Subscription, SubscriptionStatus
from subscribers.suppression import iter_standing
from subscribers.tokens import KeyRing
from subscribers.transfer.cells import csv_line, safe_cell


@dataclass(frozen=True, slots=True)
class Leaver:
    """A person as another product is to know them. ``consent`` is the earliest evidence, if there is any."""

    person: Subscriber
    standing: Subscription
    consent: Consent | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class ForeignShape:
    """A product's table: its columns, and what stands in them. ``takes_ended``: it has a word for who left."""

    columns: tuple[str, ...]
    cells: Callable[[Leaver], tuple[str, ...]]
    takes_ended: bool
    line_end: str = "\n"


def export_foreign(conn: sa.Connection, list_id: str, product: str, *, keys: KeyRing) -> Iterator[str]:
    """Yield the lines of one list's export for a product of ``FOREIGN``; raises UnknownList.

    Nobody pending is among them: they never answered. Cells that a spreadsheet would run are defused, but never an
    address: no product would take it.
    """
    get_list(conn, list_id)
    return _lines(conn, list_id, FOREIGN[product], keys)


def _lines(conn: sa.Connection, list_id: str, shape: ForeignShape, keys: KeyRing) -> Iterator[str]:
    yield csv_line(shape.columns, shape.line_end)
    for leaver in _leavers(conn, list_id, keys):
        if leaver.is_active or shape.takes_ended:
            yield csv_line(shape.cells(leaver), shape.line_end)


def _leavers(conn: sa.Connection, list_id: str, keys: KeyRing) -> Iterator[Leaver]:
    for people in store.iter_with_evidence(conn, list_id):
        hashes = keys.hash_addresses(person.key for person, _ in people)
        suppressed = {each.key_hash for each in iter_standing(conn, hashes, list_id)}
        for (person, consents), key_hash in zip(people, hashes, strict=True):
            standing = next(each for each in person.subscriptions if each.list_id == list_id)
            if standing.status is not SubscriptionStatus.PENDING:
                consent = next((each for id, each in consents if id == list_id), None)
                is_active = standing.status is SubscriptionStatus.ACTIVE and key_hash not in suppressed
                yield Leaver(person, standing, consent, is_active)


def _listmonk(leaver: Leaver) -> tuple[str, ...]:
    """listmonk's importer reads email, name, attributes and status (its manual, "Importing subscribers")."""
    known = dict(leaver.person.attributes) | ({"tags": list(leaver.person.tags)} if leaver.person.tags else {})
    attributes = json.dumps(known, ensure_ascii=False, sort_keys=True)
    status = "enabled" if leaver.is_active else "blocklisted"
    return (leaver.person.address, safe_cell(leaver.person.name), attributes, status)


def _mailchimp(leaver: Leaver) -> tuple[str, ...]:
    """Mailchimp's importer: name in two parts, tags as a quoted list inside the cell, times without a zone, in UTC."""
    first, _, last = leaver.person.name.partition(" ")
    consent = leaver.consent
    return (
        leaver.person.address,
        safe_cell(first),
        safe_cell(last),
        _mailchimp_moment(consent.at if consent else leaver.standing.since),
        consent.ip if consent else "",
        _mailchimp_moment(consent.confirmed_at if consent else None),
        consent.confirmed_ip if consent else "",
        ",".join('"' + tag.replace('"', '""') + '"' for tag in leaver.person.tags),
    )


def _ghost(leaver: Leaver) -> tuple[str, ...]:
    """Ghost's importer ("Import members"): whether they are subscribed is a column of its own."""
    labels = ",".join(tag.replace(",", " ") for tag in leaver.person.tags)
    subscribed = "true" if leaver.is_active else "false"
    joined = _iso(leaver.standing.since if leaver.is_active else leaver.person.created_at)
    return (
        leaver.person.address,
        safe_cell(leaver.person.name),
        "",
        subscribed,
        "false",
        "",
        joined,
        safe_cell(labels),
    )


def _buttondown(leaver: Leaver) -> tuple[str, ...]:
    """Buttondown's importer: tags separated by semicolons, metadata as JSON."""
    named: Mapping[str, object] = {"name": leaver.person.name} if leaver.person.name else {}
    metadata = json.dumps({**named, **leaver.person.attributes}, ensure_ascii=False, sort_keys=True)
    kind = "regular" if leaver.is_active else "unsubscribed"
    left = "" if leaver.is_active else _iso(leaver.standing.since)
    ip = leaver.consent.ip if leaver.consent else ""
    joined = _iso(leaver.consent.at if leaver.consent else leaver.person.created_at)
    tags = ";".join(tag.replace(";", " ") for tag in leaver.person.tags)
    return (leaver.person.address, "", kind, joined, left, ip, safe_cell(tags), metadata)


def _mailchimp_moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


FOREIGN: Mapping[str, ForeignShape] = {
    "listmonk": ForeignShape(("email", "name", "attributes", "status"), _listmonk, takes_ended=True),
    "mailchimp": ForeignShape(
        (
            "Email Address",
            "First Name",
            "Last Name",
            "OPTIN_TIME",
            "OPTIN_IP",
            "CONFIRM_TIME",
            "CONFIRM_IP",
            "TAGS",
        ),
        _mailchimp,
        takes_ended=False,
    ),
    "ghost": ForeignShape(
        (
            "email",
            "name",
            "note",
            "subscribed_to_emails",
            "complimentary_plan",
            "stripe_customer_id",
            "created_at",
            "labels",
        ),
        _ghost,
        takes_ended=True,
        line_end="\r\n",
    ),
    "buttondown": ForeignShape(
        (
            "email",
            "notes",
            "subscriber_type",
            "subscription_date",
            "unsubscription_date",
            "ip_address",
            "tags",
            "metadata",
        ),
        _buttondown,
        takes_ended=True,
    ),
}
"""The products a list can be written for."""
