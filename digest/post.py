"""Addresses a rendered edition to each reader: every shape is encoded once, a reader costs a join and three tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from digest.model import Claim, Edition, Outgoing, Pieces, Rendered, Variant
from digest.newsroom import Newsroom
from digest.render import (
    LONGEST_PLAIN,
    Encoded,
    MailHeaders,
    compile_message,
    is_plain,
    is_plain_url,
    message_ids,
    ready_address,
)
from digest.settings import NewsletterSettings
from subscribers import Purpose, Signer, sign

_LINKS = ("unsubscribe_url", "preferences_url", "view_url")

CHOICES_FOR = timedelta(days=90)
"""How long an edition's link to the reader's choices works: mails are forwarded. The one to leave never ends."""

MAX_VARIANTS = 64
"""Shapes of one edition that are encoded at most; who asked for a rarer one gets the whole edition."""


class Post:
    """The encoded shapes of one edition and the values that make one of them a reader's own."""

    def __init__(
        self,
        newsroom: Newsroom,
        edition: Edition,
        *,
        edition_id: int,
        date: datetime,
        list_number: int,
        render: Callable[[Variant], Rendered],
        codec: str,
        salt: str = "",
    ) -> None:
        self._newsroom = newsroom
        self._newsletter = newsroom.newsletter_of(edition.key)
        self._edition = edition
        self._date = date
        self._render = render
        self._codec = codec
        # Two proofs of one edition are two messages; two tries of one delivery are one.
        self._sender = parseaddr(self._newsletter.sender)[1]
        self._bounce_domain = newsroom.settings.mail.bounce_domain
        self._list_number, self._edition_id = list_number, edition_id
        self._offered = newsroom.settings.sections_of(self._newsletter.list)
        self.message_id = message_ids(f"{edition.key}{salt}", self._sender.rpartition("@")[2])
        self._starts = [f"{newsroom.settings.site.url}/{page}/" for page in ("u", "p", "v")]
        subjects = {Purpose.UNSUBSCRIBE: 0, Purpose.MANAGE: 0, Purpose.VIEW: edition_id}
        expires = {Purpose.MANAGE: date + CHOICES_FOR}
        self._signer = Signer(newsroom.keys, list_number=list_number, subjects=subjects, expires=expires)
        # A token's letters stand in a mail as they are, so only the site's address and the length can be in the way.
        suit = all(is_plain(start) and is_plain_url(start) for start in self._starts)
        self._plain_starts = [start.encode("ascii") for start in self._starts] if suit else []
        self._encoded: dict[str, Encoded] = {}

    def outgoing(self, claim: Claim) -> Outgoing:
        """Make the message of one claimed delivery."""
        reader, fence, _, call = claim
        number, address, name, variant, _ = reader
        encoded = self._encoded.get(variant) or self._shape(variant)
        identity = self.message_id(number)
        content: Pieces | Mapping[str, Any]
        if self._codec == "wire":
            content = encoded.pieces(reader, self._wire_values(number, address, name), identity)
        else:
            content = encoded.payload(reader._replace(message_id=identity), self.values(number, address, name))
        sender = self._sender if not self._bounce_domain else self._return_path(number)
        # The tuple's own constructor takes half the time.
        return tuple.__new__(Outgoing, (number, address, sender, identity, content, fence, call))

    def _return_path(self, subscriber_id: int) -> str:
        """Return an envelope sender of this delivery's own, so that a returned mail says whose it was (VERP)."""
        token = sign(
            self._newsroom.keys,
            Purpose.BOUNCE,
            subscriber_id=max(subscriber_id, 0),
            list_number=self._list_number,
            subject=self._edition_id,
        )
        return f"bounce+{token}@{self._bounce_domain}"

    def values(self, subscriber_id: int, address: str, name: str) -> Mapping[str, str]:
        """Return what stands in a reader's slots: their own links, their address and name."""
        # Proofs have numbers below zero; no link of theirs belongs to anybody.
        tokens = self._signer.tokens(max(subscriber_id, 0))
        urls = [start + token.decode("ascii") for start, token in zip(self._starts, tokens, strict=True)]
        return {**dict(zip(_LINKS, urls, strict=True)), "address": address, "name": name}

    def _wire_values(self, subscriber_id: int, address: str, name: str) -> Mapping[str, str | bytes]:
        """Return ``values`` with the links ready to be put in, as those of nearly all sites are."""
        if not self._plain_starts or subscriber_id < 0:
            return self.values(subscriber_id, address, name)
        leave, prefer, view = self._signer.tokens(subscriber_id)
        leave_start, prefer_start, view_start = self._plain_starts
        if len(view_start) + max(len(view), len(prefer)) > LONGEST_PLAIN:
            return self.values(subscriber_id, address, name)
        return {
            "unsubscribe_url": leave_start + leave,
            "preferences_url": prefer_start + prefer,
            "view_url": view_start + view,
            "address": ready_address(address),
            "name": name,
        }

    def _shape(self, name: str) -> Encoded:
        known = self._encoded.get(name)
        if known is not None:
            return known
        variant = wanted_variant(Variant.parse(name), self._offered)
        if variant.sections and len(self._encoded) >= MAX_VARIANTS:
            variant = Variant(variant.text_only)
        if variant.name != name:
            return self._shape(variant.name)
        rendered = self._render(variant)
        encoded = compile_message(rendered, self.headers(rendered.subject))
        self._encoded[name] = encoded
        return encoded

    def headers(self, subject: str) -> MailHeaders:
        """Return the headers all readers share."""
        return mail_headers(self._newsroom, self._newsletter, self._edition, subject, self._date)


def wanted_variant(chosen: Variant, offered: Sequence[tuple[str, str]]) -> Variant:
    """Return the shape that a reader's choices ask for, of the sections (id, title) that a list offers.

    Who chose nothing but sections that are no more has not chosen to get next to nothing: they get the whole edition.
    One choice is for all newsletters of a list, so that who chose sections of another one has chosen.
    """
    return chosen if any(id in chosen.sections for id, _title in offered) else Variant(chosen.text_only)


def mail_headers(
    newsroom: Newsroom, newsletter: NewsletterSettings, edition: Edition, subject: str, date: datetime
) -> MailHeaders:
    """Return the headers that every reader of an edition shares."""
    name, address = parseaddr(newsletter.sender)
    mail = newsroom.settings.mail
    return MailHeaders(
        from_name=name,
        from_address=address,
        subject=subject,
        list_id=f"{newsletter.list}.{urlsplit(newsroom.settings.site.url).hostname or 'localhost'}",
        list_name=newsletter.name,
        date=date,
        host=address.rpartition("@")[2],
        reply_to=mail.reply_to,
        edition=str(edition.key),
        unsubscribe_mailto=mail.unsubscribe_mailbox,
    )
