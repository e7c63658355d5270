"""The editor's page on their own machine: the edition as it would be sent, and where each sentence comes from.

What the mail frame shows is what would be mailed; only links around the sentences are added for the click.
"""

from __future__ import annotations

import html
import secrets
from functools import cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from digest import mailing, store
from digest.errors import UnknownThing
from digest.model import Edition, EditionKey, Sentence
from digest.newsroom import Newsroom
from digest.store import StoredEdition

VIEWS = (("html", "Mail"), ("phone", "Phone"), ("text", "Text"), ("raw", "Raw message"))

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; frame-src 'self'; base-uri 'none'"


def preview_app(newsroom: Newsroom, key: EditionKey, token: str) -> FastAPI:
    """Return the preview's application; every address begins with the token, so that no other page can guess it."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_routes(newsroom, key), prefix=f"/{token}")
    return app


def new_token() -> str:
    """Return a token for one run of the preview."""
    return secrets.token_urlsafe(12)


def _routes(newsroom: Newsroom, key: EditionKey) -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    def page(view: str = "html") -> Response:
        """Show the frame around the mail."""
        stored = _stored(newsroom, key)
        chosen = dict(VIEWS).get(view, "Mail")
        proof = mailing.proof(newsroom, stored)
        return _page(
            "preview.html",
            edition=stored.edition,
            printed=len(stored.edition.items()),
            size_kb=round(len(proof.html.encode()) / 1024, 1),
            views=VIEWS,
            view=view,
            shown=chosen,
            frame=view if view in ("text", "raw") else "mail",
        )

    @routes.get("/mail")
    def mail() -> Response:
        """Show the HTML part, its sentences linked to their sources."""
        stored = _stored(newsroom, key)
        proof = mailing.proof(newsroom, stored, pictures="i/{name}")
        return HTMLResponse(_linked(proof.html, stored.edition), headers={"Content-Security-Policy": POLICY})

    @routes.get("/text")
    def text() -> Response:
        """Show the text part."""
        return PlainTextResponse(mailing.proof(newsroom, _stored(newsroom, key)).text)

    @routes.get("/raw")
    def raw() -> Response:
        """Show the whole message as it would go over the wire."""
        message = mailing.proof(newsroom, _stored(newsroom, key)).message
        return PlainTextResponse(message.decode("ascii"))

    @routes.get("/source")
    def source(story: str = "", version: int = 0, start: int = 0, end: int = 0) -> Response:
        """Show a story with one sentence marked, or why each story is in the edition."""
        stored = _stored(newsroom, key)
        if not story:
            return _page("source.html", story=None, edition=stored.edition)
        with newsroom.reading() as conn:
            found = store.get_story(conn, story, version or None)
        marked = {"before": found.text[:start], "marked": found.text[start:end], "after": found.text[end:]}
        return _page("source.html", story=found, edition=stored.edition, **marked)

    @routes.get("/i/{name}")
    def picture(name: str) -> Response:
        """Serve a picture of the edition."""
        with newsroom.reading() as conn:
            content = store.get_picture(conn, name)
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        return Response(content, media_type=kind) if content is not None else Response(status_code=404)

    return routes


def _stored(newsroom: Newsroom, key: EditionKey) -> StoredEdition:
    with newsroom.reading() as conn:
        stored = store.load(conn, key)
    if stored is None:
        raise UnknownThing(f"There is no edition {key}; make it with `digest build {key.newsletter}`.")
    return stored


def _linked(page: str, edition: Edition) -> str:
    sentences = [s for item in edition.items() for s in (*item.blurb.sentences, *item.points)]
    for sentence in sentences:
        page = _link(page, sentence)
    return page


def _link(page: str, sentence: Sentence) -> str:
    query = f"story={sentence.story_id}&version={sentence.version}&start={sentence.start}&end={sentence.end}"
    for written in (html.escape(sentence.text, quote=False), html.escape(sentence.text)):
        linked = (
            f'<a href="source?{html.escape(query)}#here" target="source" '
            f'style="color:inherit;text-decoration:none">{written}</a>'
        )
        if written in page:
            return page.replace(written, linked, 1)
    return page


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


def _page(name: str, **values: object) -> Response:
    page = _environment().get_template(name).render(**values)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})
