"""The unsubscribe link: a page with one button, and the one click of a mail program (RFC 8058)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import PlainTextResponse

from subscribers.errors import BadToken
from subscribers.tokens import Purpose, sign
from subscribers.web.readers import leave_by_link, left_page, read_link
from subscribers.web.site import Context, headers

MANAGE_LIFETIME = timedelta(days=30)
ONE_CLICK = "One-Click"
"""RFC 8058 section 3.1: what a mail program posts as ``List-Unsubscribe``."""


def add_leaving(made: APIRouter, context: Context) -> None:
    """Add ``/u/TOKEN``: a page with one button, and the POST of the button or of a mail program (RFC 8058)."""

    @made.api_route("/u/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        """Show the page with one button."""
        try:
            reader = read_link(context, Purpose.UNSUBSCRIBE, token)
        except BadToken as error:
            return context.refused(error)
        if not reader.is_on_list:
            return left_page(context, reader)
        until = context.clock() + MANAGE_LIFETIME
        manage = sign(
            context.keys, Purpose.MANAGE, subscriber_id=reader.id, list_number=reader.list.number, expires=until
        )
        url = f"{context.site.url}/p/{manage}"
        title = f"Unsubscribe from {reader.list.name}?"
        return context.page("leave.html", title, list=reader.list, masked=reader.masked, preferences_url=url)

    @made.post("/u/{token}")
    def leave(token: str, one_click: Annotated[str, Form(alias="List-Unsubscribe")] = "") -> Response:
        """Unsubscribe at once: for the page's button, and for a mail program's one click (RFC 8058)."""
        try:
            reader = leave_by_link(context, Purpose.UNSUBSCRIBE, token)
        except BadToken as error:
            return context.refused(error)
        if one_click == ONE_CLICK:
            return PlainTextResponse("Unsubscribed.\n", headers=headers())
        return left_page(context, reader)
