"""The discarding SMTP server in Python, for machines without a C compiler: same dialogue, same report, slower."""

from __future__ import annotations

import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass, field

REPLIES = {
    b"EHLO": b"250-discard\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"HELO": b"250 discard\r\n",
    b"MAIL": b"250 ok\r\n",
    b"RCPT": b"250 ok\r\n",
    b"RSET": b"250 ok\r\n",
    b"NOOP": b"250 ok\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


@dataclass
class Client:
    """One connection: what it said and was not yet understood, and whether it is inside a message."""

    line: socket.socket
    held: bytearray = field(default_factory=bytearray)
    in_body: bool = False


class Discard:
    """Counts what it takes and keeps nothing."""

    def __init__(self) -> None:
        self.messages = 0
        self.octets = 0
        self.ended = False

    def understand(self, client: Client) -> bytes:
        """Take what is complete and return the replies to it."""
        replies = bytearray()
        while client.held:
            if client.in_body:
                end = client.held.find(b"\r\n.\r\n")
                if end < 0:
                    break
                self.messages += 1
                self.octets += end + 5
                del client.held[: end + 5]
                client.in_body = False
                replies += b"250 taken\r\n"
                continue
            end = client.held.find(b"\n")
            if end < 0:
                break
            verb = bytes(client.held[:4]).upper()
            del client.held[: end + 1]
            client.in_body = verb == b"DATA"
            replies += REPLIES.get(verb, b"500 unknown\r\n")
        return bytes(replies)

    def serve(self) -> None:
        """Serve on loopback until told to end."""
        selector = selectors.DefaultSelector()
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        selector.register(listening, selectors.EVENT_READ, None)
        print(listening.getsockname()[1], flush=True)
        while not self.ended:
            for key, _ in selector.select(0.2):
                if key.data is None:
                    self._welcome(listening, selector)
                else:
                    self._hear(key.data, selector)
        print(self.messages, self.octets, f"{time.process_time():.6f}")

    def _welcome(self, listening: socket.socket, selector: selectors.BaseSelector) -> None:
        line, _ = listening.accept()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(b"220 discard ESMTP\r\n")
        selector.register(line, selectors.EVENT_READ, Client(line))

    def _hear(self, client: Client, selector: selectors.BaseSelector) -> None:
        try:
            heard = client.line.recv(262_144)
            client.held += heard
            replies = self.understand(client)
            if replies:
                client.line.sendall(replies)
        except OSError:
            heard = b""
        if not heard:
            selector.unregister(client.line)
            client.line.close()


if __name__ == "__main__":
    discard = Discard()
    signal.signal(signal.SIGTERM, lambda *_: setattr(discard, "ended", True))
    discard.serve()
    sys.exit(0)
