"""Addresses a rendered edition to each reader: every shape is encoded once, a reader costs a join and three tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from digest.model import Claim, Edition, Outgoing, Pieces, Rendered, Variant
from digest.newsroom import Newsroom
from digest.render import Encoded, MailHeaders, compile_message, message_id
from digest.settings import NewsletterSettings
from subscribers import Purpose, Signer

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
        self._identity = f"{edition.key}{salt}"
        site = newsroom.settings.site.url
        self._leave_url, self._prefer_url, self._view_url = f"{site}/u/", f"{site}/p/", f"{site}/v/"
        subjects = {Purpose.UNSUBSCRIBE: 0, Purpose.MANAGE: 0, Purpose.VIEW: edition_id}
        self._signer = Signer(newsroom.keys, list_number=list_number, subjects=subjects)
        self._sender = parseaddr(self._newsletter.sender)[1]
        self._host = self._sender.rpartition("@")[2]
        self._encoded: dict[str, Encoded] = {}

    def outgoing(self, claim: Claim) -> Outgoing:
        """Make the message of one claimed delivery."""
        reader = claim.recipient
        number = reader.subscriber_id
        encoded = self._encoded.get(reader.variant) or self._shape(reader.variant)
        identity = self.message_id(number)
        values = self.values(number, reader.address, reader.name)
        content: Pieces | Mapping[str, Any]
        if self._codec == "wire":
            content = Pieces(encoded.pieces(reader, values, identity))
        else:
            content = encoded.payload(reader._replace(message_id=identity), values)
        return Outgoing(number, reader.address, self._sender, identity, content, claim.fence, claim.call)

    def values(self, subscriber_id: int, address: str, name: str) -> Mapping[str, str]:
        """Return what stands in a reader's slots: their own links, their address and name."""
        # Proofs have numbers below zero; no link of theirs belongs to anybody.
        leave, prefer, view = self._signer.tokens(max(subscriber_id, 0))
        return {
            "unsubscribe_url": self._leave_url + leave,
            "preferences_url": self._prefer_url + prefer,
            "view_url": self._view_url + view,
            "address": address,
            "name": name,
        }

    def _shape(self, name: str) -> Encoded:
        known = self._encoded.get(name)
        if known is not None:
            return known
        variant = Variant.parse(name)
        if variant.sections and len(self._encoded) >= MAX_VARIANTS:
            return self._shape(Variant(variant.text_only).name)
        rendered = self._render(variant)
        encoded = compile_message(rendered, self.headers(rendered.subject))
        self._encoded[name] = encoded
        return encoded

    def message_id(self, subscriber_id: int) -> str:
        """Return the Message-ID of a reader's message: the same at every try."""
        return message_id(self._identity, subscriber_id, self._host)

    def headers(self, subject: str) -> MailHeaders:
        """Return the headers all readers share."""
        return mail_headers(self._newsroom, self._newsletter, self._edition, subject, self._date)


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
