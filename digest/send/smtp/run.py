"""One delivery over a few connections to one mail server: its messages, and what became of them. Knows no ledger.

Everything happens in the one thread that turns the loop. Plain connections are read and answered here, several in one
turn; opening, TLS, pauses and time limits are the loop's.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digest.errors import TransportError
from digest.model import Fate, Outcome, Outgoing
from digest.protocols import Gate
from digest.send import retry
from digest.send.retry import Step
from digest.send.smtp.addresses import unfit
from digest.send.smtp.driver import Connection, tls_failure
from digest.send.smtp.opening import Account, Offer
from digest.send.smtp.queue import Queue, domain_of
from digest.send.smtp.replies import Reply
from digest.send.throttle import Throttle, asks_to_slow_down

MAX_TRIES = 3
"""How many broken connections a message may see in one run before it is deferred."""

HAND_BACK = 200
"""So many outcomes are handed back together; fewer after ``_HAND_BACK_AFTER_S``."""

_HAND_BACK_AFTER_S = 0.05
_CLOSING_S = 1.0


@dataclass(frozen=True, slots=True)
class Way:
    """The server and how it may be used; see ``SmtpTransport`` for what each means."""

    account: Account
    context: ssl.SSLContext
    connections: int
    rate: float
    domain_rates: Mapping[str, float]
    timeout_s: float
    max_messages: int
    reopen_after_s: float


class Run:
    """One delivery: its messages, its connections and what became of them. Implements the driver's ``Owner``."""

    def __init__(
        self,
        way: Way,
        loop: asyncio.AbstractEventLoop,
        messages: Iterator[Outgoing],
        gate: Gate,
        first: list[Outgoing],
    ) -> None:
        self._way, self._loop, self._messages, self._gate = way, loop, messages, gate
        self._throttle = Throttle(way.rate, way.domain_rates)
        self._queue = Queue(first, self._throttle)
        self._tries: dict[int, int] = {}
        self._under_way = len(first)
        self._taken = 0
        self._exhausted = not first
        self._stopped = False
        self._connections: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._target = way.connections
        self._started = loop.time()
        self._failures = 0
        self.was_ready = False
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._offer = Offer()
        self._plain: dict[int, Connection] = {}
        self._poll = select.poll()
        self.outcomes: list[Outcome] = []
        self.error: BaseException | None = None
        self.trouble: Exception | None = None
        self.is_over = False

    def start(self) -> None:
        """Open the first connection; the others follow when it works and there is more than one message."""
        self._loop.set_exception_handler(self._unexpected)
        self._open_one()
        self._tick()

    def abort(self) -> None:
        """Drop every connection and let the loop forget them."""
        self._stopped = self.is_over = True
        for timer in self._timers.values():
            timer.cancel()
        for task in self._opening:
            task.cancel()
        for connection in list(self._connections):
            connection.drop(TransportError("the send was broken off"))
        until = self._loop.time() + _CLOSING_S
        while (self._connections or self._opening) and self._loop.time() < until:
            self._loop.call_later(0.001, self._loop.stop)
            self._loop.run_forever()

    # What connections tell.

    def watch(self, file: int, connection: Connection) -> None:
        """Read a plain connection whenever it has something to say."""
        self._plain[file] = connection
        self._poll.register(file, select.POLLIN)
        self._loop.add_reader(file, self._read_all)

    def unwatch(self, file: int) -> None:
        """Read it no more."""
        self._loop.remove_reader(file)
        self._poll.unregister(file)
        del self._plain[file]

    def _read_all(self) -> None:
        """Read every plain connection that has something to say, then answer them all.

        Several in one turn cost less: us, because the loop turns less often, and the server, which is woken once.
        """
        while (ready := self._poll.poll(0)) and not self.is_over:
            connections = [self._plain[file] for file, _ in ready]
            taken = [(connection, *usual) for connection in connections if (usual := connection.read()) is not None]
            if taken:
                self.took(taken)
            for connection in connections:
                connection.write()
            if len(self.outcomes) >= HAND_BACK:
                return

    def ready(self, connection: Connection) -> None:
        """Take note that the server takes mail from us."""
        self.was_ready = True
        self._offer = connection.offer
        self._look_whether_done()

    def next_message(self) -> Outgoing | None:
        """Return the next message fit to be sent, at the pace asked for."""
        while not self._stopped:
            message = self._pull() if self._queue.is_idle else self._queue.next(self._pull, self._loop.time())
            if message is None:
                if self._queue.wake_at:
                    self._later("pace", max(0.0, self._queue.wake_at - self._loop.time()), self._fill_all)
                break
            problem = unfit(message, self._offer, is_first=not self._taken)
            if problem is None:
                self._taken += 1
                if self._taken == 2:
                    self._open_the_others()
                return message
            self._queue.forget(message)
            self._out(problem)
        return None

    def wait_s(self, message: Outgoing) -> float:
        """Return how long a message's content must still wait for its moment."""
        return self._queue.wait_s(message, self._loop.time()) if self._queue.is_paced else 0.0

    def slow_down(self, reply: Reply) -> None:
        """Take note that the server ends a conversation because we are too fast."""
        if asks_to_slow_down(str(reply.code), reply.text):
            self._slow_down("", str(reply.code))

    def admit(self, message: Outgoing) -> bool:
        """Ask the gate; what it holds back is skipped."""
        return bool(self._admitted([message]))

    def _admitted(self, messages: Sequence[Outgoing]) -> set[int]:
        try:
            admitted = () if self._stopped else self._gate.admit(messages)
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop must not swallow it
            self._fail(error)
            return set()
        numbers = {message.subscriber_id for message in admitted}
        if len(numbers) < len(messages):
            held_back = [message for message in messages if message.subscriber_id not in numbers]
            self._out(*(Outcome(message.subscriber_id, Fate.SKIPPED, message.fence) for message in held_back))
        return numbers

    def settled(self, message: Outgoing, step: Step, reply: Reply) -> None:
        """Turn the server's answer into an outcome; a refusal of ours lets nothing more begin."""
        # Only a refusal's enhanced status says more than its code.
        fate = retry.classify(step, reply.code, reply.enhanced if reply.code >= 400 else "")
        outcome = Outcome(message.subscriber_id, fate, message.fence, str(reply.code), reply.text)
        self._failures = 0
        if step is not Step.CONTENT:
            self._queue.forget(message)
        if fate is Fate.DEFERRED and asks_to_slow_down(outcome.code, " ".join(reply.lines)):
            self._slow_down(domain_of(message), outcome.code)
        self._gate.answered([outcome])
        self._out(outcome)

    def took(self, taken: Sequence[tuple[Connection, Outgoing, str, Outgoing]]) -> None:
        """Turn usual answers into outcomes, and let those follow that may."""
        self._failures = 0
        # The tuple's own constructor takes half the time.
        new, accepted = tuple.__new__, Fate.ACCEPTED
        outcomes = [
            new(Outcome, (message.subscriber_id, accepted, message.fence, words[:3], words, None, ""))
            for _, message, words, _ in taken
        ]
        self._gate.answered(outcomes)
        self._out(*outcomes)
        if self._queue.is_paced:
            for connection, _, _, following in taken:
                connection.send(following)
            return
        admitted = self._admitted([following for _, _, _, following in taken])
        now = self._loop.time()
        for connection, _, _, following in taken:
            if following.subscriber_id in admitted:
                connection.go_on(following, now)
            else:
                connection.hold_back()

    def closed(
        self, connection: Connection, doubtful: list[Outgoing], announced: list[Outgoing], why: Exception | None
    ) -> None:
        """Account for the messages of a connection that is gone, and open another if there is work left."""
        self._connections.discard(connection)
        for message in doubtful:
            outcome = Outcome(message.subscriber_id, Fate.AMBIGUOUS, message.fence, reply=str(why))
            self._out(outcome)
        for message in announced:
            self._queue.forget(message)
            self._retry(message, str(why))
        if not connection.has_settled and why is not None:
            self._failures += 1
        if not connection.was_ready:
            # It lets us have no more than these at a time.
            self._target = max(1, min(self._target, len(self._connections)))
        self._go_on(why)

    # What follows from it.

    def _slow_down(self, domain: str, code: str) -> None:
        now = self._loop.time()
        seen = self._taken / max(1.0, now - self._started)
        self._throttle.slow_down(domain, code, now, seen=seen)

    def _pull(self) -> Outgoing | None:
        if self._exhausted:
            return None
        try:
            message = next(self._messages, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop must not swallow it
            # What is with the server already has nothing to do with it, and its answers are waited for.
            self.error = self.error or error
            self._wait_no_longer()
            return None
        if message is None:
            self._exhausted = True
            self._look_whether_done()
        else:
            self._under_way += 1
            if self._stopped:
                self._look_whether_done()
        return message

    def _fail(self, error: BaseException) -> None:
        """End the run with an error of ours."""
        self._stopped = True
        self.error = self.error or error
        for connection in list(self._connections):
            connection.drop(TransportError("the send was broken off"))
        self._later("finish", 0.0, self._finish)

    def _unexpected(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take an exception that a callback let out: the loop would only log it."""
        del loop
        self._fail(context.get("exception") or RuntimeError(context["message"]))

    def _retry(self, message: Outgoing, why: str) -> None:
        tries = self._tries[message.subscriber_id] = self._tries.get(message.subscriber_id, 0) + 1
        if tries >= MAX_TRIES:
            self._out(Outcome(message.subscriber_id, Fate.DEFERRED, message.fence, reply=why))
        else:
            self._queue.append(message)

    def _go_on(self, why: Exception | None) -> None:
        """After an end: finish, give up, or see that somebody works on what is left."""
        self.trouble = why or self.trouble
        if self._finish_if_done() or self.is_over:
            return
        if self._connections or self._opening:
            for connection in list(self._connections):
                connection.fill()
            # One that broke before it carried anything is replaced after a pause, lest we hammer the server.
            self._later("reopen", self._way.reopen_after_s if self._failures else 0.0, self._replenish)
        elif not self.was_ready or self._failures > MAX_TRIES:
            self.error = why or TransportError(f"The mail server {self._way.account} hung up.")
            self._finish()
        else:
            self._later("reopen", self._way.reopen_after_s * self._failures, self._replenish)

    def _out(self, *outcomes: Outcome) -> None:
        was_empty = not self.outcomes
        self.outcomes += outcomes
        self._under_way -= len(outcomes)
        self._stopped = self._stopped or outcomes[-1].fate is Fate.REFUSED
        if len(self.outcomes) >= HAND_BACK or self._stopped:
            self._loop.stop()
        elif was_empty:
            self._later("hand back", _HAND_BACK_AFTER_S, self._loop.stop)
        if self._exhausted or self._stopped:
            self._look_whether_done()

    def _look_whether_done(self) -> None:
        if self._exhausted or self._stopped:
            self._later("finish", 0.0, self._finish_if_done)

    def _finish_if_done(self) -> bool:
        """Take leave of the server when no message is with it and none is to come; True when that is so."""
        at_server = self._under_way - len(self._queue)
        if at_server or not (self._stopped or (self._exhausted and not self._queue)):
            return False
        for task in self._opening:
            task.cancel()
        for connection in list(self._connections):
            if connection.is_idle:
                connection.leave()
            elif not connection.was_ready:
                connection.drop(TransportError("no longer needed"))
        if not self._connections and not self._opening:
            self._finish()
        return True

    def _finish(self) -> None:
        self.is_over = True
        self._loop.stop()

    def _open_the_others(self) -> None:
        for _ in range(self._way.connections - 1):
            self._open_one()

    def _fill_all(self) -> None:
        for connection in list(self._connections):
            connection.fill()

    def _later(self, what: str, after_s: float, act: Callable[[], object]) -> None:
        """Do something later, once, however often it is asked for meanwhile."""
        if what in self._timers or self.is_over:
            return

        def do() -> None:
            del self._timers[what]
            act()

        self._timers[what] = self._loop.call_later(after_s, do)

    def _tick(self) -> None:
        if not self._stopped and not self._gate.is_open:
            self._wait_no_longer()
        now = self._loop.time()
        for connection in list(self._connections):
            connection.expire(now)
        self._later("tick", min(1.0, self._way.timeout_s / 4), self._tick)

    def _wait_no_longer(self) -> None:
        """End what only waits for its moment; what is with the server is still answered."""
        self._stopped = True
        pace = self._timers.pop("pace", None)
        if pace is not None:
            pace.cancel()
        for connection in list(self._connections):
            connection.wait_no_longer()
        self._look_whether_done()

    def _open_one(self) -> None:
        if self._stopped or self.is_over:
            return
        task = self._loop.create_task(self._connect())
        self._opening.add(task)
        task.add_done_callback(self._opened)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if task.cancelled() and not self.is_over:
            self._finish_if_done()

    def _replenish(self) -> None:
        if not self._queue and (ahead := self._pull()) is not None:
            self._queue.append(ahead)
        if not self._queue:
            return
        for _ in range(self._target - len(self._connections) - len(self._opening)):
            self._open_one()

    async def _connect(self) -> None:
        way = self._way
        account = way.account

        def made() -> Connection:
            return Connection(
                self,
                self._loop,
                account,
                way.context,
                timeout_s=way.timeout_s,
                longest=way.max_messages,
            )

        error: Exception
        try:
            async with asyncio.timeout(way.timeout_s):
                context = way.context if account.security == "tls" else None
                _, connection = await self._loop.create_connection(made, account.host, account.port, ssl=context)
            self._connections.add(connection)
            return
        except ssl.SSLError as problem:
            error = tls_failure(account, problem)
        except TimeoutError:
            error = _unreachable(account, f"no answer in {way.timeout_s:g} s")
        except OSError as problem:
            error = _unreachable(account, problem.strerror or str(problem))
        except UnicodeError:
            error = _unreachable(account, "this is no host name")
        self._opening.discard(asyncio.current_task())
        self._failures += 1
        self._target = max(1, len(self._connections))
        self._go_on(error)


def _unreachable(account: Account, reason: str) -> TransportError:
    return TransportError(
        f"Cannot reach the mail server {account}: {reason}. Check transport.host and transport.port, and that a "
        "firewall lets this machine out."
    )
