"""The page behind an editor's link: the draft as it stands, and two buttons. Opening it changes nothing."""

from __future__ import annotations

import html
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse

from digest import mailing, store
from digest.engine import review
from digest.errors import DigestError, UsageError
from digest.newsroom import Newsroom
from digest.store import StoredEdition
from digest.web.public import MAIL_POLICY
from subscribers import Purpose, verify
from subscribers.errors import BadToken

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

_STYLE = (
    "body{font:17px/1.5 Georgia,serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "iframe{width:100%;height:60vh;border:1px solid #777;background:#fff}"
    "button{font:inherit;padding:.5em 1.2em;margin:0 .6em 1em 0;min-height:44px}form{display:inline}"
)


def router(newsroom: Newsroom) -> APIRouter:
    """Return the routes under ``/e/TOKEN``: the page, the mail inside it, and what the buttons post."""
    routes = APIRouter()

    @routes.api_route("/e/{token}", methods=["GET", "HEAD"])
    def page(token: str) -> Response:
        """Show the draft with its account and the buttons."""
        found = _find(newsroom, token)
        return _gone() if found is None else _page(newsroom, token, found[0])

    @routes.api_route("/e/{token}/mail", methods=["GET", "HEAD"])
    def mail(token: str) -> Response:
        """Show the mail itself, for the frame."""
        found = _find(newsroom, token)
        if found is None:
            return _gone()
        made = mailing.proof(newsroom, found[0], pictures="/i/{name}")
        policy = MAIL_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
        headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN", "Cache-Control": "no-store"}
        return HTMLResponse(made.html, headers=headers)

    @routes.post("/e/{token}/approve")
    def approve(token: str, content_hash: Annotated[str, Form(max_length=64)] = "") -> Response:
        """Approve exactly the content that the page showed."""
        found = _find(newsroom, token)
        if found is None:
            return _gone()
        stored, editor = found
        try:
            missing = review.approve(newsroom, stored.key, content_hash, editor)
        except UsageError as error:
            return _page(newsroom, token, stored, str(error), status=409)
        more = f" It needs {missing} more." if missing else " It goes out at its time."
        return _page(newsroom, token, _again(newsroom, stored), f"Your approval is noted.{more}")

    @routes.post("/e/{token}/hold")
    def hold(token: str) -> Response:
        """Keep the edition from going out."""
        found = _find(newsroom, token)
        if found is None:
            return _gone()
        stored, editor = found
        try:
            review.hold(newsroom, stored.key, editor)
        except UsageError as error:
            return _page(newsroom, token, stored, str(error), status=409)
        return _page(newsroom, token, _again(newsroom, stored), "It is on hold. Approving it lets it go.")

    return routes


_GONE = "This link is not complete, has run out, or belongs to somebody who is no editor any more."


def _find(newsroom: Newsroom, token: str) -> tuple[StoredEdition, str] | None:
    """Return the edition and the editor a link speaks of, or None."""
    try:
        read = verify(newsroom.keys, Purpose.EDITOR, token, now=newsroom.clock())
    except BadToken:
        return None
    with newsroom.reading() as conn:
        stored = store.load_id(conn, read.subject)
    if stored is None:
        return None
    try:
        editor = review.find_editor(newsroom.newsletter_of(stored.key), read)
    except DigestError:
        # The newsletter was taken out of the settings since.
        return None
    return (stored, editor) if editor else None


def _again(newsroom: Newsroom, stored: StoredEdition) -> StoredEdition:
    with newsroom.reading() as conn:
        return store.get_edition(conn, stored.key)


def _page(newsroom: Newsroom, token: str, stored: StoredEdition, told: str = "", *, status: int = 200) -> Response:
    with newsroom.reading() as conn:
        news = review.changed_since(conn, stored)
        have = store.approvers(conn, stored.id, stored.content_hash)
    needed = newsroom.newsletter_of(stored.key).review.approvals
    facts = [f"{len(stored.edition.items())} stories; {len(have)} of {needed} approvals; state: {_state(stored)}."]
    lines = "".join(f"<li>{html.escape(fact)}</li>" for fact in (*facts, *news))
    said = f"<p role='status'><b>{html.escape(told)}</b></p>" if told else ""
    buttons = "" if stored.frozen_at is not None else _buttons(token, stored)
    body = (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'><meta name='robots' content='noindex'>"
        f"<title>{stored.key}</title><style>{_STYLE}</style><body><main><h1>{html.escape(stored.edition.subject)}</h1>"
        f"<p>{stored.key}</p>{said}<ul>{lines}</ul>{buttons}"
        f"<iframe title='The mail' src='/e/{html.escape(token)}/mail'></iframe></main></body></html>"
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(body, status_code=status, headers=headers)


def _gone() -> Response:
    page = (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        "<meta name='color-scheme' content='light dark'>"
        "<title>Not found</title>"
        "<body style='font:18px/1.5 Georgia,serif;max-width:34em;margin:4em auto;padding:0 1em'>"
        f"<h1>Not found</h1><p>{_GONE}</p></body></html>"
    )
    return HTMLResponse(page, status_code=404, headers={"Content-Security-Policy": MAIL_POLICY})


def _state(stored: StoredEdition) -> str:
    if stored.held:
        return "on hold"
    return "approved" if stored.is_approved and stored.frozen_at is None else str(stored.state)


def _buttons(token: str, stored: StoredEdition) -> str:
    where = f"/e/{html.escape(token)}"
    return (
        f"<form method='post' action='{where}/approve'>"
        f"<input type='hidden' name='content_hash' value='{stored.content_hash}'><button>Approve it</button></form>"
        f"<form method='post' action='{where}/hold'><button>Hold it</button></form>"
    )
