"""Turns a draft into mail: renders a variant once, freezes the audience with it, hands every reader theirs.

What the transports, the ledger and the encoder promise each other meets here and nowhere else.
"""

from __future__ import annotations

import dataclasses
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from sqlalchemy import Select

import subscribers
from digest import backups, corrections, store
from digest import render as rendering
from digest import send as sending
from digest.editorial import correction_block, note_block
from digest.errors import DigestError, StoreError, TransportError, UsageError, Withheld
from digest.model import Block, Claim, Counts, Edition, EditionKey, Outcome, Outgoing, Recipient, Rendered, Variant
from digest.newsroom import Newsroom
from digest.pictures import attachments
from digest.post import Post
from digest.protocols import CallLog, Transport
from digest.render import MailHeaders, compile_message
from digest.send import GateState, Progress
from digest.settings import NewsletterSettings, secret
from digest.store import State, StoredEdition
from digest.text.counting import plural

PATIENCE = timedelta(hours=6)
"""How long a send keeps trying when the newsletter names no ``not_after``: news is stale after that."""

NOBODY = 0
"""The subscriber of a proof: no reader has this number, so no link of a proof can take anybody off a list."""

__all__ = [
    "Progress",
    "Proof",
    "Sent",
    "audience",
    "counts",
    "freeze",
    "proof",
    "render",
    "send",
    "send_proof",
    "view_page",
]


@dataclass(frozen=True, slots=True)
class Sent:
    """How far a send came. Of those still open ``elsewhere`` are in the hands of other living senders.

    ``ended`` says why nobody goes on with the open ones: the edition was stopped, or its time is over.
    """

    counts: Counts
    elsewhere: int = 0
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """An edition as a reader would get it: both parts filled in, the whole message, and its pictures by name."""

    html: str
    text: str
    message: bytes
    pictures: tuple[tuple[str, bytes], ...]


def render(newsroom: Newsroom, edition: Edition, variant: Variant | None = None) -> Rendered:
    """Render one variant of an edition, its embedded pictures attached."""
    rendered = rendering.render_variant(
        edition,
        variant or Variant(),
        theme_dirs=(newsroom.base / "themes",),
        inliner=newsroom.settings.render.inliner,
    )
    return dataclasses.replace(rendered, attachments=attachments(newsroom, edition)) if rendered.html else rendered


def before_and_after(newsroom: Newsroom, edition: Edition, variant: Variant) -> tuple[str, str]:
    """Return the theme's HTML before inlining and after it, markers in the readers' places; empty for a text alone."""
    mailed = render(newsroom, edition, variant).html
    if not mailed:
        return "", ""
    return rendering.source_html(edition, variant, theme_dirs=(newsroom.base / "themes",)), mailed


def audience(newsroom: Newsroom, key: EditionKey) -> int:
    """Count who would get the edition now."""
    newsletter = newsroom.newsletter_of(key)
    with newsroom.reading() as conn:
        return subscribers.count_segment(conn, newsletter.list, newsletter.rule, now=newsroom.clock())


def counts(newsroom: Newsroom, stored: StoredEdition) -> Counts:
    """Return the ledger's account of an edition."""
    with newsroom.reading() as conn:
        return store.counts(conn, stored.id)


def freeze(newsroom: Newsroom, stored: StoredEdition, *, deadline: datetime | None = None) -> StoredEdition:
    """Fix an edition's bytes and its audience in one transaction; of several processes one does it for all."""
    key = stored.key
    newsletter = newsroom.newsletter_of(key)
    backups.check(newsroom, key)
    with newsroom.writing() as conn:
        current = store.load(conn, key)
        if current is not None and current.frozen_at is None:
            now = newsroom.clock()
            readers = subscribers.segment_recipients(newsletter.list, newsletter.rule, now=now)
            corrected = store.find_correction(conn, key)
            if corrected is not None:
                # A correction goes to exactly those whose message of the wrong edition was accepted.
                have_it = store.accepted_by(corrected.edition)
                readers = readers.where(readers.selected_columns.subscriber_id.in_(have_it))
            expected = store.freeze(conn, current.id, readers)
            if not expected:
                chosen = f" whom its segment picks ({newsletter.segment})" if newsletter.segment else ""
                raise Withheld(
                    f"{key} was not sent: the list {newsletter.list!r} has no active subscribers{chosen}. "
                    f"Add some with `digest subscribers add ADDRESS --list {newsletter.list}`."
                )
            until = deadline or now + PATIENCE
            store.mark_frozen(
                conn,
                current.id,
                now=now,
                deadline=until,
                headers="",
                expected=expected,
                content_hash=stored.content_hash,
            )
            store.log(conn, now, "frozen", plural(expected, "recipient"), key.newsletter, str(key))
            current = store.load(conn, key)
    if current is None:
        raise DigestError(f"{key} vanished while it was frozen; run the command again.")
    return current


def send(newsroom: Newsroom, stored: StoredEdition, *, on_progress: Callable[[Progress], None] | None = None) -> Sent:
    """Hand a frozen edition to everybody the ledger still names, and close it when nobody is left."""
    newsletter = newsroom.newsletter_of(stored.key)
    backups.check(newsroom, stored.key)
    backups.note(newsroom, stored.key, "begun")
    gone = subscribers.withdrawn_since(newsletter.list, stored.frozen_at or stored.built_at)
    with store.open_ledger(newsroom.engine, newsroom.clock, folder=newsroom.base) as ledger:
        transport = open_transport(newsroom, newsletter, call_log=ledger.call_log(stored.id))
        try:
            sending.deliver_edition(
                ledger=ledger,
                edition_id=stored.id,
                encode=_post(newsroom, stored, transport.codec).outgoing,
                transport=transport,
                gate=sending.EditionGate(lambda: _gate_state(newsroom, newsletter, stored.id, gone), ring=ledger.ring),
                clock=newsroom.clock,
                sleep=time.sleep,
                deadline=stored.deadline,
                on_progress=on_progress,
                on_stall=lambda why: _note_stall(newsroom, stored, why),
            )
        finally:
            transport.close()
    return _close(newsroom, newsletter, stored)


def _note_stall(newsroom: Newsroom, stored: StoredEdition, why: str) -> None:
    """Write a stall down where the report and the alerts find it; the database may be what it hangs on."""
    logging.getLogger(__name__).warning("%s: %s", stored.key, why)
    with suppress(StoreError), newsroom.writing() as conn:
        store.log(conn, newsroom.clock(), "stalled", why, stored.key.newsletter, str(stored.key))


def send_proof(
    newsroom: Newsroom, key: EditionKey, addresses: Sequence[str], stored: StoredEdition
) -> list[tuple[str, Outcome]]:
    """Mail the edition as it stands to the addresses and to the newsletter's ``proofs``; the list gets nothing."""
    newsletter = newsroom.newsletter_of(key)
    everyone = list(dict.fromkeys((*addresses, *(parseaddr(p)[1] for p in newsletter.proofs))))
    for address in everyone:
        subscribers.parse_address(address)
    transport = open_transport(newsroom, newsletter)
    post = _post(newsroom, stored, transport.codec, prefix="[Proof] ", salt=f"-proof-{secrets.token_hex(6)}")
    try:
        messages = [
            post.outgoing(Claim(Recipient(number, address), fence=0, attempts=1))
            for number, address in enumerate(everyone, start=-len(everyone))
        ]
        outcomes = {o.subscriber_id: o for o in transport.deliver(messages, _OpenGate())}
    finally:
        transport.close()
    with newsroom.writing() as conn:
        store.log(
            conn, newsroom.clock(), "proof", plural(len(outcomes), "address", "addresses"), key.newsletter, str(key)
        )
    return [(m.address, outcomes[m.subscriber_id]) for m in messages if m.subscriber_id in outcomes]


def proof(newsroom: Newsroom, stored: StoredEdition, *, pictures: str = "", reader: Recipient | None = None) -> Proof:
    """Render what a reader would get; ``pictures`` is a pattern with ``{name}`` for where a page finds them.

    ``reader`` chooses whose shape, name and address it has, which may be masked; its links belong to nobody all the
    same, and the message is addressed to nobody.
    """
    nobody = Recipient(NOBODY, "reader@example.org")
    reader = reader or nobody
    rendered = render(newsroom, stored.edition, Variant.parse(reader.variant))
    post = _post(newsroom, stored, "wire")
    values = post.values(NOBODY, reader.address, reader.name)
    found = {name: pictures.format(name=name) for name, _ in rendered.attachments} if pictures else {}
    html, text = rendering.fill(rendered, values, pictures=found)
    addressed = nobody._replace(name=reader.name, message_id=post.message_id(NOBODY))
    message = compile_message(rendered, post.headers(rendered.subject)).message(addressed, values)
    return Proof(html, text, message, rendered.attachments)


def view_page(newsroom: Newsroom, edition_id: int, subscriber_id: int, list_number: int) -> str | None:
    """Return an edition's page for the reader of a signed link; None when it is not kept or was never sent."""
    with newsroom.reading() as conn:
        stored = store.load_id(conn, edition_id)
        notices = () if stored is None else _notices(conn, stored)
    if stored is None:
        return None
    edition = dataclasses.replace(stored.edition, blocks=(*notices, *stored.edition.blocks))
    rendered = render(newsroom, edition)
    post = _post(newsroom, stored, "wire")
    # A forwarded link must not tell whose it was: the page names no address.
    values = post.values(subscriber_id, "you", "")
    pictures = {name: f"/i/{name}" for name, _ in rendered.attachments}
    return rendering.fill(rendered, values, pictures=pictures)[0]


def _notices(conn: store.Connection, stored: StoredEdition) -> tuple[Block, ...]:
    """Return what an edition's page must say above what was mailed: its corrections, and stories withdrawn since."""
    told = store.corrections(conn, stored.key)
    blocks = [correction_block(each) for each in told if not corrections.is_withdrawal(each)]
    for story in store.flags(conn, stored.id).withdrawn:
        headline = next((item.headline for item in stored.edition.items() if item.story_id == story), "")
        words = f"“{headline}” was withdrawn after this edition went out."
        blocks.append(note_block(f"withdrawn-{story[:8]}", "Withdrawn", words))
    return tuple(blocks)


def probe_transport(newsroom: Newsroom, newsletter: NewsletterSettings) -> str:
    """Return what keeps a transport from working, or an empty string; no message is handed over."""
    try:
        transport = open_transport(newsroom, newsletter)
        try:
            transport.probe()
        finally:
            transport.close()
    except (TransportError, UsageError) as error:
        return str(error)
    return ""


class NewsletterMailer:
    """Sends single transactional mails in a newsletter's name, by its transport."""

    def __init__(self, newsroom: Newsroom, newsletter: NewsletterSettings) -> None:
        self._newsroom = newsroom
        self._newsletter = newsletter

    def send(self, *, to: str, subject: str, text: str, html: str) -> None:
        """Send one mail; raises TransportError when it cannot be handed over or is refused."""
        name, address = parseaddr(self._newsletter.sender)
        transport = open_transport(self._newsroom, self._newsletter)
        try:
            headers = MailHeaders(
                from_name=name,
                from_address=address,
                subject=subject,
                list_id="",
                list_name="",
                date=self._newsroom.clock(),
                host=address.rpartition("@")[2],
                # RFC 3834: an answer to somebody's act, so that no auto-responder answers back.
                extra=(("Auto-Submitted", "auto-generated"),),
            )
            identity = f"<{secrets.token_hex(12)}@{headers.host}>"
            encoded = compile_message(Rendered(subject, "", html, text, {}), headers)
            reader = Recipient(NOBODY, to, message_id=identity)
            content = encoded.message(reader, {}) if transport.codec == "wire" else encoded.payload(reader, {})
            outgoing = Outgoing(NOBODY, to, address, identity, content)
            outcomes = list(transport.deliver([outgoing], _OpenGate()))
        finally:
            transport.close()
        if not outcomes or outcomes[0].fate != "accepted":
            reply = outcomes[0].reply if outcomes else "no answer"
            raise TransportError(f"The mail “{subject}” was not accepted: {reply}")


class _OpenGate:
    """Lets every message pass: for proofs and single mails, which no ledger keeps."""

    is_open = True

    def admit(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Return all of them."""
        return messages

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of nothing."""


def open_transport(newsroom: Newsroom, newsletter: NewsletterSettings, call_log: CallLog | None = None) -> Transport:
    """Return the transport of a newsletter; close it. Raises SettingsError when a secret or a key is missing."""
    settings = newsroom.settings.transport_of(newsletter)

    def fetch(what: str) -> str:
        if what == "api_key":
            return secret(newsroom.base, "API key", env=settings.api_key_env, file=settings.api_key_file)
        return secret(newsroom.base, "SMTP password", env=settings.password_env, file=settings.password_file)

    today = newsroom.clock().date()
    return sending.make_transport(settings, secret=fetch, base=newsroom.base, call_log=call_log, today=today)


def _post(newsroom: Newsroom, stored: StoredEdition, codec: str, prefix: str = "", salt: str = "") -> Post:
    newsletter = newsroom.newsletter_of(stored.key)
    with newsroom.reading() as conn:
        number = newsroom.list_number(conn, newsletter)

    def shape(variant: Variant) -> Rendered:
        rendered = render(newsroom, stored.edition, variant)
        return dataclasses.replace(rendered, subject=prefix + rendered.subject) if prefix else rendered

    return Post(
        newsroom,
        stored.edition,
        edition_id=stored.id,
        date=stored.frozen_at or newsroom.clock(),
        list_number=number,
        render=shape,
        codec=codec,
        salt=salt,
    )


def _gate_state(
    newsroom: Newsroom, newsletter: NewsletterSettings, edition_id: int, gone: Select[tuple[int]]
) -> GateState:
    with newsroom.reading() as conn:
        flags = store.flags(conn, edition_id, newsroom.clock())
        withdrawn = frozenset(conn.scalars(gone))
    # A story killed while its edition goes out stops the rest: what has left cannot be called back.
    stopped = flags.stop_requested or (newsletter.on_kill == "stop" and bool(flags.withdrawn))
    return GateState(stopped, paused=flags.paused or flags.held, withdrawn=withdrawn)


def _close(newsroom: Newsroom, newsletter: NewsletterSettings, stored: StoredEdition) -> Sent:
    """Write down how far the send came, and that the edition has ended if it has."""
    with newsroom.writing() as conn:
        now = newsroom.clock()
        flags = store.flags(conn, stored.id, now)
        # In this order: what others settle between the two looks is open no more.
        elsewhere = store.claimed(conn, stored.id, now)
        result = store.counts(conn, stored.id)
        ended = _stopped_because(newsletter, flags) if result.open else ""
        if not result.open or ended:
            state = State.STOPPED if ended else State.SENT
            store.finish(conn, stored.id, state, now=now, why=ended)
        detail = ", ".join(f"{name} {n}" for name, n in dataclasses.asdict(result).items() if n)
        store.log(conn, now, "send", detail, stored.key.newsletter, str(stored.key))
    if not result.open or ended:
        backups.note(newsroom, stored.key, "ended")
    elif stored.deadline is not None and now >= stored.deadline:
        closing = f"`digest stop {stored.key}` closes it"
        ended = f"the time to send ended at {stored.deadline:%Y-%m-%d %H:%M} UTC ({closing})"
    return Sent(result, min(elsewhere, result.open), ended)


def _stopped_because(newsletter: NewsletterSettings, flags: store.Flags) -> str:
    if flags.stop_requested:
        return "stopped by an editor"
    return "a story in it was killed or held" if flags.withdrawn and newsletter.on_kill == "stop" else ""
