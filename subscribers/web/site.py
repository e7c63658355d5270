"""What all the readers' pages share: how they look, what they forbid, and what a request may be."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Self
from urllib.parse import unquote_to_bytes

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.routing import APIRoute

from subscribers.consent import Mailer, Site
from subscribers.errors import BadToken
from subscribers.languages import LANGUAGES, choose_language
from subscribers.model import List
from subscribers.resources import pages, texts
from subscribers.signups import Limits
from subscribers.tokens import KeyRing

MAX_BODY_BYTES = 65_536

OnForget = Callable[[sa.Connection, int], None]
"""Erases what other packages keep about a subscriber's id."""

AlsoKnown = Callable[[sa.Connection, int], Mapping[str, object]]
"""Returns what other packages keep about a subscriber's id, as plain values by name."""


@dataclass(frozen=True, slots=True)
class Courtesy:
    """Which mails follow an act of a reader: a welcome after joining, a goodbye after leaving on a page."""

    welcome: bool = True
    goodbye: bool = False


Sections = Callable[[str], Sequence[tuple[str, str]]]
"""Names the sections, as pairs of id and title, that the readers of a list may choose from."""

Companions = Callable[[str], Sequence[str]]
"""Names the lists that a list's readers may join and leave on the same page, like breaking news."""


@dataclass(frozen=True, slots=True)
class Pages:
    """How a site speaks to its readers: made once, and put into each reader's language by ``of``."""

    site: Site
    language: str

    def of(self, request: Request) -> Self:
        """Return these pages in the language the reader's browser asks for."""
        wanted = choose_language(request.headers.get("accept-language", ""), self.language)
        return self if wanted == self.language else replace(self, language=wanted)

    def speaking(self, language: str) -> Self:
        """Return these pages in a language, if it is one of ours."""
        return replace(self, language=language) if language in LANGUAGES else self

    def say(self, text: str) -> str:
        """Say one of our sentences in the reader's language."""
        return texts(self.language)(text)

    def page(self, template: str, title: str, status: int = 200, **values: object) -> Response:
        """Return a page that nobody may frame, store, or make run anything."""
        shown = pages(self.language).get_template(template)
        html = shown.render(site=self.site, title=title, style=style(), **values)
        return HTMLResponse(html, status, {**headers(), "Content-Language": self.language, "Vary": "Accept-Language"})

    def message(self, title: str, words: str, status: int, wanted: List | None = None) -> Response:
        """Return a page that only says something."""
        return self.page("message.html", title, status, words=words, list=wanted)

    def refused(self, error: BadToken) -> Response:
        """Return the page for a link that does not serve."""
        if error.reason in ("over", "forgotten"):
            words = self.say("This link is over. A newer mail has a newer link, or you can sign up again.")
            return self.message(self.say("This link does not work"), words, 410)
        words = self.say("The link is not complete or was altered: open it again from the mail it came in.")
        return self.message(self.say("This link does not work"), words, 404)

    def lost(self) -> Response:
        """Return the page for an address that leads nowhere."""
        words = self.say("Please check the address of this page.")
        return self.message(self.say("This link does not work"), words, 404)


@dataclass(frozen=True, slots=True)
class Context(Pages):
    """What every page of one site needs; made once with the router."""

    engine: sa.Engine
    keys: KeyRing
    clock: Callable[[], datetime]
    mailer_of: Callable[[str], Mailer | None]
    sections_of: Sections
    companions_of: Companions
    limits: Limits
    courtesy: Courtesy
    keep_ip: bool
    on_forget: OnForget | None = None
    api_key: str = ""
    also_known: AlsoKnown = lambda _conn, _subscriber_id: {}

    def ip(self, request: Request) -> str:
        """Return the reader's IP address for the evidence, if it is to be kept."""
        return self.peer(request) if self.keep_ip else ""

    def peer(self, request: Request) -> str:
        """Return the reader's IP address, for limits alone."""
        return request.client.host if request.client else ""


class SmallRequests(APIRoute):
    """Refuses large and endless bodies before they are read, and what cannot be read: to programs in JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler of every route."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            body = await _small_body(request)
            if body is None:
                return PlainTextResponse("The request is too large.", 413)
            if not _is_utf8(request, body):
                return self._unreadable("The request is not UTF-8.")
            try:
                return await handle(_with_body(request, body))
            except RequestValidationError as error:
                return self._unreadable("The form cannot be read.", error)

        return guarded

    def _unreadable(self, words: str, error: RequestValidationError | None = None) -> Response:
        if not self.path.startswith("/api/"):
            return PlainTextResponse(words, 400)
        found = error.errors()[0] if error else {}
        # Where it stands in the body; a place within the text is no field.
        field = next((each for each in found.get("loc", ())[1:] if isinstance(each, str)), "")
        if field:
            return JSONResponse({"error": f"{field}: {found['msg']}", "field": field}, 422)
        return JSONResponse({"error": words if not error else "the request is no JSON object"}, 400)


async def _small_body(request: Request) -> bytes | None:
    """Read a body; None when it is too large. Not every mail program's one click says how long it is."""
    length = request.headers.get("content-length", "")
    if length and (not length.isdigit() or int(length) > MAX_BODY_BYTES):
        return None
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return body


def _with_body(request: Request, body: bytes) -> Request:
    """Return a request as it was before its body was read."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


def _is_utf8(request: Request, body: bytes) -> bool:
    """Tell whether a body is text: what is not would be taken for other characters than its sender wrote."""
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    try:
        (unquote_to_bytes(body) if is_form else body).decode()
    except UnicodeDecodeError:
        return False
    return True


@cache
def style() -> str:
    """Return the style sheet of every page."""
    return pages().get_template("style.css").render()


@cache
def headers() -> dict[str, str]:
    """Return the headers of every page: nothing runs, nothing is loaded, nobody frames or stores it."""
    digest = b64encode(hashlib.sha256(style().encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'; form-action 'self'"
    return {
        "Content-Security-Policy": f"default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
    }
