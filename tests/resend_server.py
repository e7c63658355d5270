"""A server on loopback that follows Resend's published description, and fails on demand.

Batches of at most 100, checked as a whole; an idempotency key replays its answer for the same body and is refused
for another (409); an unknown API key is 403. What it took it remembers before it answers.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

CUT = "cut"
"""A fault: take the batch, then close the connection without an answer."""

Fault = tuple[int, dict[str, Any], dict[str, str]] | str | None


@dataclass
class ResendServer:
    """The server. ``fault(request_number)`` may return (status, body, headers), CUT, or None to behave."""

    fault: Callable[[int], Fault] = lambda number: None
    api_key: str = "re_test"
    taken: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, list[str]]] = field(default_factory=list)
    answers: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)

    def __enter__(self) -> ResendServer:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_GET(self) -> None:
                self._answer(*(server.authorised(self.headers["Authorization"]) or (200, {"data": []})))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                found = server.post(self.path, self.headers["Authorization"], self.headers["Idempotency-Key"], body)
                if found == CUT:
                    self.close_connection = True
                    return
                self._answer(*found)

            def _answer(self, status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> None:
                content = json.dumps(document).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
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
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def recipients(self) -> list[str]:
        return [email["to"][0] for email in self.taken]

    def authorised(self, header: str | None) -> tuple[int, dict[str, Any]] | None:
        if header == f"Bearer {self.api_key}":
            return None
        return 403, {"statusCode": 403, "name": "invalid_api_key", "message": "API key is invalid"}

    def post(self, path: str, authorization: str | None, key: str, body: bytes) -> Any:
        document = json.loads(body)
        emails = document if isinstance(document, list) else [document]
        self.requests.append((path, key, [email.get("to", ["?"])[0] for email in emails]))
        fault = self.fault(len(self.requests))
        if isinstance(fault, tuple):
            return fault
        refused = self.authorised(authorization) or self._replayed(key, body) or self._invalid(path, emails)
        if refused:
            return refused
        self.taken += emails
        ids = [{"id": str(uuid.uuid4())} for _ in emails]
        answer: dict[str, Any] = {"data": ids} if path == "/emails/batch" else ids[0]
        self.answers[key] = body, answer
        return CUT if fault == CUT else (200, answer)

    def _replayed(self, key: str, body: bytes) -> tuple[int, dict[str, Any]] | None:
        if key not in self.answers:
            return None
        if self.answers[key][0] != body:
            return 409, {"name": "invalid_idempotent_request", "message": "same key, different body"}
        return 200, self.answers[key][1]

    def _invalid(self, path: str, emails: list[dict[str, Any]]) -> tuple[int, dict[str, Any]] | None:
        problem = "too many" if len(emails) > 100 or path not in ("/emails/batch", "/emails") else ""
        for email in emails:
            if not {"from", "to", "subject"} <= email.keys() or "bad" in email["to"][0]:
                problem = "an entry is not valid"
            if path == "/emails/batch" and "attachments" in email:
                problem = "attachments are not supported in a batch"
        return (422, {"statusCode": 422, "name": "validation_error", "message": problem}) if problem else None
