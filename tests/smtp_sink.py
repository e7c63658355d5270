"""A mail server for tests, on loopback: pipelines, records a message before it answers, and misbehaves on demand."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY
from types import TracebackType

DROP = "drop"
SILENT = "silent"
DRIBBLE = "dribble"
"""One byte a second of the usual answer."""


@dataclass
class Sink:
    """The server. ``answer(step, argument)`` may return a reply line, DROP, SILENT, DRIBBLE or None (as usual).

    Steps: CONNECT EHLO STARTTLS AUTH MAIL RCPT DATA CONTENT END (CONTENT is asked when the first bytes came, END
    after the message was recorded) and QUIT. ``record`` is called before the answer to a message's end.
    """

    answer: Callable[[str, str], str | None] = lambda step, argument: None
    keywords: tuple[str, ...] = ("PIPELINING", "SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES")
    context: ssl.SSLContext | None = None
    tls_at_once: bool = False
    login: tuple[str, str] | None = None
    record: Callable[[str, bytes], None] = lambda recipient, content: None
    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    writes: int = 0

    def __enter__(self) -> Sink:
        sink = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                _Conversation(sink, self.request).run()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.taken]


class _Over(Exception):
    """The conversation ends."""


class _Conversation:
    def __init__(self, sink: Sink, socket: ssl.SSLSocket) -> None:
        self.sink, self.socket = sink, socket
        self.buffer = b""
        self.recipient = ""
        self.secured = False
        socket.settimeout(30)
        socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)

    def run(self) -> None:
        self.sink.connections += 1
        try:
            if self.sink.tls_at_once:
                self.secure()
            self.reply("CONNECT", "", "220 sink ready")
            while True:
                self.command(self.line())
        except (_Over, OSError):
            pass
        finally:
            self.socket.close()

    def command(self, line: str) -> None:
        self.sink.commands.append(line)
        verb, _, argument = line.partition(" ")
        verb = verb.upper()
        if verb == "EHLO":
            self.reply("EHLO", argument, "\r\n".join(self.offer()))
        elif verb == "STARTTLS":
            self.reply("STARTTLS", "", "220 go ahead")
            self.secure()
        elif verb == "AUTH":
            self.log_in(argument)
        elif verb == "RCPT":
            self.recipient = argument[4:-1]
            self.reply("RCPT", self.recipient, "250 2.1.5 ok")
        elif verb == "DATA":
            if self.reply("DATA", self.recipient, "354 go ahead") == 354:
                self.take()
        elif verb == "QUIT":
            self.reply("QUIT", "", "221 bye")
            raise _Over
        elif verb in ("MAIL", "RSET"):
            self.reply(verb, argument, "250 2.1.0 ok")
        else:
            self.send("500 what?")

    def offer(self) -> list[str]:
        words = list(self.sink.keywords)
        if self.sink.context is not None and not self.secured:
            words.append("STARTTLS")
        if self.sink.login is not None and (self.secured or self.sink.context is None):
            words.append("AUTH PLAIN LOGIN")
        lines = ["sink", *words]
        return [f"250{' ' if i == len(lines) - 1 else '-'}{word}" for i, word in enumerate(lines)]

    def log_in(self, argument: str) -> None:
        way, _, token = argument.partition(" ")
        if way == "PLAIN":
            _, name, password = base64.b64decode(token).decode().split("\0")
        else:
            self.send("334 VXNlcm5hbWU6")
            name = base64.b64decode(self.line()).decode()
            self.send("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self.line()).decode()
        good = (name, password) == self.sink.login
        self.reply("AUTH", name, "235 2.7.0 welcome" if good else "535 5.7.8 wrong name or password")

    def take(self) -> None:
        if self.reply("CONTENT", self.recipient, "") == DROP:
            raise _Over
        lines = [b"\r\n"]
        while (line := self.line_bytes()) != b".\r\n" or not lines[-1].endswith(b"\r\n"):
            lines.append(line)
        content = b"".join(lines[1:])
        self.sink.record(self.recipient, content)
        self.sink.taken.append((self.recipient, content))
        self.reply("END", self.recipient, "250 2.0.0 taken")

    def reply(self, step: str, argument: str, usual: str) -> int | str:
        answer = self.sink.answer(step, argument)
        if answer == DROP:
            raise _Over
        if answer == SILENT:
            self.wait_for_the_end()
        if answer == DRIBBLE:
            self.dribble(usual)
        said = usual if answer is None else answer
        if said:
            self.send(said)
        return int(said[:3]) if said else 0

    def wait_for_the_end(self) -> None:
        """Say nothing until the client hangs up."""
        while self.socket.recv(65536):
            pass
        raise _Over

    def dribble(self, line: str) -> None:
        for byte in line.encode():
            self.socket.sendall(bytes([byte]))
            time.sleep(1)
        self.wait_for_the_end()

    def send(self, line: str) -> None:
        self.sink.writes += 1
        self.socket.sendall(line.encode() + b"\r\n")

    def line(self) -> str:
        return self.line_bytes().decode().rstrip("\r\n")

    def line_bytes(self) -> bytes:
        while b"\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise _Over
            self.buffer += data
        line, newline, self.buffer = self.buffer.partition(b"\n")
        return line + newline

    def secure(self) -> None:
        assert self.sink.context is not None
        self.socket = self.sink.context.wrap_socket(self.socket, server_side=True)
        self.secured = True


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for localhost and return the contexts of a server that has it and a client that trusts it."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cafile=str(pem))
    return server, client
