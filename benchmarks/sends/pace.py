"""A server far away that allows so many messages a second: how much of it is used, and whether it ever says no.

The server, in Python on loopback, holds every answer back for half a round trip each way (all at its end) and counts
the messages of each sliding second; one too many is refused with 451 4.7.1.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from digest.model import Fate, Outgoing
from digest.send.smtp.opening import Account
from digest.send.smtp.pool import SmtpTransport


@dataclass
class Distant:
    """The server's account: when it took a message, how often it refused, and how often it had to be waited for."""

    allowed: float
    delay_s: float
    port: int = 0
    taken: list[float] = field(default_factory=list)
    refused: int = 0
    groups: int = 0
    recent: deque[float] = field(default_factory=deque)

    def may_take(self, now: float) -> bool:
        """Count a message against the sliding second."""
        while self.recent and now - self.recent[0] >= 1.0:
            self.recent.popleft()
        self.recent.append(now)
        return len(self.recent) <= self.allowed


class _Open:
    def admit(self, messages: Any) -> Any:
        return messages

    def answered(self, outcomes: Any) -> None:
        pass


def measure(rate: float, connections: int, rtt_ms: float, seconds: float, say: Any) -> dict[str, Any]:
    """Return the rate reached over the allowed, and the refusals, with pacing on; round trips with none."""
    count = int(rate * seconds)
    with distant(rate, rtt_ms / 1000) as server:
        accepted, _ = _send(server, count, connections, rate)
    # The account is whole only after the block.
    span = server.taken[-1] - server.taken[0]
    reached = (len(server.taken) - 1) / span
    say(f"{reached:.1f} of {rate:g} a second, {server.refused} refused")
    with distant(float("inf"), 0.0) as near:
        _send(near, 2000, connections, 0.0)
    return {
        "allowed_per_s": rate,
        "connections": connections,
        "rtt_ms": rtt_ms,
        "messages": count,
        "accepted": accepted,
        "refused": server.refused,
        "share_of_allowed": round(reached / rate, 4),
        "round_trips_per_message": round(near.groups / 2000, 4),
    }


def _send(server: Distant, count: int, connections: int, rate: float) -> tuple[int, float]:
    transport = SmtpTransport(
        Account("127.0.0.1", server.port, "none"), connections=connections, rate=rate, max_messages=1_000_000
    )
    content = b"From: a@example.com\r\nTo: b@example.org\r\n\r\n" + b"The harbour is open.\r\n" * 200
    messages = (
        Outgoing(n, f"reader{n}@example.org", "news@example.com", f"<{n}@example.com>", content) for n in range(count)
    )
    began = time.monotonic()
    accepted = sum(outcome.fate is Fate.ACCEPTED for outcome in transport.deliver(messages, _Open()))
    transport.close()
    return accepted, time.monotonic() - began


@contextmanager
def distant(allowed: float, delay_s: float) -> Iterator[Distant]:
    """Run the server in a process of its own for the length of the block; its account is whole after it."""
    command = [sys.executable, "-m", "benchmarks.sends.pace", str(allowed), str(delay_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = Distant(allowed, delay_s, int(process.stdout.readline()))
        try:
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            told = json.loads(process.stdout.read())
        server.taken, server.refused, server.groups = told["taken"], told["refused"], told["groups"]


async def _serve(server: Distant) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    listening = await asyncio.start_server(lambda r, w: _converse(server, r, w), "127.0.0.1", 0, limit=1 << 20)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    print(json.dumps({"taken": server.taken, "refused": server.refused, "groups": server.groups}))


async def _converse(server: Distant, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer everything that came together, together, one round trip later."""
    writer.write(b"220 far away\r\n")
    held, in_body = b"", False
    while data := await reader.read(1 << 18):
        held += data
        replies = b""
        while True:
            if in_body:
                _, end, rest = held.partition(b"\r\n.\r\n")
                if not end:
                    break
                held, in_body = rest, False
                now = time.monotonic()
                if server.may_take(now):
                    server.taken.append(now)
                    replies += b"250 2.0.0 taken\r\n"
                else:
                    server.refused += 1
                    replies += b"451 4.7.1 too fast\r\n"
                continue
            line, end, rest = held.partition(b"\r\n")
            if not end:
                break
            held = rest
            verb = line[:4].upper()
            in_body = verb == b"DATA"
            replies += {b"EHLO": b"250-far\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n"}.get(verb, b"250 ok\r\n")
        if replies:
            server.groups += 1
            asyncio.get_running_loop().call_later(server.delay_s, writer.write, replies)


if __name__ == "__main__":
    asyncio.run(_serve(Distant(float(sys.argv[1]), float(sys.argv[2]))))
