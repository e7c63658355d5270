"""What all provider APIs share: batches that are stored before they are asked for, retries, and classes of answers.

A provider's own file writes a batch's payload and reads the answer; everything about *when* is here. A request is
repeated only with the same key and the same bytes, and only while the provider keeps the key.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import Any, Literal

import httpx

from digest.errors import TransportError
from digest.model import Fate, Outcome, Outgoing
from digest.protocols import CallLog, Gate

TRIES = 5
"""How often one request is made in a row before its messages are put off."""

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
"""Longest pause inside one delivery; a provider that asks for more gets its messages deferred instead."""

ALIKE = 10
"""So many messages of a refused batch are tried one by one and refused alike before the rest is put off."""

REPEAT_AFTER_S = 300.0
"""When an interrupted request is repeated, if the run goes on that long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one request: the fate of its messages; ``ids`` are the provider's names of them, in order.

    ``is_one_bad``: the whole batch was turned down for one of its messages, and none of it was taken.
    """

    fate: Fate
    code: str = ""
    reply: str = ""
    retry_after_s: float | None = None
    ids: tuple[str, ...] = ()
    is_one_bad: bool = False


class ApiTransport(ABC):
    """A transport over a provider's HTTP API. Used by one thread at a time.

    Subclasses set ``kind``, ``batch``, ``key_life_s`` (how long the provider keeps a key; 0: it has none) and
    ``probe_path``, build the payload of a batch, make the request and read the answer.
    """

    kind = ""
    codec: Literal["wire", "json"] = "json"
    batch = 1
    key_life_s = 0.0
    probe_path = "/"

    def __init__(
        self,
        client: httpx.Client,
        *,
        call_log: CallLog | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._call_log = call_log
        self._sleep = sleep
        self._jitter = jitter
        self._now = now

    @abstractmethod
    def payload(self, messages: Sequence[Outgoing]) -> Any:
        """Return the request's body for a batch, ready for JSON; the same for the same messages."""

    @abstractmethod
    def request(self, key: str, body: bytes) -> httpx.Request:
        """Return the request that sends a body under a key."""

    @abstractmethod
    def read(self, response: httpx.Response, messages: Sequence[Outgoing]) -> Answer:
        """Say what an answer means for a batch."""

    def unfit(self, message: Outgoing) -> Outcome | None:
        """Return the outcome of a message the provider cannot take, or None."""
        if isinstance(message.content, bytes):
            reply = "The message is whole mail; this provider takes its parts."
            return Outcome(message.subscriber_id, Fate.REFUSED, message.fence, "", reply)
        return None

    def goes_alone(self, message: Outgoing) -> bool:
        """Tell whether a message cannot be part of a batch."""
        del message
        return False

    def deliver(self, messages: Iterable[Outgoing], gate: Gate) -> Iterator[Outcome]:
        """Hand the messages over in batches."""
        for (call, alone), group in groupby(messages, key=lambda m: (m.call, self.goes_alone(m))):
            for batch in _batches(group, 1 if alone else self.batch):
                yield from self._deliver_batch(call, batch, gate)

    def probe(self) -> None:
        """Ask a harmless question; raises TransportError when nobody answers or the key is not known."""
        try:
            response = self._client.get(self.probe_path)
        except httpx.HTTPError as error:
            raise self._unreachable(_words(error)) from error
        problem = self.key_problem(response)
        if problem:
            raise TransportError(f"{self.kind} does not know our key: {problem} Check api_key_env or api_key_file.")

    @abstractmethod
    def key_problem(self, response: httpx.Response) -> str:
        """Return what the answer to the harmless question says against our key; empty if nothing."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _deliver_batch(self, call: str, batch: list[Outgoing], gate: Gate) -> Iterator[Outcome]:
        problems = {problem.subscriber_id: problem for problem in map(self.unfit, batch) if problem is not None}
        yield from problems.values()
        fit = [message for message in batch if message.subscriber_id not in problems]
        admitted = list(gate.admit(fit)) if fit else []
        if call and len(admitted) < len(batch):
            yield from _all(fit, Answer(Fate.AMBIGUOUS, reply="a broken-off request can no longer be repeated whole"))
            return
        kept = {message.subscriber_id for message in admitted}
        yield from _all([m for m in fit if m.subscriber_id not in kept], Answer(Fate.SKIPPED))
        if admitted:
            yield from self._send(call, admitted, gate)

    def _send(
        self, call: str, messages: Sequence[Outgoing], gate: Gate, refused: list[Answer] | None = None
    ) -> Iterator[Outcome]:
        """Make one request; a batch refused for one message is halved. ``refused``: the latest single refusals."""
        refused = [] if refused is None else refused
        if len(refused) >= ALIKE:
            last = refused[-1]
            outcomes = _all(messages, Answer(Fate.DEFERRED, last.code, f"put off, others were refused: {last.reply}"))
            gate.answered(outcomes)
            yield from outcomes
            return
        body = json.dumps(self.payload(messages), ensure_ascii=False, separators=(",", ":")).encode()
        key = hashlib.sha256(body).hexdigest()
        answer, error = self._ask(call, key, body, messages)
        if answer.is_one_bad and len(messages) > 1:
            middle = len(messages) // 2
            yield from self._send("", messages[:middle], gate, refused)
            yield from self._send("", messages[middle:], gate, refused)
            return
        if answer.fate is Fate.FAILED:
            refused.append(answer)
        else:
            refused.clear()
        outcomes = _all(messages, answer)
        gate.answered(outcomes)
        yield from outcomes
        if error is not None:
            raise error

    def _ask(
        self, call: str, key: str, body: bytes, messages: Sequence[Outgoing]
    ) -> tuple[Answer, TransportError | None]:
        """Make a request that is stored first; with its answer comes an error if no other should follow."""
        if call and key != call:
            why = "a broken-off request could not be rebuilt byte for byte, so it is not repeated"
            return Answer(Fate.AMBIGUOUS, reply=why), None
        log = self._call_log
        if log is not None and not log.asked(key, [m.subscriber_id for m in messages], self.key_life_s):
            return Answer(Fate.AMBIGUOUS, reply="the provider no longer remembers the broken-off request"), None
        answer, in_doubt = self._repeat(key, body, messages, in_doubt=bool(call))
        error = None
        if answer.fate is Fate.DEFERRED and not answer.code and not in_doubt:
            error = self._unreachable(answer.reply)
        elif in_doubt and answer.fate in (Fate.DEFERRED, Fate.REFUSED):
            # What one try left in doubt only an acceptance clears: this answer is about the later try alone.
            error = self._refused(answer) if answer.fate is Fate.REFUSED else None
            answer = Answer(Fate.AMBIGUOUS, answer.code, f"an earlier try may have been taken; now: {answer.reply}")
        if log is not None and answer.fate is Fate.AMBIGUOUS:
            log.interrupted(key, REPEAT_AFTER_S)
        elif log is not None:
            log.answered(key)
        return answer, error

    def _repeat(self, key: str, body: bytes, messages: Sequence[Outgoing], *, in_doubt: bool) -> tuple[Answer, bool]:
        """Make the request until it is answered for good; also tell whether a try may have been taken unheard."""
        for attempt in range(1, TRIES + 1):
            answer = self._once(key, body, messages)
            in_doubt = in_doubt or answer.fate is Fate.AMBIGUOUS
            if answer.fate not in (Fate.DEFERRED, Fate.AMBIGUOUS) or (in_doubt and not self.key_life_s):
                break
            wait_s = self._backoff_s(attempt) if answer.retry_after_s is None else answer.retry_after_s
            if attempt == TRIES or wait_s > LONGEST_WAIT_S:
                break
            self._sleep(wait_s)
        return answer, in_doubt and answer.fate is not Fate.ACCEPTED

    def _once(self, key: str, body: bytes, messages: Sequence[Outgoing]) -> Answer:
        try:
            return self.read(self._client.send(self.request(key, body)), messages)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Answer(Fate.DEFERRED, reply=_words(error), retry_after_s=None)
        except httpx.HTTPError as error:
            # The body may have arrived: only a repeat under the same key can tell.
            return Answer(Fate.AMBIGUOUS, reply=f"the connection broke before the answer: {_words(error)}")

    def _backoff_s(self, attempt: int) -> float:
        return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempt - 1)) * (0.75 + 0.5 * self._jitter())

    def _unreachable(self, reason: str) -> TransportError:
        url = self._client.base_url
        return TransportError(
            f"Cannot reach {self.kind} at {url.host}:{url.port or 443}: {reason}. Check transport.base_url and that a "
            "firewall lets this machine out."
        )

    def _refused(self, answer: Answer) -> TransportError:
        return TransportError(
            f"{self.kind} refuses us: {answer.code} {answer.reply} Some messages of an earlier request are in doubt; "
            "put it right within a day and send again, and that request is repeated under its key."
        )

    def retry_after_s(self, headers: Mapping[str, str]) -> float | None:
        """Return the pause an answer asks for, given in seconds or as a date (RFC 9110 §10.2.3)."""
        value = headers.get("retry-after", "").strip()
        if not value:
            return None
        try:
            return max(0.0, float(value))
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._now()).total_seconds())
        except (TypeError, ValueError):
            return None


def _all(messages: Sequence[Outgoing], answer: Answer) -> list[Outcome]:
    """Give every message of a request the answer's fate, and its own name at the provider."""
    ids = answer.ids or ("",) * len(messages)
    return [
        Outcome(m.subscriber_id, answer.fate, m.fence, answer.code, answer.reply, answer.retry_after_s, name)
        for m, name in zip(messages, ids, strict=True)
    ]


def _batches(messages: Iterable[Outgoing], size: int) -> Iterator[list[Outgoing]]:
    batch: list[Outgoing] = []
    for message in messages:
        batch.append(message)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
