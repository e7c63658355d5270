"""One SMTP conversation as a state machine: bytes in, events out, and what to write next. No sockets, no clock.

Where the server offers PIPELINING (RFC 2920), the end of one message and the envelope of the next leave in one
write, so that a message costs one round trip. A recipient refused after DATA was pipelined ends the connection: the
server waits for a message that nobody shall get, and a bare dot would be a message (RFC 2920 §3.1 allows it as an
empty one, and servers exist that deliver it).
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from digest.errors import TransportError
from digest.model import Outgoing, Pieces
from digest.send.retry import Step
from digest.send.smtp.opening import Account, Offer, StartTls, opening
from digest.send.smtp.replies import Reply, ReplyReader, words_of

_TLS = "TLS"

_TAKEN = re.compile(rb"2\d\d(?: [^\r\n]*)?")

# The usual answer to the envelope of a message, when it came in one piece: all is well.
_ENVELOPE_TAKEN = re.compile(rb"2\d\d(?: [^\r\n]{0,500})?\r\n2\d\d(?: [^\r\n]{0,500})?\r\n354(?: [^\r\n]{0,500})?\r\n")


@dataclass(frozen=True, slots=True)
class Secure:
    """TLS must be set up now; then call ``secured``."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The opening is over: messages may begin."""


class MayFollow(NamedTuple):
    """The server wants this message's content: call ``content``, or close the connection."""

    message: Outgoing


class Settled(NamedTuple):
    """The server has answered for a message: by refusing a step, or to its end."""

    message: Outgoing
    step: Step
    reply: Reply


@dataclass(frozen=True, slots=True)
class Ended:
    """The conversation is over and the connection must be closed; ``reply`` is the server's reason, if it gave one."""

    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The server cannot be used, or speaks no SMTP: the connection must be closed at once."""

    why: TransportError


Event = Secure | Ready | MayFollow | Settled | Ended | Broken

Usual = tuple[Outgoing, str, Outgoing]
"""A message that was taken, the words of the reply (the code, 2xx, first), and the message that may follow."""


@dataclass(slots=True)
class _Envelope:
    message: Outgoing
    refusal: tuple[Step, Reply] | None = None


class Session:
    """One conversation. The driver feeds bytes, acts on events, and writes and empties ``output``."""

    def __init__(self, account: Account, helo: str) -> None:
        self._account = account
        self._reader = ReplyReader()
        self._opening = opening(account, helo)
        self._awaiting: deque[tuple[Step | None, _Envelope | None]] = deque()
        # A message whose end was written together with the next one's envelope; kept so until an answer is unusual.
        self._lane: tuple[Outgoing, Outgoing] | None = None
        # The answer to the last usual envelope: most servers use the same words for each.
        self._known: bytes | None = None
        self.output: list[bytes] = []
        self._must_reset = False
        self._owes_content = False
        self.is_over = False
        self.replies_read = 0
        self.offer = Offer()
        self.may_pipeline = False
        self.is_open = False
        self.step = "greeting"
        self._advance(None)

    @property
    def is_idle(self) -> bool:
        """Tell whether a new message may begin: the opening is over and no reply is awaited."""
        if self._lane is not None or self._owes_content or self._awaiting:
            return False
        return self.is_open and not self.is_over

    @property
    def awaits_end(self) -> bool:
        """Tell whether the next reply is the one to a message's end."""
        return self._lane is not None or (bool(self._awaiting) and self._awaiting[0][0] is Step.CONTENT)

    def usual(self, data: bytes) -> Usual | None:
        """Take bytes that are the whole usual answer; None for anything else, which is then to be fed.

        This is the short way of what ``feed`` tells in two events.
        """
        lane = self._lane
        if lane is None:
            return None
        words, _, rest = data.partition(b"\r\n")
        if rest != self._known:
            if _ENVELOPE_TAKEN.fullmatch(rest) is None:
                return None
            self._known = rest
        if words[:4] != b"250 " and _TAKEN.fullmatch(words) is None:
            return None
        self._lane = None
        self._owes_content = True
        return lane[0], words_of(words), lane[1]

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes that arrived; what was answered before a fault is told before it."""
        self._expand()
        events: list[Event] = []
        try:
            for reply in self._reader.feed(data):
                self.replies_read += 1
                if self.is_over:
                    break
                self._take(reply, events)
        except TransportError as error:
            self.is_over = True
            events.append(Broken(error))
        return events

    def _take(self, reply: Reply, events: list[Event]) -> None:
        if self.step == _TLS:
            raise self._spoke_early()
        if not self.is_open:
            self._open_on(reply, events)
        elif not self._awaiting:
            # Said without being asked: servers do so right before they hang up.
            self._end(reply, events)
        else:
            self._answer(reply, events)

    def secured(self) -> None:
        """Tell that TLS now protects the connection; the opening goes on."""
        self._advance(None)

    def begin(self, message: Outgoing) -> None:
        """Start a message's envelope; the session must be idle."""
        assert self.is_idle
        if self._must_reset:
            self._must_reset = False
            self.output.append(b"RSET\r\n")
            self._awaiting.append((None, None))
        self._envelope(message)

    def content(self, message: Outgoing, following: Outgoing | None) -> None:
        """Write a message to its end and, in the same write, the envelope of the one that follows."""
        content = message.content
        assert isinstance(content, (bytes, Pieces))
        self._owes_content = False
        output = self.output
        if isinstance(content, bytes):
            output.append(content)
        else:
            output += content
        end = b".\r\n" if output[-1].endswith(b"\r\n") else b"\r\n.\r\n"
        if following is not None and self.may_pipeline and not self._awaiting:
            output.append(end + _envelope(following, self.offer))
            self._lane = (message, following)
            self.step = Step.DATA
            return
        output.append(end)
        self.step = Step.CONTENT
        self._awaiting.append((Step.CONTENT, _Envelope(message)))
        if following is not None:
            self._envelope(following)

    def quit(self) -> None:
        """Take leave; the session must be idle."""
        self.is_over = True
        self.output.append(b"QUIT\r\n")

    def pending(self) -> tuple[list[Outgoing], list[Outgoing]]:
        """Return the messages whose end was written without an answer, and those that were only announced."""
        self._expand()
        doubtful = [e.message for step, e in self._awaiting if step is Step.CONTENT and e is not None]
        announced = {e.message.subscriber_id: e.message for step, e in self._awaiting if step is not Step.CONTENT and e}
        return doubtful, list(announced.values())

    def _expand(self) -> None:
        """Take the usual case apart, reply by reply: something else came."""
        if self._lane is not None:
            message, following = self._lane
            self._lane = None
            self._awaiting.append((Step.CONTENT, _Envelope(message)))
            announced = _Envelope(following)
            self._awaiting += [(step, announced) for step in (Step.MAIL, Step.RCPT, Step.DATA)]

    def _open_on(self, reply: Reply, events: list[Event]) -> None:
        if self._advance(reply):
            events.append(Ready())
        elif self.step == _TLS:
            if self._reader.has_rest:
                raise self._spoke_early()
            self._reader = ReplyReader()
            events.append(Secure())

    def _spoke_early(self) -> TransportError:
        # Bytes that came before TLS would be taken for the server's protected words (CVE-2011-0411).
        return TransportError(f"The mail server {self._account} said more than it was asked before TLS began.")

    def _out_of_step(self, reply: Reply) -> TransportError:
        return TransportError(
            f"The mail server {self._account} answered DATA with “{reply.text}”, where only 354 lets a message follow."
        )

    def _advance(self, reply: Reply | None) -> bool:
        """Let the opening go on; True when it is over."""
        try:
            act = self._opening.send(reply)
        except StopIteration as over:
            self.offer = over.value
            self.may_pipeline = self.offer.has("PIPELINING")
            self.is_open = True
            return True
        if isinstance(act, StartTls):
            self.step = _TLS
        else:
            self.step = act.shown
            if act.data:
                self.output.append(act.data)
        return False

    def _envelope(self, message: Outgoing) -> None:
        envelope = _Envelope(message)
        if self.may_pipeline:
            steps: tuple[Step, ...] = (Step.MAIL, Step.RCPT, Step.DATA)
        else:
            steps = (Step.MAIL,)
        for step in steps:
            self._command(step, envelope)

    def _command(self, step: Step, envelope: _Envelope) -> None:
        self.output.append(_COMMANDS[step](envelope.message, self.offer))
        self._awaiting.append((step, envelope))
        self.step = step

    def _answer(self, reply: Reply, events: list[Event]) -> None:
        step, envelope = self._awaiting[0]
        if reply.code == 421 and step is not Step.CONTENT:
            self._end(reply, events)
            return
        self._awaiting.popleft()
        if step is None or envelope is None:
            if not reply.is_good:
                self._end(reply, events)
        elif step is Step.CONTENT:
            events.append(Settled(envelope.message, step, reply))
            if reply.code == 421:
                self._end(reply, events)
        elif step is Step.DATA:
            self._answer_data(reply, envelope, events)
        else:
            self._answer_address(step, reply, envelope, events)

    def _answer_address(self, step: Step, reply: Reply, envelope: _Envelope, events: list[Event]) -> None:
        if not reply.is_good and envelope.refusal is None:
            envelope.refusal = (step, reply)
        if self.may_pipeline:
            return
        if envelope.refusal is not None:
            self._must_reset = True
            events.append(Settled(envelope.message, *envelope.refusal))
        else:
            self._command(Step.RCPT if step is Step.MAIL else Step.DATA, envelope)

    def _answer_data(self, reply: Reply, envelope: _Envelope, events: list[Event]) -> None:
        if reply.code != 354 and reply.code < 400:
            # The answers and our commands are out of step: what a later one is about cannot be known.
            raise self._out_of_step(reply)
        if reply.code != 354:
            self._must_reset = True
            events.append(Settled(envelope.message, *(envelope.refusal or (Step.DATA, reply))))
        elif envelope.refusal is None:
            self._owes_content = True
            events.append(MayFollow(envelope.message))
        else:
            events.append(Settled(envelope.message, *envelope.refusal))
            self._end(None, events)

    def _end(self, reply: Reply | None, events: list[Event]) -> None:
        self.is_over = True
        events.append(Ended(reply))


def _mail(message: Outgoing, offer: Offer) -> bytes:
    command = f"MAIL FROM:<{message.sender}>"
    if offer.has("SIZE"):
        command += f" SIZE={size_bytes(message)}"
    if not (message.sender + message.address).isascii():
        command += " SMTPUTF8"
    return command.encode() + b"\r\n"


def _rcpt(message: Outgoing, offer: Offer) -> bytes:
    del offer
    return f"RCPT TO:<{message.address}>\r\n".encode()


def _data(message: Outgoing, offer: Offer) -> bytes:
    del message, offer
    return b"DATA\r\n"


def size_bytes(message: Outgoing) -> int:
    """Return the size of a message's content."""
    return message.content.size_bytes if isinstance(message.content, Pieces) else len(message.content)


def _envelope(message: Outgoing, offer: Offer) -> bytes:
    """Return the three commands at once; those of a plain address and no SIZE, as most are, by a shorter way."""
    if message.address.isascii() and message.sender.isascii() and not offer.has("SIZE"):
        return f"MAIL FROM:<{message.sender}>\r\nRCPT TO:<{message.address}>\r\nDATA\r\n".encode("ascii")
    return b"%b%bDATA\r\n" % (_mail(message, offer), _rcpt(message, offer))


_COMMANDS = {Step.MAIL: _mail, Step.RCPT: _rcpt, Step.DATA: _data}
