"""What keeps a sign-up form from being abused: limits, and a judgement of the address that looks nobody up.

Forms are used to flood other people's mailboxes and to plant dead addresses. Everything here is decided from the
request alone, before the database is asked anything, so that no answer tells who is on a list.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Literal
from unicodedata import category

from subscribers.address import Address

Limit = Literal["", "ip", "address", "domain", "overall"]

_ROLES = (
    "abuse admin billing hostmaster info mailer-daemon marketing no-reply noc noreply postmaster root "
    "sales security support webmaster"
)
ROLES = frozenset(_ROLES.split())
"""Mailboxes of a function, not a person (RFC 2142), and those nobody reads."""

_DISPOSABLE = (
    "10minutemail.com discard.email dispostable.com fakeinbox.com getnada.com guerrillamail.com "
    "maildrop.cc mailinator.com mailnesia.com mintemail.com moakt.com sharklasers.com temp-mail.org "
    "tempail.com tempmail.dev throwawaymail.com trashmail.com yopmail.com"
)
DISPOSABLE = frozenset(_DISPOSABLE.split())
"""Well-known givers of mailboxes that last minutes; a newsroom adds those it meets to its settings."""

_COMMON = (
    "gmail.com yahoo.com hotmail.com outlook.com icloud.com live.com aol.com proton.me protonmail.com "
    "gmx.de gmx.net web.de t-online.de ukr.net i.ua orange.fr free.fr libero.it yahoo.co.uk hotmail.co.uk "
    "googlemail.com"
)
COMMON = tuple(_COMMON.split())
"""Domains that many readers have and some mistype."""

_SHARED = frozenset((*COMMON, "mail.com", "ymail.com", "email.com", "gmx.at", "gmx.ch", "live.de"))
"""Domains that are what they say, though some are one letter away from another."""

MAX_NAME = 100
MAX_BUCKETS = 50_000
"""How many addresses, networks and domains are remembered; the longest unseen are forgotten first."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How many sign-ups an hour are taken from one IP address, for one address, for one domain and in all.

    Domains that many readers share have no limit of their own. ``disposable`` and ``roles`` say whether such addresses
    are taken; ``refused_domains`` are never.
    """

    per_ip: int = 20
    per_address: int = 3
    per_domain: int = 60
    overall: int = 1000
    disposable: bool = False
    roles: bool = True
    refused_domains: frozenset[str] = frozenset()

    def refuses(self, address: Address) -> bool:
        """Tell whether addresses like this one are not taken, whoever has them."""
        local = address.wire.rpartition("@")[0].lower().partition("+")[0]
        if local in ROLES and not self.roles:
            return True
        barred = self.refused_domains if self.disposable else self.refused_domains | DISPOSABLE
        parts = address.domain.split(".")
        return any(".".join(parts[start:]) in barred for start in range(len(parts)))


@dataclass(slots=True)
class Limits:
    """Counts sign-ups in token buckets, in this process; safe to use from several threads."""

    policy: Policy
    _buckets: OrderedDict[tuple[str, str], tuple[float, datetime]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def admit(self, ip: str, address: Address, now: datetime) -> Limit:
        """Take a sign-up into account; returns the limit it is over, or nothing.

        What is over one limit uses up none of the others.
        """
        policy = self.policy
        asked: list[tuple[Limit, str, int]] = [
            ("overall", "", policy.overall),
            ("address", _mailbox(address), policy.per_address),
        ]
        if ip:
            asked.insert(0, ("ip", _network(ip), policy.per_ip))
        if address.domain not in _SHARED:
            asked.append(("domain", address.domain, policy.per_domain))
        with self._lock:
            levels = [self._level((kind, name), size, now) for kind, name, size in asked]
            for (kind, _name, _size), level in zip(asked, levels, strict=True):
                if level < 1:
                    return kind
            for (kind, name, _size), level in zip(asked, levels, strict=True):
                self._buckets[kind, name] = (level - 1, now)
                self._buckets.move_to_end((kind, name))
            while len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        return ""

    def _level(self, key: tuple[str, str], size: int, now: datetime) -> float:
        level, seen = self._buckets.get(key, (float(size), now))
        # A clock that was set back has not used anything up.
        passed_s = max(0.0, (now - seen).total_seconds())
        return min(float(size), level + passed_s * size / 3600)


def clean_name(text: str) -> str:
    """Return a name as it is kept: on one line, without control characters, of 100 characters at most."""
    return on_one_line(text)[:MAX_NAME]


def on_one_line(text: str) -> str:
    """Return a text on one line, without control characters."""
    line = " ".join(text.split())
    return "".join(letter for letter in line if category(letter) != "Cc")


def near_miss(domain: str, common: Iterable[str] = COMMON) -> str:
    """Return the common domain that this one misses by a single slip, or nothing."""
    if domain in _SHARED or len(domain) < 5:
        return ""
    return next((each for each in common if _is_one_slip(domain, each)), "")


def _is_one_slip(written: str, meant: str) -> bool:
    """Tell whether one letter was left out, added, changed, or two neighbours swapped."""
    if abs(len(written) - len(meant)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(written, meant, strict=False)) if a != b), min(len(written), len(meant))
    )
    if len(written) > len(meant):
        return written[start + 1 :] == meant[start:]
    if len(written) < len(meant):
        return written[start:] == meant[start + 1 :]
    swapped = (
        written[start : start + 2] == meant[start : start + 2][::-1] and written[start + 2 :] == meant[start + 2 :]
    )
    return written[start + 1 :] == meant[start + 1 :] or swapped


def _mailbox(address: Address) -> str:
    """Return what one mailbox's addresses most likely share: whoever floods it would only count up behind a plus."""
    local, _, domain = address.key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def _network(ip: str) -> str:
    """Return what one customer holds: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        return ip[:45]
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return ip
