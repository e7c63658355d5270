"""Ask somebody whether they want a list, take their answer, and keep the evidence of both.

Is handed a Mailer and knows no transport. The evidence names the words a reader saw, because the sender has to prove
consent (GDPR Article 7(1)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from subscribers import schema, store
from subscribers.address import parse_address
from subscribers.database import writing
from subscribers.errors import BadToken, Suppressed
from subscribers.lists import begun, get_list, subscribe
from subscribers.model import Consent, ConsentHow, List, Subscriber, Subscription, SubscriptionStatus
from subscribers.resources import ENGLISH, pages, texts
from subscribers.suppression import LIFTED_BY_OPT_IN, find_reason, lift_by_opt_in
from subscribers.tokens import KeyRing, Purpose, sign, verify

WORDING = "Yes, send me {list} by mail. I can leave at any time with the link in every mail."
"""What the sign-up page says beside its button; ``WORDING_VERSION`` changes whenever these words do."""

WORDING_VERSION = "1"

CONFIRM_WITHIN = timedelta(days=7)
"""How long a confirmation link works, and how long somebody who does not answer is kept."""

ASK_AGAIN_AFTER = timedelta(hours=24)
"""At most one confirmation an address, list and day: forms are abused to flood other people's mailboxes."""


class Mailer(Protocol):
    """Sends one transactional mail, now; raises if it could not be handed over."""

    def send(self, *, to: str, subject: str, text: str, html: str) -> None:
        """Send the mail to one address."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who asks: the name a reader knows, the public base of our pages without a slash at its end, and where the
    newsroom gets its post, which every mail says.
    """

    name: str
    url: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A confirmation that is to be mailed: to whom, for which list, and the token of its link."""

    address: str
    list: List
    token: str
    consent_id: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An answer taken: who joined which list; ``again`` when the link had been used before."""

    subscriber: Subscriber
    list: List
    again: bool


def evidence(
    asked: List, *, now: datetime, form: str = "", ip: str = "", language: str = ENGLISH, shown: str | None = None
) -> Consent:
    """Return the evidence of a sign-up: when, where, and the words that were shown, as they were shown.

    They are those of our page, unless ``shown`` has those of another form: empty when nobody knows them.
    """
    if shown is not None:
        return Consent(now, ConsentHow.DOUBLE_OPT_IN, shown, "", form, ip)
    version = WORDING_VERSION if language == ENGLISH else f"{WORDING_VERSION}-{language}"
    return Consent(now, ConsentHow.DOUBLE_OPT_IN, wording(asked, language), version, form, ip)


def wording(asked: List, language: str = ENGLISH) -> str:
    """Return what the sign-up page says beside its button."""
    return texts(language)(WORDING).format(list=asked.name)


def sign_up(
    engine: sa.Engine,
    address: str,
    list_id: str,
    *,
    consent: Consent,
    site: Site,
    mailer: Mailer | None,
    now: datetime,
    keys: KeyRing,
    name: str = "",
    language: str = ENGLISH,
    always_ask: bool = False,
) -> bool:
    """Take a sign-up: ask by mail, or join at once where the list asks nobody and ``always_ask`` is not set.

    Tells whether a question was mailed: for the newsroom alone, because it says something of who is known. Raises
    BadAddress and UnknownList, and what the mailer raises; then the sign-up may be repeated at once.
    """
    with writing(engine) as conn:
        request = request_confirmation(
            conn, address, list_id, consent=consent, now=now, keys=keys, name=name, always_ask=always_ask
        )
    if request is None or mailer is None:
        return False
    try:
        send_confirmation(mailer, request, site, language)
    except Exception:  # whatever the mailer could not do: an unsent question must not block the next one
        with writing(engine) as conn:
            conn.execute(sa.delete(schema.consent).where(schema.consent.c.id == request.consent_id))
        raise
    return True


def request_confirmation(
    conn: sa.Connection,
    address: str,
    list_id: str,
    *,
    consent: Consent,
    now: datetime,
    keys: KeyRing,
    name: str = "",
    always_ask: bool = False,
) -> Request | None:
    """Note that somebody asked for a list and return the confirmation to mail them, or None if none is due.

    None is due to who is on the list, must not be mailed, was asked within a day, or joined at once because the
    list does not ask and ``always_ask`` is not set. Nobody has proved yet whose address it is: a name is taken for
    somebody new only. Raises BadAddress and UnknownList.
    """
    parsed, wanted = parse_address(address), get_list(conn, list_id)
    reason = find_reason(conn, keys.hash_address(parsed.key), list_id)
    if reason is not None and reason not in LIFTED_BY_OPT_IN:
        return None
    if store.find_subscriber(conn, parsed.written) is not None:
        name = ""
    at_once = not wanted.double_opt_in and not always_ask
    if at_once and _joined_at_once(conn, parsed.written, wanted, consent, now, keys, name):
        return None
    subscriber_id = store.add_subscriber(conn, parsed, keys=keys, now=now, name=name)
    standing = store.find_subscription(conn, subscriber_id, list_id)
    if _is_on_list(standing) or _asked_since(conn, subscriber_id, list_id, now - ASK_AGAIN_AFTER):
        return None
    if standing is None or standing.status is SubscriptionStatus.PENDING:
        store.put_subscription(conn, subscriber_id, Subscription(list_id, SubscriptionStatus.PENDING, now))
    asked = replace(consent, how=ConsentHow.DOUBLE_OPT_IN, confirmed_at=None)
    consent_id = store.add_consent(conn, subscriber_id, list_id, asked)
    token = sign(
        keys,
        Purpose.CONFIRM,
        subscriber_id=subscriber_id,
        list_number=wanted.number,
        subject=consent_id,
        expires=now + CONFIRM_WITHIN,
    )
    return Request(parsed.wire, wanted, token, consent_id)


def send_confirmation(mailer: Mailer, request: Request, site: Site, language: str = ENGLISH) -> None:
    """Mail the question with its link; raises what the mailer raises."""
    url = f"{site.url}/c/{request.token}"
    send_message(mailer, request.address, "confirm", language, site=site, list=request.list, url=url)


def send_message(mailer: Mailer, to: str, name: str, language: str = ENGLISH, **values: object) -> None:
    """Mail what ``messages/NAME`` says: confirm, welcome, goodbye or data; raises what the mailer raises."""
    templates = pages(language)
    subject, _, text = templates.get_template(f"messages/{name}.txt").render(values).partition("\n\n")
    html = templates.get_template(f"messages/{name}.html").render(values)
    mailer.send(to=to, subject=" ".join(subject.split()), text=text, html=html)


def read_confirmation(conn: sa.Connection, token: str, *, now: datetime, keys: KeyRing) -> Confirmed:
    """Return what a confirmation link would do, changing nothing; raises BadToken, also when it is forgotten."""
    subscriber, wanted, row = _asked_by(conn, token, now, keys)
    return Confirmed(subscriber, wanted, again=row.confirmed_at is not None)


def confirm(conn: sa.Connection, token: str, *, now: datetime, keys: KeyRing, ip: str = "") -> Confirmed:
    """Take the answer to a confirmation mail: the subscription becomes active and the evidence complete.

    A link used again changes nothing: it does not bring back who has left since. Raises BadToken, and Suppressed
    when the address must not be mailed by now.
    """
    subscriber, wanted, row = _asked_by(conn, token, now, keys)
    table = schema.consent
    # The statement itself looks whether it is the first: a double click is two requests at once.
    first = sa.update(table).where(table.c.id == row.id, table.c.confirmed_at.is_(None))
    if not conn.execute(first.values(confirmed_at=now, confirmed_ip=ip)).rowcount:
        return Confirmed(subscriber, wanted, again=True)
    lift_by_opt_in(conn, keys.hash_address(subscriber.key), wanted.id)
    standing = store.find_subscription(conn, subscriber.id, wanted.id)
    if not _is_on_list(standing):
        active = SubscriptionStatus.ACTIVE
        joined = begun(standing or Subscription(wanted.id, active, now), active, now)
        store.put_subscription(conn, subscriber.id, joined)
    return Confirmed(store.get_subscriber(conn, subscriber.id), wanted, again=False)


def purge_unconfirmed(conn: sa.Connection, *, now: datetime) -> int:
    """Forget everybody whose confirmation link is over, and their rows if nothing else is known; returns how many.

    May be run at any time and any number of times.
    """
    standing, person = schema.subscription, schema.subscriber
    over = now - CONFIRM_WITHIN
    waiting = (standing.c.status == SubscriptionStatus.PENDING) & (standing.c.since < over)
    people = set(conn.scalars(sa.select(standing.c.subscriber_id).where(waiting)))
    conn.execute(sa.delete(standing).where(waiting))
    unanswered = (schema.consent.c.how == ConsentHow.DOUBLE_OPT_IN) & schema.consent.c.confirmed_at.is_(None)
    conn.execute(sa.delete(schema.consent).where(unanswered, schema.consent.c.at < over))
    elsewhere = sa.select(standing.c.subscriber_id).where(schema.on_any_list(), standing.c.subscriber_id == person.c.id)
    for subscriber_id in sorted(people):
        conn.execute(sa.delete(person).where(person.c.id == subscriber_id, ~elsewhere.exists()))
    return len(people)


def _joined_at_once(
    conn: sa.Connection, address: str, wanted: List, consent: Consent, now: datetime, keys: KeyRing, name: str
) -> bool:
    """Join a list that does not ask; False for who has left before, whom only a confirmation brings back."""
    single = replace(consent, how=ConsentHow.SINGLE_OPT_IN)
    try:
        subscribe(conn, address, wanted.id, consent=single, now=now, keys=keys, name=name)
    except Suppressed:
        return False
    return True


def _is_on_list(standing: Subscription | None) -> bool:
    return standing is not None and standing.status is SubscriptionStatus.ACTIVE


def _asked_since(conn: sa.Connection, subscriber_id: int, list_id: str, moment: datetime) -> bool:
    table = schema.consent
    query = sa.select(table.c.id).where(
        table.c.subscriber_id == subscriber_id,
        table.c.list_id == list_id,
        table.c.confirmed_at.is_(None),
        table.c.how == ConsentHow.DOUBLE_OPT_IN,
        table.c.at > moment,
    )
    return conn.execute(query.limit(1)).first() is not None


def _asked_by(conn: sa.Connection, token: str, now: datetime, keys: KeyRing) -> tuple[Subscriber, List, sa.Row[Any]]:
    asked = verify(keys, Purpose.CONFIRM, token, now=now)
    row = conn.execute(sa.select(schema.consent).where(schema.consent.c.id == asked.subject)).first()
    if row is None or row.subscriber_id != asked.subscriber_id:
        raise BadToken("The sign-up this link belongs to is over: please sign up again.", "forgotten")
    return store.get_subscriber(conn, asked.subscriber_id), get_list(conn, row.list_id), row
