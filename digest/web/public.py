"""What a reader's browser may ask for: an edition by its signed link, and hosted pictures. GET changes nothing."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from digest import mailing, store
from digest.newsroom import Newsroom
from subscribers import Pages, Purpose, Site, verify
from subscribers.errors import BadToken

MAIL_POLICY = (
    "default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail in a browser runs nothing, loads nothing but pictures, and cannot reach the pages around it."""

PICTURE_AGE_S = 31_536_000
"""A year: a picture's name is the hash of its bytes."""


def router(newsroom: Newsroom) -> APIRouter:
    """Return the routes ``/v/TOKEN`` and ``/i/NAME``."""
    routes = APIRouter()
    pages = pages_of(newsroom)

    @routes.api_route("/v/{token}", methods=["GET", "HEAD"])
    def view(token: str, request: Request) -> Response:
        """Show an edition as it was mailed to the reader of this link."""
        try:
            found = verify(newsroom.keys, Purpose.VIEW, token, now=newsroom.clock())
            page = mailing.view_page(newsroom, found.subject, found.subscriber_id, found.list_number)
            if page is None:
                raise BadToken("The edition is no longer kept.", "over")
        except BadToken as error:
            return pages.of(request).refused(error)
        return HTMLResponse(page, headers={"Content-Security-Policy": MAIL_POLICY, "Cache-Control": "private"})

    @routes.api_route("/i/{name}", methods=["GET", "HEAD"])
    def picture(name: str) -> Response:
        """Serve a picture of an edition by the hash of its bytes."""
        with newsroom.reading() as conn:
            content = store.get_picture(conn, name)
        if content is None:
            return Response(status_code=404)
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        caching = f"public, max-age={PICTURE_AGE_S}, immutable"
        return Response(content, media_type=kind, headers={"Cache-Control": caching})

    return routes


def pages_of(newsroom: Newsroom) -> Pages:
    """Return how the site speaks to readers: in its first newsletter's language, unless they ask for another."""
    settings = newsroom.settings
    return Pages(Site(settings.site.name, settings.site.url), settings.newsletters[0].language[:2])
