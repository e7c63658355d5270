"""Sends through Resend's API: up to 100 whole messages a request, kept from doubling by an idempotency key.

Documented at resend.com/docs: /api-reference/emails/send-batch-emails, /dashboard/emails/idempotency-keys,
/api-reference/errors and /api-reference/rate-limit. A batch is checked as a whole ("strict"): one bad entry turns
all of it down. A batch carries no attachments, so a message with embedded pictures goes alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from digest.model import Fate, Outcome, Outgoing
from digest.send.providers.base import Answer, ApiTransport

BASE_URL = "https://api.resend.com"
BATCH = 100
KEY_LIFE_S = 24 * 3600.0
"""How long Resend keeps an idempotency key and replays its answer."""

QUOTA_WAIT_S = 3600.0
"""A day's or month's quota does not come back in minutes."""

_FIELDS = ("from", "subject", "html", "text", "headers", "reply_to", "attachments")
_ADDRESS = re.compile(r"[^\x00-\x20\x7f-\uffff\"<>@]+@[^\x00-\x20\x7f-\uffff<>@]+\Z")


class Resend(ApiTransport):
    """The transport for Resend; ``client`` carries the base URL, the key and the timeouts (see ``make_client``)."""

    kind = "resend"
    batch = BATCH
    key_life_s = KEY_LIFE_S
    probe_path = "/domains"

    def unfit(self, message: Outgoing) -> Outcome | None:
        """Refuse what Resend would: addresses beyond ASCII before the @ or domain, and anything but an address."""
        if not _ADDRESS.match(message.address):
            reply = "5.1.3 Resend takes plain ASCII addresses only"
            return Outcome(message.subscriber_id, Fate.REJECTED, message.fence, "501", reply)
        return super().unfit(message)

    def goes_alone(self, message: Outgoing) -> bool:
        """Tell whether a message has attachments, which a batch cannot carry."""
        return isinstance(message.content, Mapping) and bool(message.content.get("attachments"))

    def payload(self, messages: Sequence[Outgoing]) -> Any:
        """Return a list for a batch, one object for a message that goes alone."""
        if len(messages) == 1 and self.goes_alone(messages[0]):
            return _email(messages[0])
        return [_email(message) for message in messages]

    def request(self, key: str, body: bytes) -> httpx.Request:
        """Return the POST of a batch, or of a single message."""
        path = "/emails/batch" if body.startswith(b"[") else "/emails"
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return self._client.build_request("POST", path, content=body, headers=headers)

    def key_problem(self, response: httpx.Response) -> str:
        """Return what is wrong with the key; one that may only send is right, though it may not ask."""
        name, words = _error(response) if response.status_code in (401, 403) else ("", "")
        return words if name in ("missing_api_key", "invalid_api_key") else ""

    def read(self, response: httpx.Response, messages: Sequence[Outgoing]) -> Answer:
        """Sort the answer into fates by status and by the name of the error."""
        status = response.status_code
        if status < 300:
            return _taken(response, len(messages))
        name, words = _error(response)
        code = str(status)
        if status == 429:
            wait_s = QUOTA_WAIT_S if "quota" in name else self.retry_after_s(response.headers)
            return Answer(Fate.DEFERRED, code, words, wait_s)
        if status == 409 or status >= 500:
            # 409: the first request under this key is still under way, or its answer is kept for other bytes.
            return Answer(Fate.AMBIGUOUS, code, words, self.retry_after_s(response.headers))
        if status in (400, 413, 422) and name not in _OURS:
            return Answer(Fate.FAILED, code, words, is_one_bad=True)
        return Answer(Fate.REFUSED, code, words)


_OURS = frozenset({"invalid_idempotency_key", "invalid_from_address", "missing_api_key", "invalid_api_key"})
"""Errors that hold for every message alike, whatever their status."""


def make_client(api_key: str, *, base_url: str = "", timeout_s: float = 30.0) -> httpx.Client:
    """Return the HTTP client for an API with a bearer key. It follows no redirect and asks no proxy."""
    return httpx.Client(
        base_url=base_url or BASE_URL,
        headers={"Authorization": f"Bearer {api_key}"},
        timeout=timeout_s,
        follow_redirects=False,
        trust_env=False,
    )


def _email(message: Outgoing) -> dict[str, Any]:
    assert isinstance(message.content, Mapping)
    content = message.content
    email = {field: content[field] for field in _FIELDS if content.get(field)}
    # The envelope's address decides; the name is only for show.
    email["to"] = [content.get("to") or message.address]
    return email


def _taken(response: httpx.Response, expected: int) -> Answer:
    try:
        document = response.json()
        entries = document.get("data", [document])
        ids = tuple(str(entry["id"]) for entry in entries)
    except (ValueError, KeyError, TypeError, AttributeError):
        ids = ()
    if len(ids) != expected:
        reply = f"{response.status_code}, but the answer names {len(ids)} of {expected} messages"
        return Answer(Fate.AMBIGUOUS, str(response.status_code), reply)
    return Answer(Fate.ACCEPTED, str(response.status_code), "queued", ids=ids)


def _error(response: httpx.Response) -> tuple[str, str]:
    """Return the error's name and its words; a body that is no JSON gives its beginning."""
    try:
        document = response.json()
        return str(document.get("name", "")), str(document.get("message", ""))[:300]
    except (ValueError, AttributeError):
        return "", response.text[:200]
