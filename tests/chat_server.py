"""A chat-completions server on loopback that answers what a test tells it to, and misbehaves on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

USAGE = {"prompt_tokens": 200, "completion_tokens": 40}


@dataclass(frozen=True)
class Reply:
    """One answer: its status, headers and body; ``hangs`` sends nothing until the server is closed."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


def says(text: str) -> Reply:
    """Return a well-formed answer."""
    return Reply(body=json.dumps({"choices": [{"message": {"content": text}}], "usage": USAGE}).encode())


def streams(*pieces: str) -> Reply:
    """Return the answer as an event stream, as some servers send it unasked."""
    events = [json.dumps({"choices": [{"delta": {"content": piece}}]}) for piece in pieces]
    events.append(json.dumps({"choices": [], "usage": USAGE}))
    return Reply(body="".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode())


@dataclass
class ChatServer:
    """The server; ``reply(number)`` is asked for each request, counted from 1."""

    reply: Callable[[int], Reply]
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> ChatServer:
        server = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                server.requests.append(json.loads(body))
                server.keys.append(self.headers.get("authorization", ""))
                answer = server.reply(len(server.requests))
                if answer.hangs:
                    server.closing.wait(10)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    @property
    def url(self) -> str:
        """Return the base address."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)
