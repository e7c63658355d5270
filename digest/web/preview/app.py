"""The preview's addresses: the page around the mail, the mail in any light, its parts, and where sentences come from.

Every address begins with a token, so that no other page can guess it. GET changes nothing; the one POST mails a
proof to the staff addresses that the newsletter names.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import subscribers
from digest import job, mailing, store
from digest.errors import DigestError, UnknownThing
from digest.lint import CLIP_BYTES
from digest.mailing import NOBODY, Proof
from digest.model import EditionKey, Recipient, Variant
from digest.newsroom import Newsroom
from digest.post import wanted_variant
from digest.store import StoredEdition
from digest.web.preview import mail as mails
from digest.web.preview.desk import Desk

WIDTHS = ("320", "375", "414", "600", "768", "full")
SCHEMES = (
    ("", "as the browser"),
    ("light", "Light"),
    ("dark", "Dark"),
    ("both", "Side by side"),
    ("forced", "Forced dark"),
)
VIEWS = (
    ("mail", "Mail"),
    ("text", "Text"),
    ("source", "HTML source"),
    ("inlining", "What inlining did"),
    ("raw", "Raw message"),
)
PANELS = (
    ("stories", "Stories"),
    ("lint", "Lint"),
    ("size", "Size"),
    ("inbox", "Inbox"),
    ("links", "Links"),
    ("headers", "Headers"),
    ("test", "Send a test"),
)
ZOOMS = ("100", "150", "200")

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
MAIL_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src 'self' https: data:; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'"
)
"""Nothing in a mail runs or sends; the page around it may read it, to show where a sentence comes from."""

_KINDS = {".css": "text/css", ".js": "text/javascript", ".png": "image/png"}


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody chose to see: all of it stands in the page's address, so that a look can be passed on."""

    view: str = "mail"
    width: str = "600"
    scheme: str = ""
    pictures: str = ""
    zoom: str = "100"
    panel: str = "stories"
    reader: str = ""
    day: str = ""

    def but(self, **changes: str) -> str:
        """Return the address of this look with some of it changed."""
        values = {name: getattr(self, name) for name in self.__slots__} | changes
        plain = Look()
        given = {name: value for name, value in values.items() if value != getattr(plain, name)}
        return "?" + urlencode(given)


def preview_app(newsroom: Newsroom, key: EditionKey, token: str, *, config: Path | None = None) -> FastAPI:
    """Return the preview's application; ``config`` is the settings file to watch, if any."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    desk = Desk(newsroom, key, config)
    app.include_router(_page_routes(desk), prefix=f"/{token}")
    app.include_router(_mail_routes(desk), prefix=f"/{token}")
    app.include_router(_part_routes(desk), prefix=f"/{token}")

    @app.exception_handler(DigestError)
    def failed(request: Request, error: DigestError) -> Response:
        """Tell an error on a page of its own; the page reloads when the cause is mended."""
        del request
        status = 404 if isinstance(error, UnknownThing) else 500
        return _page("fault.html", status=status, message=str(error))

    return app


def new_token() -> str:
    """Return a token for one run of the preview."""
    return secrets.token_urlsafe(12)


def _page_routes(desk: Desk) -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    def page(
        view: str = "mail",
        width: str = "600",
        scheme: str = "",
        pictures: str = "",
        zoom: str = "100",
        panel: str = "stories",
        reader: str = "",
        day: str = "",
        said: str = "",
    ) -> Response:
        """Show the page around the mail."""
        look = Look(view, width if width in WIDTHS else "600", scheme, pictures, zoom, panel, reader, day)
        stored = desk.stored(day)
        proof = _proof(desk, stored, reader)
        return _page("page.html", **_shown(desk, stored, proof, look), said=said)

    @routes.get("/events")
    def events() -> Response:
        """Tell every change of a template, a setting, a block or a story, once it can be looked at."""
        return StreamingResponse(desk.changes(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    @routes.get("/static/{name}")
    def static(name: str) -> Response:
        """Serve the page's own style sheet and script."""
        path = Path(__file__).parent / name
        if name not in ("page.css", "page.js"):
            return Response(status_code=404)
        return Response(path.read_bytes(), media_type=_KINDS[path.suffix])

    @routes.post("/test")
    def test(request: Request, day: str = "") -> Response:
        """Mail a proof to the newsletter's staff addresses, and nobody else."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response("This form belongs to the preview's own page.", status_code=403)
        outcomes = job.prove(desk.newsroom, desk.stored(day).key, ())
        said = ", ".join(f"{address}: {outcome.fate}" for address, outcome in outcomes) or "No proofs address is set."
        back = urlencode({"panel": "test", "day": day, "said": said})
        return RedirectResponse(f"./?{back}", status_code=303)

    return routes


def _mail_routes(desk: Desk) -> APIRouter:
    routes = APIRouter()

    @routes.get("/mail")
    def mail(scheme: str = "", pictures: str = "", reader: str = "", day: str = "") -> Response:
        """Show the HTML part: as it would be sent, or a copy in another light or without its pictures."""
        proof = _proof(desk, desk.stored(day), reader, pictures="i/{name}")
        page = mails.in_light(proof.html, scheme) if proof.html else ""
        page = mails.without_pictures(page) if pictures == "off" else page
        headers = {"Content-Security-Policy": MAIL_POLICY, "Cache-Control": "no-store"}
        if not page:
            return PlainTextResponse(proof.text, headers=headers)
        return HTMLResponse(page, headers=headers)

    @routes.get("/sentences")
    def sentences(day: str = "") -> list[dict[str, Any]]:
        """Return every sentence of the blurbs with the address of its place in its story."""
        edition = desk.stored(day).edition
        found = [s for item in edition.items() for s in (*item.blurb.sentences, *item.points)]
        return [{"text": s.text, "url": _place(s.story_id, s.version, s.start, s.end)} for s in found]

    @routes.get("/story")
    def story(story: str, version: int = 0, start: int = 0, end: int = 0) -> Response:
        """Show a story with one sentence marked."""
        with desk.newsroom.reading() as conn:
            found = store.get_story(conn, story, version or None)
        before, marked, after = found.text[:start], found.text[start:end], found.text[end:]
        return _page("story.html", story=found, before=before, marked=marked, after=after)

    @routes.get("/i/{name}")
    def picture(name: str) -> Response:
        """Serve a picture of the edition."""
        with desk.newsroom.reading() as conn:
            content = store.get_picture(conn, name)
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        return Response(content, media_type=kind) if content is not None else Response(status_code=404)

    return routes


def _part_routes(desk: Desk) -> APIRouter:
    routes = APIRouter()

    @routes.get("/text")
    def text(reader: str = "", day: str = "") -> Response:
        """Show the text part."""
        return PlainTextResponse(_proof(desk, desk.stored(day), reader).text)

    @routes.get("/source")
    def source(reader: str = "", day: str = "") -> Response:
        """Show the HTML part's source."""
        return PlainTextResponse(_proof(desk, desk.stored(day), reader).html)

    @routes.get("/inlining")
    def inlining(reader: str = "", day: str = "") -> Response:
        """Show what inlining changed of the theme's HTML; readers' places hold their markers."""
        stored = desk.stored(day)
        found = _recipient(desk, reader)
        variant = Variant.parse(found.variant) if found is not None else Variant()
        source, mailed = mailing.before_and_after(desk.newsroom, stored.edition, variant)
        return PlainTextResponse(mails.inlining(source, mailed))

    @routes.get("/raw")
    def raw(reader: str = "", day: str = "") -> Response:
        """Show the whole message as it would go over the wire."""
        return PlainTextResponse(_proof(desk, desk.stored(day), reader).message.decode("ascii"))

    @routes.get("/message.eml")
    def download(reader: str = "", day: str = "") -> Response:
        """Give the whole message as a file that mail programs open."""
        return Response(_proof(desk, desk.stored(day), reader).message, media_type="message/rfc822")

    return routes


def _proof(desk: Desk, stored: StoredEdition, reader: str, *, pictures: str = "") -> Proof:
    return mailing.proof(desk.newsroom, stored, pictures=pictures, reader=_recipient(desk, reader))


def _recipient(desk: Desk, address: str) -> Recipient | None:
    """Return the reader of that address as the newsletter would mail them; raises UnknownThing or BadAddress."""
    if not address:
        return None
    list_id = desk.newsroom.newsletter_of(desk.key).list
    with desk.newsroom.reading() as conn:
        try:
            person = subscribers.find_subscriber(conn, address)
        except subscribers.BadAddress as error:
            raise UnknownThing(str(error)) from error
    mine = next((s for s in person.subscriptions if s.list_id == list_id), None) if person is not None else None
    if person is None or mine is None:
        raise UnknownThing(f"{address} is not on the list {list_id}.")
    offered = desk.newsroom.settings.sections_of(list_id)
    variant = wanted_variant(Variant(mine.text_only, mine.sections), offered)
    return Recipient(NOBODY, subscribers.masked(person.address), person.name, variant.name)


def _shown(desk: Desk, stored: StoredEdition, proof: Proof, look: Look) -> dict[str, Any]:
    """Return all that the page around the mail says."""
    newsletter = desk.newsroom.newsletter_of(stored.key)
    size = len(proof.html.encode())
    return {
        "look": look,
        "stored": stored,
        "edition": stored.edition,
        "sender": newsletter.sender.partition("<")[0].strip(' "') or newsletter.name,
        "proofs": newsletter.proofs,
        "size": size,
        "clip": CLIP_BYTES,
        "weights": mails.weights(proof.html, stored.edition) if proof.html else [],
        "links": mails.links(proof.html),
        "headers": mails.headers_of(proof.message),
        "body_hash": hashlib.sha256(proof.html.encode()).hexdigest(),
        "findings": job.check(desk.newsroom, stored),
        "days": desk.days(),
        "fault": desk.fault,
        "place": _place,
        "widths": WIDTHS,
        "schemes": SCHEMES,
        "views": VIEWS,
        "panels": PANELS,
        "zooms": ZOOMS,
    }


def _place(story: str, version: int, start: int, end: int) -> str:
    return f"story?story={story}&version={version}&start={start}&end={end}#here"


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _page(name: str, *, status: int = 200, **values: object) -> Response:
    page = _environment().get_template(name).render(**values)
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    if name == "story.html":
        headers["Content-Security-Policy"] = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return HTMLResponse(page, status_code=status, headers=headers)
