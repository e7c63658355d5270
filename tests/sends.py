"""Small helpers for tests of sending: messages, a transport that follows a script, a gate that is always open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from digest.model import Claim, Fate, Mark, Outcome, Outgoing
from digest.protocols import Gate
from digest.send.smtp.opening import Account
from digest.send.smtp.pool import SmtpTransport

CONTENT = (
    b"From: Morning Watch <morning@example.com>\r\nTo: reader@example.org\r\nSubject: News\r\n"
    b"Message-ID: <%d@example.com>\r\n\r\nThe harbour is open.\r\n"
)


def message(number: int = 1, *, address: str = "", content: bytes | None = None) -> Outgoing:
    return Outgoing(
        subscriber_id=number,
        address=address or f"reader{number}@example.org",
        sender="morning@example.com",
        message_id=f"<{number}@example.com>",
        content=CONTENT % number if content is None else content,
        fence=1,
    )


def encode(claim: Claim) -> Outgoing:
    who = claim.recipient
    made = message(who.subscriber_id, address=who.address)
    return Outgoing(who.subscriber_id, who.address, made.sender, made.message_id, made.content, claim.fence)


def transport_to(port: int, host: str = "127.0.0.1", **options: object) -> SmtpTransport:
    account = Account(
        host,
        port,
        options.pop("security", "none"),  # type: ignore[arg-type]
        str(options.pop("username", "")),
        str(options.pop("password", "")),
    )
    return SmtpTransport(account, **{"timeout_s": 5.0, "connections": 3, "reopen_after_s": 0.02, **options})  # type: ignore[arg-type]


class OpenGate:
    """Lets everything through except the numbers named, and remembers what passed and what was answered."""

    is_open = True

    def __init__(self, *held: int) -> None:
        self.held = set(held)
        self.passed: list[int] = []
        self.known: list[Outcome] = []

    def admit(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        admitted = [m for m in messages if m.subscriber_id not in self.held]
        self.passed += [m.subscriber_id for m in admitted]
        return admitted

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        self.known += outcomes


class NoJournal:
    """Forgets everything."""

    def admit(self, edition_id: int, subscriber_id: int, fence: int) -> None: ...

    def answer(self, subscriber_id: int, fate: Fate, code: int = 0) -> None: ...

    def find(self, subscriber_id: int) -> Mark | None:
        return None

    def free(self, subscriber_ids: Iterable[int]) -> None: ...


class Scripted:
    """A transport that does to each admitted message what a function says."""

    kind = "scripted"
    codec: Literal["wire", "json"] = "wire"
    batch = 1

    def __init__(self, answer: Callable[[Outgoing], Outcome | Fate] = lambda _: Fate.ACCEPTED) -> None:
        self.answer = answer
        self.taken: list[int] = []

    def probe(self) -> None: ...

    def close(self) -> None: ...

    def deliver(self, messages: Iterable[Outgoing], gate: Gate) -> Iterator[Outcome]:
        for sent in messages:
            if not gate.admit([sent]):
                yield Outcome(sent.subscriber_id, Fate.SKIPPED, sent.fence)
                continue
            self.taken.append(sent.subscriber_id)
            answer = self.answer(sent)
            outcome = answer if isinstance(answer, Outcome) else Outcome(sent.subscriber_id, answer, sent.fence)
            gate.answered([outcome])
            yield outcome
