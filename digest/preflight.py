"""Looks around before the first byte of a send leaves: disk, list, deadline, secrets and the sender's domain.

What the mail itself looks like is the business of ``checks`` and what others make of it that of ``outside``; here it
is everything else that has spoilt a send.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from email.utils import parseaddr

from digest import mailing, outside, store
from digest.checks import Finding
from digest.errors import SettingsError
from digest.newsroom import Newsroom
from digest.settings import NewsletterSettings, TransportSettings
from digest.store import State, StoredEdition
from digest.text.counting import plural

BYTES_A_READER = 500
"""What the ledger and its write-ahead log take for one delivery, with room to spare (250 were measured)."""

LEAST_FREE_BYTES = 20_000_000

GROWTH = 2.0
FALL = 0.5
"""A list that grew over the first or fell under the second since its last edition surprises."""

NOTABLE = 100
"""A change of fewer readers is not worth a word, whatever its share."""


def findings(
    newsroom: Newsroom, stored: StoredEdition, *, deadline: datetime | None, size_bytes: int
) -> tuple[Finding, ...]:
    """Return what stands against sending now, the blocking findings first. ``size_bytes`` is one mail's size.

    The list and the mail of a frozen edition were looked over before it was frozen, and are not asked about again.
    """
    newsletter = newsroom.newsletter_of(stored.key)
    transport = newsroom.settings.transport_of(newsletter)
    is_draft = stored.frozen_at is None
    readers = mailing.audience(newsroom, stored.key) if is_draft else mailing.counts(newsroom, stored).open
    found = [
        *_disk(newsroom, transport, readers, size_bytes),
        *_deadline(newsroom, transport, readers, deadline),
        *_transport(newsroom, newsletter),
        *_warm_up(newsroom, transport),
        *_domain(newsletter, transport),
    ]
    if is_draft:
        found += [*_list(newsroom, stored, readers), *outside.findings(newsroom, stored)]
    return tuple(sorted(found, key=lambda finding: not finding.blocks))


def _disk(newsroom: Newsroom, transport: TransportSettings, readers: int, size_bytes: int) -> Iterator[Finding]:
    need = LEAST_FREE_BYTES + readers * BYTES_A_READER
    if transport.kind == "outbox":
        need += readers * size_bytes
    free = shutil.disk_usage(newsroom.base).free
    if free < need:
        message = f"{free // 1_000_000} MB are free in {newsroom.base}; {plural(readers, 'reader')} would take about "
        yield Finding("disk", f"{message}{need // 1_000_000} MB. Make room; a full disk stops a send half way.", True)


def _list(newsroom: Newsroom, stored: StoredEdition, readers: int) -> Iterator[Finding]:
    last = _last_sent(newsroom, stored)
    if last is None or not last.expected_count or abs(readers - last.expected_count) < NOTABLE:
        return
    change = f"{plural(readers, 'reader')} would get it, and {last.expected_count} got {last.key}"
    if readers > GROWTH * last.expected_count and not stored.is_approved:
        advice = f"If that is right, `digest approve {stored.key}`; else look at the last import."
        yield Finding("list-size", f"{change}. {advice}", True)
    elif readers < FALL * last.expected_count:
        yield Finding("list-size", f"{change}. If nobody took them off, look at the list.", False)


def _last_sent(newsroom: Newsroom, stored: StoredEdition) -> StoredEdition | None:
    """Return the newsletter's last edition to the same list."""
    mine = newsroom.newsletter_of(stored.key).list
    with newsroom.reading() as conn:
        for edition in store.iter_editions(conn, stored.key.newsletter, [State.SENT]):
            if edition.key != stored.key and newsroom.newsletter_of(edition.key).list == mine:
                return edition
    return None


def _deadline(
    newsroom: Newsroom, transport: TransportSettings, readers: int, deadline: datetime | None
) -> Iterator[Finding]:
    if deadline is None:
        return
    left_s = (deadline - newsroom.clock()).total_seconds()
    if left_s <= 0:
        yield Finding("deadline", f"the time to send ended at {deadline:%Y-%m-%d %H:%M} UTC.", True)
    elif transport.rate and readers / transport.rate > left_s:
        in_time = int(left_s * transport.rate)
        part = f"{in_time} of {plural(readers, 'reader')}"
        message = f"at transport.rate = {transport.rate:g} only about {part} get it by "
        yield Finding("deadline", f"{message}{deadline:%H:%M} UTC; the rest stays unsent.", False)


def _transport(newsroom: Newsroom, newsletter: NewsletterSettings) -> Iterator[Finding]:
    try:
        mailing.open_transport(newsroom, newsletter).close()
    except SettingsError as error:
        yield Finding("transport", str(error), True)


def _warm_up(newsroom: Newsroom, transport: TransportSettings) -> Iterator[Finding]:
    today = newsroom.clock().date()
    if transport.kind == "smtp" and transport.warm_up is not None and today < transport.warm_up.since:
        message = f"the plan for a new sender allows no mail before {transport.warm_up.since}, and it is {today}. "
        yield Finding("warm-up", f"{message}Set transport.warm_up.since to the first day, or leave the plan out.", True)


def _domain(newsletter: NewsletterSettings, transport: TransportSettings) -> Iterator[Finding]:
    domain = parseaddr(newsletter.sender)[1].rpartition("@")[2].lower()
    for key in transport.dkim:
        signer = key.domain.lower()
        if domain != signer and not domain.endswith(f".{signer}"):
            message = f"mail from {domain} would be signed for {signer}: receivers take that for no signature "
            yield Finding("sender-domain", f"{message}(DMARC, RFC 7489 §3.1.1). Sign with a key of {domain}.", True)
    if "." not in domain and transport.kind != "outbox":
        yield Finding(
            "sender-domain", f"the sender's domain {domain!r} is no public name; mail from it bounces.", False
        )
