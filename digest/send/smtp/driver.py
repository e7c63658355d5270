"""One connection to a mail server: acts out a session on an asyncio transport. Knows no ledger and no other connection.

Everything runs in the one thread that turns the loop. What happens to messages is told to the owner of the
connection; an exception of ours in a callback is told too and never vanishes in the loop.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Sequence
from typing import Protocol, cast

from digest.errors import TransportError
from digest.model import Outgoing
from digest.send.retry import Step
from digest.send.smtp.opening import Account, Offer
from digest.send.smtp.replies import Reply
from digest.send.smtp.session import Broken, Ended, Event, MayFollow, Ready, Secure, Session, Settled, Usual

END_PATIENCE = 10
"""How many times longer we wait for the answer to a message's end than for others. A minute a step gives the ten
minutes of RFC 5321 §4.5.3.2.6: hanging up too early is what doubles mail (RFC 1047)."""

QUIT_PATIENCE_S = 2.0
"""How long we wait for a server to return our goodbye; nothing depends on it."""

_NEVER = float("inf")
_BUFFER_BYTES = 16_384
_PIECES = 1000
"""One write takes 1024 pieces at most (IOV_MAX); a message of more is joined."""


class Owner(Protocol):
    """What a connection tells to, and asks of, the run it belongs to."""

    def ready(self, connection: Connection) -> None:
        """Take note that the opening is over."""

    def next_message(self) -> Outgoing | None:
        """Return the message to send next, or None for now."""

    def admit(self, message: Outgoing) -> bool:
        """Tell whether a message may go, at the last moment; the one that may not is taken note of."""

    def wait_s(self, message: Outgoing) -> float:
        """Return how long an announced message's content must wait for its moment; 0 for none."""

    def slow_down(self, reply: Reply) -> None:
        """Take the server's reason for ending the conversation."""

    def settled(self, message: Outgoing, step: Step, reply: Reply) -> None:
        """Take the server's answer for a message."""

    def took(self, taken: Sequence[tuple[Connection, Outgoing, str, Outgoing]]) -> None:
        """Take usual answers: a message's end was answered with 2xx and these words, and another may follow."""

    def watch(self, file: int, connection: Connection) -> None:
        """Call ``connection.read`` whenever the file has something to say."""

    def unwatch(self, file: int) -> None:
        """Do so no more."""

    def closed(
        self, connection: Connection, doubtful: list[Outgoing], announced: list[Outgoing], why: Exception | None
    ) -> None:
        """Take note of the end: some messages may have been taken, others were only announced."""


class Connection(asyncio.BufferedProtocol):
    """One conversation on one socket, of at most ``longest`` messages. ``deadline`` is in seconds of the loop."""

    def __init__(
        self,
        owner: Owner,
        loop: asyncio.AbstractEventLoop,
        account: Account,
        context: ssl.SSLContext,
        *,
        timeout_s: float,
        longest: int,
    ) -> None:
        self._owner, self._loop, self._account, self._context = owner, loop, account, context
        self._timeout_s = timeout_s
        self._left = longest
        self._session: Session | None = None
        self._transport: asyncio.Transport | None = None
        # Replies are short; the loop's own buffer of 256 KiB would be mapped and zeroed for each of them.
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._file = -1
        self._has_rest = False
        self._late: Outgoing | None = None
        self._securing: asyncio.Task[None] | None = None
        self._why: Exception | None = None
        self._is_lost = False
        self.deadline = _NEVER
        self.was_ready = False
        self.has_settled = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the conversation; the server speaks first."""
        self._transport = cast(asyncio.Transport, transport)
        self._session = Session(self._account, _own_name(transport.get_extra_info("sockname")))
        if transport.get_extra_info("sslcontext") is None:
            # What is not encrypted is read and written here: one call of the system each, without the loop's own.
            self._transport.pause_reading()
            self._file = os.dup(transport.get_extra_info("socket").fileno())
            self._owner.watch(self._file, self)
        self.deadline = self._loop.time() + self._timeout_s

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the server's words shall go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Act on what came through TLS."""
        usual = self._received(bytes(self._buffer[:nbytes]))
        if usual is not None:
            self._owner.took([(self, *usual)])
        self.write()

    def read(self) -> Usual | None:
        """Read what a plain connection has to say; return it if it is the usual answer, else act on it.

        What is to be said next waits for ``write``: a server that is woken by one message then finds several.
        """
        try:
            data = os.read(self._file, _BUFFER_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            self.drop(error)
            return None
        if data:
            return self._received(data)
        self._hang_up()
        return None

    def go_on(self, message: Outgoing, now: float) -> None:
        """Let an admitted message follow in the usual case; ``write`` sends it."""
        session = self._session
        assert session is not None
        session.content(message, self._next())
        self.deadline = now + END_PATIENCE * self._timeout_s

    def _received(self, data: bytes) -> Usual | None:
        session = self._session
        assert session is not None
        if session.is_over:
            self._hang_up()
            return None
        usual = session.usual(data)
        if usual is None:
            self._unusual(data, session)
        else:
            self.has_settled = True
        return usual

    def _unusual(self, data: bytes, session: Session) -> None:
        read_before = session.replies_read
        for event in session.feed(data):
            self._act(event, session)
        if session.replies_read > read_before:
            self._rearm(session)

    def write(self) -> None:
        """Write what is ready to be written."""
        session = self._session
        if session is None or not session.output:
            return
        pieces, session.output = session.output, []
        if self._file >= 0 and not self._is_behind() and len(pieces) <= _PIECES:
            # Straight to the kernel, piece by piece: joining a message costs as much as sending it.
            try:
                written = os.writev(self._file, pieces)
            except BlockingIOError:
                written = 0
            except OSError as error:
                self.drop(error)
                return
            if written == sum(map(len, pieces)):
                return
            self._has_rest = True
            pieces = [b"".join(pieces)[written:]]
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(pieces))

    def _is_behind(self) -> bool:
        """Tell whether the loop still writes what the kernel would not take at once."""
        if self._has_rest and self._transport is not None:
            self._has_rest = self._transport.get_write_buffer_size() > 0
        return self._has_rest

    def _hang_up(self) -> None:
        """Close our side too, now that the server has closed its own or is not to be heard any more."""
        self._unwatch()
        if self._transport is not None:
            self._transport.close()

    def _unwatch(self) -> None:
        if self._file >= 0:
            self._owner.unwatch(self._file)
            os.close(self._file)
            self._file = -1

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner, once, which messages this leaves open."""
        self.deadline = _NEVER
        self._unwatch()
        if self._is_lost:
            return
        self._is_lost = True
        doubtful, announced = self._session.pending() if self._session else ([], [])
        if self._late is not None:
            announced.append(self._late)
        why = self._why or exc
        if why is None and (doubtful or announced or not self.was_ready):
            why = TransportError(f"The mail server {self._account} closed the connection after {self._step}.")
        self._owner.closed(self, doubtful, announced, why)

    @property
    def is_idle(self) -> bool:
        """Tell whether the conversation is open and nothing is under way."""
        return self._session is not None and self._session.is_idle

    @property
    def offer(self) -> Offer:
        """Return what the server offers."""
        return self._session.offer if self._session else Offer()

    def hold_back(self) -> None:
        """Hang up: the server waits for the content of a message that must not go, and an empty one were a mail."""
        self.has_settled = True
        self.drop(TransportError("a message was held back at the last moment"))

    def wait_no_longer(self) -> None:
        """Hang up if an announced message waits for its moment: the server waits for its content."""
        if self._late is not None:
            self.hold_back()

    def fill(self) -> None:
        """Begin the next message if nothing is under way."""
        session = self._session
        if session is not None and session.is_idle:
            message = self._next()
            if message is not None:
                session.begin(message)
            elif self._left <= 0:
                self.leave()
            self.write()
            self._rearm(session)

    def leave(self) -> None:
        """Say goodbye if nothing is under way."""
        session = self._session
        if session is not None and session.is_idle:
            session.quit()
            self.write()
            self.deadline = self._loop.time() + QUIT_PATIENCE_S

    def drop(self, why: Exception) -> None:
        """Hang up at once, without another word."""
        self._why = self._why or why
        self._unwatch()
        if self._transport is not None:
            self._transport.abort()

    def expire(self, now: float) -> None:
        """Hang up if the server has kept us waiting too long."""
        if now >= self.deadline:
            self.deadline = _NEVER
            self.drop(TransportError(f"The mail server {self._account} gave no answer in time after {self._step}."))

    @property
    def _step(self) -> str:
        return self._session.step if self._session else "connecting"

    def _act(self, event: Event, session: Session) -> None:
        match event:
            case Settled(message, step, reply):
                self.has_settled = True
                self._owner.settled(message, step, reply)
                self.fill()
            case MayFollow(message):
                self.send(message)
            case Ready():
                self.was_ready = True
                self._owner.ready(self)
                self.fill()
            case Secure():
                self._securing = self._loop.create_task(self._secure(session))
            case Broken(why):
                self.drop(why)
            case Ended(reply):
                said = f": “{reply.text}”" if reply is not None else ""
                if reply is not None and self.was_ready:
                    self._owner.slow_down(reply)
                self.drop(TransportError(f"The mail server {self._account} ended the conversation{said}"))

    def send(self, message: Outgoing) -> None:
        """Send a message whose envelope was taken, when its moment has come and the gate admits it."""
        session = self._session
        assert session is not None
        wait_s = self._owner.wait_s(message)
        if wait_s > 0:
            self._late = message
            self._loop.call_later(wait_s, self._send_late, message, session)
        else:
            self._send_now(message, session)

    def _send_late(self, message: Outgoing, session: Session) -> None:
        if self._late is message and self._transport is not None and not self._transport.is_closing():
            self._late = None
            self._send_now(message, session)
            self.write()
            self._rearm(session)

    def _send_now(self, message: Outgoing, session: Session) -> None:
        if not self._owner.admit(message):
            self.hold_back()
            return
        session.content(message, self._next() if session.may_pipeline else None)

    def _next(self) -> Outgoing | None:
        if self._left <= 0:
            return None
        message = self._owner.next_message()
        self._left -= message is not None
        return message

    def _rearm(self, session: Session) -> None:
        """Start waiting anew: only a whole reply does, so that a server cannot keep us with a byte a second."""
        if session.is_over:
            return
        patience = END_PATIENCE if session.awaits_end else 1
        self.deadline = _NEVER if session.is_idle else self._loop.time() + patience * self._timeout_s

    async def _secure(self, session: Session) -> None:
        assert self._transport is not None
        self._unwatch()
        try:
            secured = await self._loop.start_tls(
                self._transport,
                self,
                self._context,
                server_hostname=self._account.host,
                ssl_handshake_timeout=self._timeout_s,
            )
        except (OSError, ssl.CertificateError) as error:
            self._lose(tls_failure(self._account, error))
            return
        if secured is None:
            self._lose(TransportError(f"The mail server {self._account} closed the connection while TLS began."))
            return
        self._transport = secured
        session.secured()
        self.write()
        self._rearm(session)

    def _lose(self, why: Exception) -> None:
        """Hang up while TLS begins: asyncio tells nobody of a connection that ends within its handshake."""
        self.drop(why)
        self.connection_lost(None)


def tls_failure(account: Account, error: Exception) -> TransportError:
    """Return the error of a TLS that did not come about, with what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        advice = (
            f"its certificate is not trusted for this name ({error.verify_message}). Set transport.host to the name in "
            "the certificate, or add its authority to this machine's trusted ones."
        )
    else:
        advice = f"{error or type(error).__name__}. Check transport.security and the port."
    return TransportError(f"No TLS with the mail server {account}, so nothing was sent: {advice}")


def _own_name(address: object) -> str:
    """Return how we greet: our address as a literal (RFC 5321 §4.1.3), for a sender need not have a name."""
    ip = str(address[0]) if isinstance(address, tuple) and address else "127.0.0.1"
    return f"[IPv6:{ip.partition('%')[0]}]" if ":" in ip else f"[{ip}]"
