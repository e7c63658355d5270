"""The readers' pages: leave, choose, sign up, confirm. Nothing here changes on GET or HEAD, and nothing sets a cookie.

Links in mails are opened by scanners; forwarded mails are opened by others. So a link only ever shows a page with a
button, the address is masked, and what is done needs a POST. A sign-up answers everybody alike.
"""

from __future__ import annotations

import hashlib
import logging
from base64 import b64encode
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, BackgroundTasks, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.routing import APIRoute

from subscribers.address import masked, parse_address
from subscribers.consent import WORDING, Mailer, Site, confirm, evidence, read_confirmation, sign_up
from subscribers.database import reading, writing
from subscribers.errors import BadAddress, BadToken, Suppressed, UnknownSubscriber
from subscribers.lists import find_list, find_list_by_number, set_choices, unsubscribe
from subscribers.model import List, Subscriber, Subscription, SubscriptionStatus
from subscribers.resources import pages
from subscribers.store import find_subscription, get_subscriber
from subscribers.tokens import KeyRing, Purpose, Token, sign, verify

MAX_BODY_BYTES = 65_536
FORM_LIFETIME = timedelta(days=1)
FORM_MINIMUM = timedelta(seconds=2)
"""Nobody reads and fills in a form faster; programs do."""

MANAGE_LIFETIME = timedelta(days=30)
ONE_CLICK = "One-Click"
"""RFC 8058 section 3.1: what a mail program posts as ``List-Unsubscribe``."""

_PAUSES = (("0", "No pause"), ("7", "For a week"), ("30", "For a month"))
_log = logging.getLogger(__name__)

Sections = Callable[[str], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class _Context:
    engine: sa.Engine
    keys: KeyRing
    clock: Callable[[], datetime]
    site: Site
    mailer: Mailer | None
    sections_of: Sections
    keep_ip: bool

    def page(self, template: str, title: str, status: int = 200, **values: object) -> Response:
        """Return a page that nobody may frame, store, or make run anything."""
        html = pages().get_template(template).render(site=self.site, title=title, style=_style(), **values)
        return HTMLResponse(html, status, _headers())

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


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who a token speaks of: the list, the person if we still know them, and how they stand to it."""

    list: List
    id: int
    person: Subscriber | None
    standing: Subscription | None

    @property
    def is_on_list(self) -> bool:
        """Tell whether there is anything to leave."""
        return self.standing is not None and self.standing.status is not SubscriptionStatus.ENDED

    @property
    def masked(self) -> str:
        """Return the address as it may be shown to whom the mail was forwarded; empty when we know none."""
        return masked(self.person.address) if self.person else ""


class _SmallRequests(APIRoute):
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


def router(
    *,
    engine: sa.Engine,
    keys: KeyRing,
    clock: Callable[[], datetime],
    site_name: str,
    site_url: str,
    mailer: Mailer | None,
    sections_of: Sections = lambda _list_id: (),
    keep_ip: bool = True,
) -> APIRouter:
    """Make the routes ``/u/TOKEN``, ``/p/TOKEN``, ``/s/LIST`` and ``/c/TOKEN``, to be mounted at the site's root.

    ``sections_of`` names the sections (id, title) a list's readers may choose from. Without a mailer nobody can sign
    up. ``keep_ip`` says whether evidence of consent holds the reader's IP address.
    """
    context = _Context(engine, keys, clock, Site(site_name, site_url.rstrip("/")), mailer, sections_of, keep_ip)
    made = APIRouter(route_class=_SmallRequests, include_in_schema=False)
    _add_leaving(made, context)
    _add_preferences(made, context)
    _add_sign_up(made, context)
    _add_confirming(made, context)
    return made


def _add_leaving(made: APIRouter, context: _Context) -> None:
    @made.api_route("/u/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        """Show the page with one button."""
        try:
            reader = _read(context, Purpose.UNSUBSCRIBE, token)
        except BadToken as error:
            return context.refused(error)
        if not reader.is_on_list:
            return _left_page(context, reader)
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
            reader = _leave(context, Purpose.UNSUBSCRIBE, token)
        except BadToken as error:
            return context.refused(error)
        if one_click == ONE_CLICK:
            return PlainTextResponse("Unsubscribed.\n", headers=_headers())
        return _left_page(context, reader)


def _add_preferences(made: APIRouter, context: _Context) -> None:
    @made.api_route("/p/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        """Show what a reader has chosen."""
        try:
            reader = _read(context, Purpose.MANAGE, token)
        except BadToken as error:
            return context.refused(error)
        return _preferences_page(context, reader)

    @made.post("/p/{token}")
    def choose(
        token: str,
        act: Annotated[str, Form()] = "choose",
        section: Annotated[list[str] | None, Form()] = None,
        text_only: Annotated[str, Form()] = "",
        pause: Annotated[str, Form()] = "0",
    ) -> Response:
        """Save what a reader has chosen, or let them leave."""
        try:
            if act == "leave":
                return _left_page(context, _leave(context, Purpose.MANAGE, token))
            reader = _read(context, Purpose.MANAGE, token)
        except BadToken as error:
            return context.refused(error)
        with writing(context.engine) as conn:
            set_choices(
                conn,
                reader.id,
                reader.list.id,
                text_only=text_only == "yes",
                sections=_chosen(context, reader, section or []),
                paused_until=_paused_until(context, reader, pause),
            )
        return _preferences_page(context, _read(context, Purpose.MANAGE, token), saved=True)


def _add_sign_up(made: APIRouter, context: _Context) -> None:
    @made.api_route("/s/{list_id}", methods=["GET", "HEAD"])
    def form(list_id: str) -> Response:
        """Show the sign-up form of a list."""
        with reading(context.engine) as conn:
            wanted = find_list(conn, list_id)
        return _sign_up_page(context, wanted)

    @made.post("/s/{list_id}")
    def join(
        list_id: str,
        request: Request,
        background: BackgroundTasks,
        email: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        website: Annotated[str, Form()] = "",
        form: Annotated[str, Form()] = "",
    ) -> Response:
        """Take a sign-up; the answer is the same whoever it is, and comes before anybody is looked up."""
        with reading(context.engine) as conn:
            wanted = find_list(conn, list_id)
        if wanted is None or context.mailer is None:
            return _sign_up_page(context, wanted)
        problem = _problem(context, wanted, email, form)
        if problem:
            return _sign_up_page(context, wanted, problem, email[:254], name[:100])
        if not website:
            ip = context.ip(request)
            background.add_task(_sign_up, context, wanted, email, " ".join(name.split())[:100], ip)
        return _asked_page(context, wanted)


def _add_confirming(made: APIRouter, context: _Context) -> None:
    @made.api_route("/c/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        """Show the page with the confirming button."""
        try:
            with reading(context.engine) as conn:
                asked = read_confirmation(conn, token, now=context.clock(), keys=context.keys)
        except BadToken as error:
            return context.refused(error)
        shown = masked(asked.subscriber.address)
        return context.page("confirm.html", f"Receive {asked.list.name}?", list=asked.list, masked=shown)

    @made.post("/c/{token}")
    def answer(token: str, request: Request) -> Response:
        """Take the answer: from now on the reader is on the list."""
        try:
            with writing(context.engine) as conn:
                done = confirm(conn, token, now=context.clock(), keys=context.keys, ip=context.ip(request))
        except BadToken as error:
            return context.refused(error)
        except Suppressed:
            return context.message("We cannot send you this", "Please write to us, and we will look into it.", 409)
        words = f"{masked(done.subscriber.address)} will receive {done.list.name} from its next edition on."
        if done.again:
            words = "This link has been used already. To change what you receive, use a link in one of our mails."
        return context.message("Thank you", words, 200)


def _read(context: _Context, purpose: Purpose, token: str) -> _Reader:
    """Return whom a token speaks of, changing nothing; raises BadToken."""
    found = verify(context.keys, purpose, token, now=context.clock())
    with reading(context.engine) as conn:
        return _reader(conn, found)


def _leave(context: _Context, purpose: Purpose, token: str) -> _Reader:
    """Unsubscribe whom a token speaks of; raises BadToken."""
    now = context.clock()
    found = verify(context.keys, purpose, token, now=now)
    with writing(context.engine) as conn:
        reader = _reader(conn, found)
        unsubscribe(conn, reader.id, reader.list.id, now=now, keys=context.keys)
    return reader


def _reader(conn: sa.Connection, token: Token) -> _Reader:
    wanted = find_list_by_number(conn, token.list_number)
    if wanted is None:
        raise BadToken("There is no such newsletter any more.", "forgotten")
    try:
        person = get_subscriber(conn, token.subscriber_id)
    except UnknownSubscriber:
        return _Reader(wanted, token.subscriber_id, None, None)
    return _Reader(wanted, person.id, person, find_subscription(conn, person.id, wanted.id))


def _left_page(context: _Context, reader: _Reader) -> Response:
    return context.page("left.html", "You are unsubscribed", list=reader.list, masked=reader.masked)


def _preferences_page(context: _Context, reader: _Reader, *, saved: bool = False) -> Response:
    standing = reader.standing
    if standing is None or standing.status is SubscriptionStatus.ENDED:
        return _left_page(context, reader)
    offered = context.sections_of(reader.list.id)
    sections = [(id, title, not standing.sections or id in standing.sections) for id, title in offered]
    until = standing.paused_until if standing.paused_until and standing.paused_until > context.clock() else None
    paused = f"{until.day} {until:%B %Y}" if until else ""
    return context.page(
        "preferences.html",
        "What you receive",
        list=reader.list,
        masked=reader.masked,
        saved=saved,
        sections=sections,
        text_only=standing.text_only,
        paused_until=paused,
        pause="keep" if until else "0",
        pauses=((("keep", f"Until {paused}"), *_PAUSES) if until else _PAUSES),
    )


def _chosen(context: _Context, reader: _Reader, chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the sections to keep: only those offered; all or none of them means every section, later ones too."""
    offered = [id for id, _title in context.sections_of(reader.list.id)]
    kept = tuple(id for id in offered if id in chosen)
    return () if len(kept) == len(offered) else kept


def _paused_until(context: _Context, reader: _Reader, pause: str) -> datetime | None:
    if pause == "keep" and reader.standing is not None:
        return reader.standing.paused_until
    days = int(pause) if pause in {value for value, _words in _PAUSES} else 0
    return context.clock() + timedelta(days=days) if days else None


def _sign_up_page(
    context: _Context, wanted: List | None, problem: str = "", email: str = "", name: str = ""
) -> Response:
    if wanted is None:
        return context.message("There is no such newsletter", "Please check the address of this page.", 404)
    if context.mailer is None:
        return context.message("Sign-up is closed", "Nobody can sign up here at the moment.", 503)
    now = context.clock()
    form = sign(
        context.keys,
        Purpose.FORM,
        subscriber_id=0,
        list_number=wanted.number,
        subject=int(now.timestamp()),
        expires=now + FORM_LIFETIME,
    )
    return context.page(
        "sign_up.html",
        wanted.name,
        422 if problem else 200,
        list=wanted,
        problem=problem,
        email=email,
        name=name,
        form=form,
        wording=WORDING.format(list=wanted.name),
    )


def _problem(context: _Context, wanted: List, email: str, form: str) -> str:
    """Return what is wrong with a filled-in form in words for its reader, or nothing."""
    now = context.clock()
    try:
        shown = verify(context.keys, Purpose.FORM, form, now=now)
    except BadToken:
        return "This page was open for too long. Please send it once more."
    if shown.list_number != wanted.number or now.timestamp() - shown.subject < FORM_MINIMUM.total_seconds():
        return "That was very quick. Please send it once more."
    try:
        parse_address(email)
    except BadAddress:
        return "This is not a mail address we can send to. Please check it."
    return ""


def _sign_up(context: _Context, wanted: List, email: str, name: str, ip: str) -> None:
    now = context.clock()
    consent = evidence(wanted, now=now, form=f"{context.site.url}/s/{wanted.id}", ip=ip)
    try:
        sign_up(
            context.engine,
            email,
            wanted.id,
            consent=consent,
            site=context.site,
            mailer=context.mailer,
            now=now,
            keys=context.keys,
            name=name,
        )
    except Exception:  # noqa: BLE001 - the reader has had their answer; what could not be done is for the log
        _log.exception("A sign-up for the list %s could not be completed.", wanted.id)


def _asked_page(context: _Context, wanted: List) -> Response:
    words = (
        f"We have sent you a mail with a link. Open it to receive {wanted.name}. "
        "If no mail comes, you may be on the list already: look for it among unwanted mails too."
    )
    if not wanted.double_opt_in:
        words = f"You will receive {wanted.name} from now on. If you left it before, we ask you by mail first."
    return context.message("Please look at your mail" if wanted.double_opt_in else "Thank you", words, 200)


@cache
def _style() -> str:
    return pages().get_template("style.css").render()


@cache
def _headers() -> dict[str, str]:
    digest = b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'; form-action 'self'"
    return {
        "Content-Security-Policy": f"default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
    }
