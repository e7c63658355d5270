"""Sends messages over a few connections to one mail server, by one event loop in the caller's own thread.

The loop turns only while ``deliver`` is asked for outcomes. Of the designs measured (selectors, threads, asyncio)
this one alone kept ahead of Postfix's own load generator in every pass.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from digest.errors import TransportError
from digest.model import Outcome, Outgoing
from digest.protocols import Gate
from digest.send.dkim import DkimKey, signed
from digest.send.smtp.opening import Account
from digest.send.smtp.run import Run, Way


class SmtpTransport:
    """The SMTP transport: reuses connections, pipelines where the server offers it, one recipient a message.

    ``rate`` is the most messages a second over all connections (0: no limit), ``domain_rates`` the same for single
    receiving domains; both are halved when a server asks for it. ``max_messages`` is how many one
    connection carries; ``timeout_s`` how long one step may take; ``reopen_after_s`` the first pause before a broken
    connection is replaced; ``dkim`` the keys that sign every message. Used by one thread at a time.
    """

    kind = "smtp"
    codec: Literal["wire", "json"] = "wire"
    batch = 1

    def __init__(
        self,
        account: Account,
        *,
        connections: int = 4,
        rate: float = 0.0,
        domain_rates: Mapping[str, float] | None = None,
        timeout_s: float = 60.0,
        max_messages: int = 1000,
        reopen_after_s: float = 1.0,
        context: ssl.SSLContext | None = None,
        dkim: Sequence[DkimKey] = (),
    ) -> None:
        self._way = Way(
            account,
            context or ssl.create_default_context(),
            connections=connections,
            rate=rate,
            domain_rates=dict(domain_rates or {}),
            timeout_s=timeout_s,
            max_messages=max_messages,
            reopen_after_s=reopen_after_s,
        )
        self.dkim = tuple(dkim)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def account(self) -> Account:
        """Return the server."""
        return self._way.account

    def deliver(self, messages: Iterable[Outgoing], gate: Gate) -> Iterator[Outcome]:
        """Hand the messages over; raises TransportError when the server cannot be reached or refuses us."""
        if not self.dkim:
            yield from self._deliver(iter(messages), gate)
            return
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers, thread_name_prefix="dkim") as pool:
            yield from self._deliver(signed(messages, self.dkim, pool, workers), gate)

    def probe(self) -> None:
        """Connect, log in and take leave; raises TransportError with what is wrong."""
        run = Run(self._way, self._opened(), iter(()), _NoGate(), [])
        for _ in self._turn(run):
            pass
        if not run.was_ready:
            raise run.trouble or TransportError(f"The mail server {self.account} hung up.")

    def close(self) -> None:
        """Close the loop; connections live only as long as one delivery."""
        if self._loop is not None:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            self._loop = None

    def _deliver(self, messages: Iterator[Outgoing], gate: Gate) -> Iterator[Outcome]:
        first = next(messages, None)
        if first is not None:
            yield from self._turn(Run(self._way, self._opened(), messages, gate, [first]))

    def _opened(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop

    def _turn(self, run: Run) -> Iterator[Outcome]:
        loop = self._opened()
        try:
            run.start()
            while run.outcomes or not run.is_over:
                if not run.outcomes:
                    loop.run_forever()
                outcomes, run.outcomes = run.outcomes, []
                yield from outcomes
            if run.error is not None:
                raise run.error
        finally:
            run.abort()


class _NoGate:
    """Stands where no message will come."""

    is_open = True

    def admit(self, messages: object) -> list[Outgoing]:
        """Admit none."""
        return []

    def answered(self, outcomes: object) -> None:
        """Take note of nothing."""
