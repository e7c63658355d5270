"""The unsubscribe link: a page with one button, and the one click of a mail program (RFC 8058)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Request, Response
from fastapi.responses import PlainTextResponse

from subscribers.address import parse_address
from subscribers.consent import send_message
from subscribers.errors import BadToken
from subscribers.model import List
from subscribers.quiet import quiet_logger
from subscribers.resources import named
from subscribers.tokens import Purpose, sign
from subscribers.web.readers import Reader, leave_by_link, left_page, read_link
from subscribers.web.site import Context, headers

MANAGE_LIFETIME = timedelta(days=30)
DATA_LIFETIME = timedelta(days=1)
ONE_CLICK = "One-Click"
"""RFC 8058 section 3.1: what a mail program posts as ``List-Unsubscribe``."""

_PLACES = {
    Purpose.UNSUBSCRIBE: ("u", None),
    Purpose.MANAGE: ("p", MANAGE_LIFETIME),
    Purpose.DATA: ("d", DATA_LIFETIME),
}
_log = quiet_logger(__name__)


def link_to(context: Context, purpose: Purpose, subscriber_id: int, wanted: List) -> str:
    """Return a reader's own link for a purpose; one to leave never ends, the others do."""
    place, lifetime = _PLACES[purpose]
    until = context.clock() + lifetime if lifetime else None
    token = sign(context.keys, purpose, subscriber_id=subscriber_id, list_number=wanted.number, expires=until)
    return f"{context.site.url}/{place}/{token}"


def add_leaving(made: APIRouter, context: Context) -> None:
    """Add ``/u/TOKEN``: a page with one button, and the POST of the button or of a mail program (RFC 8058)."""

    @made.api_route("/u/{token}", methods=["GET", "HEAD"])
    def ask(token: str, request: Request) -> Response:
        """Show the page with one button."""
        here = context.of(request)
        try:
            reader = read_link(here, Purpose.UNSUBSCRIBE, token)
        except BadToken as error:
            return here.refused(error)
        if not reader.is_on_list:
            return left_page(here, reader)
        url = link_to(here, Purpose.MANAGE, reader.id, reader.list)
        title = named(here.say("Unsubscribe from {list}?"), list=reader.list.name)
        return here.page("leave.html", title, list=reader.list, masked=reader.masked, preferences_url=url)

    @made.post("/u/{token}")
    def leave(
        token: str,
        request: Request,
        background: BackgroundTasks,
        one_click: Annotated[str, Form(alias="List-Unsubscribe")] = "",
    ) -> Response:
        """Unsubscribe at once: for the page's button, and for a mail program's one click (RFC 8058)."""
        here = context.of(request)
        try:
            reader = leave_by_link(here, Purpose.UNSUBSCRIBE, token)
        except BadToken as error:
            return here.refused(error)
        if one_click == ONE_CLICK:
            return PlainTextResponse("Unsubscribed.\n", headers=headers())
        background.add_task(say_goodbye, here, reader)
        return left_page(here, reader)


def say_goodbye(context: Context, reader: Reader) -> None:
    """Mail who has just left that they have, if the newsroom wants that; what fails is for the log."""
    mailer = context.mailer_of(reader.list.id)
    if not context.courtesy.goodbye or mailer is None or reader.person is None or not reader.is_on_list:
        return
    to = parse_address(reader.person.address).wire
    try:
        send_message(mailer, to, "goodbye", context.language, site=context.site, list=reader.list)
    except Exception:  # noqa: BLE001 - whoever left has left; a goodbye that could not be mailed is for the log
        _log.exception("The goodbye of subscriber %s could not be mailed.", reader.id)
