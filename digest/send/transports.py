"""Makes the transport that the settings describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Protocol

from digest.errors import SettingsError
from digest.protocols import CallLog, Transport
from digest.send.dkim import DkimKey, load_key
from digest.send.outbox import Outbox
from digest.send.providers.resend import Resend, make_client
from digest.send.smtp.opening import Account
from digest.send.smtp.pool import SmtpTransport
from digest.send.throttle import WarmUp

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""The usual port of each way to a server (RFC 6409, RFC 8314)."""


WARM_UP_HOURS = 6.0
"""Over how long a day's allowance of a new sender is spread: as long as a send keeps trying."""


class DkimSettings(Protocol):
    """Which key signs, and for whom."""

    @property
    def domain(self) -> str:
        """Return the domain the signature speaks for."""

    @property
    def selector(self) -> str:
        """Return the name the public key is published under."""

    @property
    def key_file(self) -> Path:
        """Return the private key's file, relative to the workspace."""


class WarmUpSettings(Protocol):
    """How a new sender grows."""

    @property
    def since(self) -> date:
        """Return the first day."""

    @property
    def first(self) -> int:
        """Return how many messages may leave on it."""

    @property
    def factor(self) -> float:
        """Return how many times as many on each day after."""


class TransportSettings(Protocol):
    """What the settings of a transport tell, whatever its kind."""

    @property
    def kind(self) -> str:
        """Return what carries the mail."""

    @property
    def path(self) -> Path:
        """Return the outbox's folder, relative to the workspace."""

    @property
    def host(self) -> str:
        """Return the mail server's name."""

    @property
    def port(self) -> int | None:
        """Return its port, or None for the usual one."""

    @property
    def security(self) -> Literal["starttls", "tls", "none"]:
        """Return how the connection is protected."""

    @property
    def username(self) -> str:
        """Return the name to log in with; empty for no login."""

    @property
    def connections(self) -> int:
        """Return how many connections to keep at a time."""

    @property
    def rate(self) -> float:
        """Return the most messages a second; 0 for no limit."""

    @property
    def domain_rates(self) -> Mapping[str, float]:
        """Return the most messages a second to single receiving domains."""

    @property
    def warm_up(self) -> WarmUpSettings | None:
        """Return how a new sender grows, or None."""

    @property
    def timeout_s(self) -> float:
        """Return how long one step may take."""

    @property
    def max_messages(self) -> int:
        """Return how many messages one connection carries."""

    @property
    def dkim(self) -> Sequence[DkimSettings]:
        """Return the keys that sign every message."""

    @property
    def base_url(self) -> str:
        """Return the API's address; empty for the provider's own."""


def make_transport(
    settings: TransportSettings,
    *,
    secret: Callable[[str], str],
    base: Path,
    call_log: CallLog | None = None,
    today: date | None = None,
) -> Transport:
    """Return the transport; nothing is connected yet. ``base`` is the workspace's folder, ``today`` for the warm-up.

    ``secret`` is asked for ``password`` or ``api_key``, and only if the transport needs one. Raises SettingsError.
    """
    if settings.dkim and settings.kind != "smtp":
        raise SettingsError(
            f'transport.dkim is for kind = "smtp"; kind = "{settings.kind}" does not sign. Leave the key out '
            "(providers sign what they send)."
        )
    if settings.kind == "outbox":
        return Outbox(base / settings.path)
    if settings.kind == "smtp":
        return _smtp(settings, secret, base, today)
    if settings.kind == "resend":
        client = make_client(secret("api_key"), base_url=settings.base_url, timeout_s=settings.timeout_s)
        return Resend(client, call_log=call_log)
    raise SettingsError(f"transport.kind is {settings.kind!r}; allowed are outbox, smtp, resend.")


def _smtp(settings: TransportSettings, secret: Callable[[str], str], base: Path, today: date | None) -> SmtpTransport:
    if settings.username and settings.security == "none" and not _is_this_machine(settings.host):
        raise SettingsError(
            f'transport.security = "none" would send the password of {settings.username!r} to {settings.host} in the '
            'clear. Use "starttls" or "tls", or leave username out.'
        )
    account = Account(
        host=settings.host,
        port=settings.port or PORTS[settings.security],
        security=settings.security,
        username=settings.username,
        password=secret("password") if settings.username else "",
    )
    return SmtpTransport(
        account,
        connections=settings.connections,
        rate=_rate(settings, today),
        domain_rates=settings.domain_rates,
        timeout_s=settings.timeout_s,
        max_messages=settings.max_messages,
        dkim=[_key(key, base) for key in settings.dkim],
    )


def _rate(settings: TransportSettings, today: date | None) -> float:
    """Return the rate for all mail; while a sender warms up, the one that spreads the day's allowance."""
    plan = settings.warm_up
    if plan is None or today is None:
        return settings.rate
    warm = WarmUp(plan.since, plan.first, plan.factor).rate(today, hours=WARM_UP_HOURS)
    return min(settings.rate, warm) if settings.rate else warm


def _key(settings: DkimSettings, base: Path) -> DkimKey:
    path = base / settings.key_file
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"No DKIM key: cannot read {path}: {error.strerror}. Make one with `digest dkim keygen`."
        ) from error
    return load_key(settings.domain, settings.selector, pem, named=str(path))


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
