"""What all the readers' pages share: how they look, what they forbid, and what a request may be."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.routing import APIRoute

from subscribers.consent import Mailer, Site
from subscribers.errors import BadToken
from subscribers.model import List
from subscribers.resources import pages
from subscribers.tokens import KeyRing

MAX_BODY_BYTES = 65_536

Sections = Callable[[str], Sequence[tuple[str, str]]]
"""Names the sections, as pairs of id and title, that the readers of a list may choose from."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every page of one site needs; made once with the router."""

    engine: sa.Engine
    keys: KeyRing
    clock: Callable[[], datetime]
    site: Site
    mailer: Mailer | None
    sections_of: Sections
    keep_ip: bool

    def page(self, template: str, title: str, status: int = 200, **values: object) -> Response:
        """Return a page that nobody may frame, store, or make run anything."""
        html = pages().get_template(template).render(site=self.site, title=title, style=style(), **values)
        return HTMLResponse(html, status, headers())

    def message(self, title: str, words: str, status: int, wanted: List | None = None) -> Response:
        """Return a page that only says something."""
        return self.page("message.html", title, status, words=words, list=wanted)

    def refused(self, error: BadToken) -> Response:
        """Return the page for a link that does not serve."""
        status = 410 if error.reason in ("over", "forgotten") else 404
        return self.message("This link does not work", str(error), status)

    def ip(self, request: Request) -> str:
        """Return the reader's IP address for the evidence, if it is to be kept."""
        return request.client.host if self.keep_ip and request.client else ""


class SmallRequests(APIRoute):
    """Refuses large and endless bodies before they are read, and answers a form that is none with a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler of every route."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            length = request.headers.get("content-length", "")
            if "transfer-encoding" in request.headers:
                return PlainTextResponse("Say how long the request is.", 411)
            if length and (not length.isdigit() or int(length) > MAX_BODY_BYTES):
                return PlainTextResponse("The request is too large.", 413)
            try:
                return await handle(request)
            except RequestValidationError:
                return PlainTextResponse("The form cannot be read.", 400)

        return guarded


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
