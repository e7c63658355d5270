"""How a conversation with a mail server begins: greeting, EHLO, STARTTLS, login. Rules only, no sockets.

``opening`` is a generator: it yields what to write and is sent the reply, so that any driver can act it out.
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from digest.errors import TransportError
from digest.send.smtp.replies import Reply

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Account:
    """Where to send and as whom. The password never shows in a representation or an error."""

    host: str
    port: int
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes to write, then the reply is wanted; no bytes: only the reply. ``shown`` names the step in errors."""

    data: bytes = field(repr=False)
    shown: str


@dataclass(frozen=True, slots=True)
class StartTls:
    """The connection must be secured now, before anything else is said; then send None."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the server can do: EHLO's keywords in upper case with their parameters."""

    keywords: Mapping[str, str] = field(default_factory=dict)

    def has(self, keyword: str) -> bool:
        """Tell whether the server offers an extension."""
        return keyword in self.keywords

    @property
    def size_bytes(self) -> int:
        """Return the largest message the server takes; 0 when it names no limit (RFC 1870)."""
        size = self.keywords.get("SIZE", "")
        return int(size) if size.isdigit() else 0

    @property
    def logins(self) -> frozenset[str]:
        """Return the ways to log in, in upper case."""
        return frozenset(self.keywords.get("AUTH", "").upper().split())


Opening = Generator[Write | StartTls, Reply | None, Offer]


def opening(account: Account, helo: str) -> Opening:
    """Act out the beginning of a conversation and return what the server offers.

    Fails closed: when TLS is asked for and not offered, nothing is said in the clear (RFC 3207 §4), and what EHLO
    said before TLS is forgotten. Raises TransportError with what to do.
    """
    greeting = yield Write(b"", "greeting")
    if greeting is None or greeting.code != 220:
        raise TransportError(f"The mail server {account} takes no mail from us: {_said(greeting)}{_later(greeting)}")
    offer = yield from _hello(account, helo)
    if account.security == "starttls":
        offer = yield from _start_tls(account, helo, offer)
    if account.username:
        yield from _log_in(account, offer)
    return offer


def _hello(account: Account, helo: str) -> Opening:
    reply = yield Write(f"EHLO {helo}\r\n".encode("ascii"), "EHLO")
    assert reply is not None
    if reply.is_good:
        return Offer(dict(map(_keyword, reply.lines[1:])))
    if reply.code >= 500 and account.security != "starttls" and not account.username:
        reply = yield Write(f"HELO {helo}\r\n".encode("ascii"), "HELO")
        assert reply is not None
        if reply.is_good:
            return Offer()
    raise TransportError(f"The mail server {account} did not greet us back: {_said(reply)}")


def _keyword(line: str) -> tuple[str, str]:
    # "AUTH=LOGIN" is how servers of the nineties wrote it, and some still do.
    name, _, parameters = line.strip().replace("=", " ", 1).partition(" ")
    return name.upper(), parameters.strip()


def _start_tls(account: Account, helo: str, offer: Offer) -> Opening:
    if not offer.has("STARTTLS"):
        raise TransportError(
            f'The mail server {account} offers no STARTTLS, so nothing was sent in the clear. Set security = "tls" if '
            'this port speaks TLS from the start (usually 465), or security = "none" for a server on this machine.'
        )
    reply = yield Write(b"STARTTLS\r\n", "STARTTLS")
    assert reply is not None
    if reply.code != 220:
        raise TransportError(f"The mail server {account} refused STARTTLS, so nothing was sent: {_said(reply)}")
    yield StartTls()
    return (yield from _hello(account, helo))


def _log_in(account: Account, offer: Offer) -> Generator[Write | StartTls, Reply | None, None]:
    if "PLAIN" in offer.logins:
        token = base64.b64encode(f"\0{account.username}\0{account.password}".encode())
        reply = yield Write(b"AUTH PLAIN " + token + b"\r\n", "AUTH PLAIN")
    elif "LOGIN" in offer.logins:
        reply = yield Write(b"AUTH LOGIN\r\n", "AUTH LOGIN")
        for value in (account.username, account.password):
            if reply is not None and reply.code == 334:
                reply = yield Write(base64.b64encode(value.encode()) + b"\r\n", "AUTH LOGIN")
    else:
        offered = ", ".join(sorted(offer.logins)) or "none"
        raise TransportError(
            f"The mail server {account} offers no way to log in that we know (PLAIN, LOGIN); it offers: {offered}. "
            "Some offer it only after TLS: check transport.security. If it wants no login, leave username out."
        )
    assert reply is not None
    if reply.code != 235:
        raise TransportError(
            f"The mail server {account} refused the login as {account.username!r}: {_said(reply)} Check "
            f"transport.username and the password that password_env or password_file names.{_later(reply)}"
        )


def _later(reply: Reply | None) -> str:
    return " Try again later." if reply is not None and 400 <= reply.code < 500 else ""


def _said(reply: Reply | None) -> str:
    return "nothing" if reply is None else f"“{reply.text[:300]}”."
