"""Puts the web application together: readers' pages, the view in the browser, health."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

import subscribers
from digest import store
from digest.engine.watch import troubles
from digest.errors import DigestError
from digest.housekeeping import erase_traces, traces
from digest.mailing import NewsletterMailer
from digest.newsroom import Newsroom
from digest.settings import secret
from digest.web import public, review

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
"""What every answer carries. Nothing here is for search engines: an edition's page has its reader's own links."""


def make_app(newsroom: Newsroom) -> FastAPI:
    """Return the application that ``digest serve`` runs; every handler is synchronous and runs in a thread."""
    app = FastAPI(title="Digest", docs_url=None, redoc_url=None, openapi_url=None)
    settings, pages = newsroom.settings, public.pages_of(newsroom)

    def mailer(list_id: str) -> NewsletterMailer:
        mine = next((n for n in settings.newsletters if list_id in dict(n.lists)), settings.newsletters[0])
        return NewsletterMailer(newsroom, mine)

    def companions_of(list_id: str) -> list[str]:
        mine = (dict(newsletter.lists) for newsletter in settings.newsletters)
        return [other for lists in mine if list_id in lists for other in lists if other != list_id]

    app.include_router(public.router(newsroom))
    app.include_router(review.router(newsroom))
    app.include_router(
        subscribers.router(
            engine=newsroom.engine,
            keys=newsroom.keys,
            clock=newsroom.clock,
            site_name=settings.site.name,
            site_url=settings.site.url,
            site_address=settings.site.address,
            mailer_of=mailer,
            sections_of=settings.sections_of,
            companions_of=companions_of,
            policy=settings.sign_up.policy,
            courtesy=subscribers.Courtesy(settings.sign_up.welcome, settings.sign_up.goodbye),
            keep_ip=settings.sign_up.keep_ip,
            language=pages.language,
            on_forget=erase_traces(newsroom),
            also_known=traces,
            api_key=_api_key(newsroom),
        )
    )

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    def healthz() -> Response:
        """Answer 200 while the database can be read and nothing is late or stalled, 503 with the reason otherwise."""
        return _health(newsroom)

    @app.exception_handler(404)
    def missing(request: Request, error: Exception) -> Response:
        """Answer a path that leads nowhere with a page for people."""
        del error
        return pages.of(request).lost()

    @app.middleware("http")
    async def guard(request: Request, call_next):  # type: ignore[no-untyped-def]
        """Add the headers that every answer carries."""
        response = await call_next(request)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app


def _health(newsroom: Newsroom) -> Response:
    try:
        with newsroom.reading() as conn:
            unfinished = [str(stored.key) for stored in store.unfinished(conn)]
        # Looked up anew: the answer must be right also when the schedule itself has died.
        wrong = [alarm.what for alarm in troubles(newsroom) if alarm.name.startswith(("late:", "stalled:"))]
    except DigestError as error:
        return JSONResponse({"ok": False, "why": str(error)}, status_code=503)
    if wrong:
        return JSONResponse({"ok": False, "why": "; ".join(wrong), "unfinished": unfinished}, status_code=503)
    return JSONResponse({"ok": True, "unfinished": unfinished})


def _api_key(newsroom: Newsroom) -> str:
    wanted = newsroom.settings.sign_up
    if not wanted.api_key_env and wanted.api_key_file is None:
        return ""
    return secret(newsroom.base, "key for sign-ups", env=wanted.api_key_env, file=wanted.api_key_file)
