"""Asks an OpenAI-compatible server for a text: the request, the answer in both its forms, retries, and the bill.

Knows nothing of blurbs. The network, the waiting and the key are handed in; whatever goes wrong is an AskError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from digest.errors import FetchError, SourceError

WORTH_RETRYING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
LONGEST_WAIT_S = 10.0
GIVE_UP_AFTER = 3
"""Failures in a row after which a server is left alone for the rest of the edition."""


class AskError(SourceError):
    """The server gave no text that can be used."""


class Answered(Protocol):
    """One answer of the network: status, lower-case headers, whole body."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers, their names in lower case."""

    @property
    def body(self) -> bytes:
        """Return the whole body, decompressed."""


Post = Callable[[str, Mapping[str, str], bytes], Answered]
"""Sends a POST (url, headers, body) under the rules of the guarded client; raises FetchError."""


@dataclass(slots=True)
class Bill:
    """What a run asked for: requests, tokens in and out, and what it cost in the currency of the prices."""

    asked: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0


@dataclass(slots=True)
class Server:
    """One model behind a base address such as ``https://api.example/v1``; ``prices`` are per million tokens."""

    url: str
    model: str
    post: Post
    wait: Callable[[float], None]
    key: str = ""
    retries: int = 2
    prices: tuple[float, float] = (0.0, 0.0)
    bill: Bill = field(default_factory=Bill)
    failed_in_a_row: int = 0

    def ask(self, rules: str, material: str, max_tokens: int) -> str:
        """Return the model's text. Raises AskError; after three failures in a row it no longer asks."""
        if self.failed_in_a_row >= GIVE_UP_AFTER:
            raise AskError(f"the endpoint failed {GIVE_UP_AFTER} times in a row and is left alone")
        try:
            text = self._try_again(self._request(rules, material, max_tokens))
        except AskError:
            self.failed_in_a_row += 1
            raise
        self.failed_in_a_row = 0
        return text

    def _request(self, rules: str, material: str, max_tokens: int) -> bytes:
        messages = [{"role": "system", "content": rules}, {"role": "user", "content": material}]
        asked = {"model": self.model, "messages": messages, "temperature": 0, "max_tokens": max_tokens}
        return json.dumps(asked, ensure_ascii=True).encode()

    def _try_again(self, request: bytes) -> str:
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            self.bill.asked += 1
            try:
                answer = self.post(f"{self.url.rstrip('/')}/chat/completions", headers, request)
            except FetchError as error:
                if last:
                    raise AskError(f"the endpoint could not be asked: {error}") from error
                self.wait(float(2**attempt))
                continue
            if answer.status == 200:
                return self._read(answer.body)
            if last or answer.status not in WORTH_RETRYING:
                raise AskError(f"the endpoint answered {answer.status}")
            self.wait(_wait_s(answer.headers.get("retry-after", ""), attempt))
        raise AskError("the endpoint was not asked")

    def _read(self, body: bytes) -> str:
        """Read the text and note the tokens; a server that streams although it was not asked to is read, too."""
        try:
            plain = body.decode("utf-8")
            parts = _events(plain) if plain.lstrip().startswith("data:") else [json.loads(plain)]
            text = "".join(_text_of(part) for part in parts)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
            raise AskError(f"the endpoint's answer is no chat completion ({type(error).__name__})") from error
        for part in parts:
            self._note(part.get("usage"))
        return text

    def _note(self, usage: Any) -> None:
        if not isinstance(usage, dict):
            return
        counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
        tokens = [count if isinstance(count, int) and count > 0 else 0 for count in counts]
        self.bill.tokens_in += tokens[0]
        self.bill.tokens_out += tokens[1]
        self.bill.cost += (tokens[0] * self.prices[0] + tokens[1] * self.prices[1]) / 1e6


def _events(plain: str) -> list[dict[str, Any]]:
    """Return the objects of an event stream."""
    lines = (line[5:].strip() for line in plain.splitlines() if line.startswith("data:"))
    return [json.loads(line) for line in lines if line and line != "[DONE]"]


def _text_of(part: dict[str, Any]) -> str:
    """Return the text of a whole answer or of one piece of a stream; a last piece may have none."""
    choices = part["choices"]
    if not choices:
        return ""
    said = choices[0].get("message") or choices[0].get("delta") or {}
    text = said.get("content") or ""
    if not isinstance(text, str):
        raise TypeError("content is no text")
    return text


def _wait_s(retry_after: str, attempt: int) -> float:
    """Return how long to wait: what the server asks for within reason, else a second, two, four."""
    try:
        return min(LONGEST_WAIT_S, max(0.0, float(retry_after)))
    except ValueError:
        return float(2**attempt)
