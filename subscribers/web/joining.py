"""Signing up and confirming it; the answer to a sign-up is the same whoever it is."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Request, Response

from subscribers.address import masked, parse_address
from subscribers.consent import WORDING, confirm, evidence, read_confirmation, sign_up
from subscribers.database import reading, writing
from subscribers.errors import BadAddress, BadToken, Suppressed
from subscribers.lists import find_list
from subscribers.model import List
from subscribers.tokens import Purpose, sign, verify
from subscribers.web.site import Context

FORM_LIFETIME = timedelta(days=1)
FORM_MINIMUM = timedelta(seconds=2)
"""Nobody reads and fills in a form faster; programs do."""

_log = logging.getLogger(__name__)


def add_sign_up(made: APIRouter, context: Context) -> None:
    """Add ``/s/LIST``: the form, and the POST that takes it; the answer is the same for known and unknown addresses."""

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


def add_confirming(made: APIRouter, context: Context) -> None:
    """Add ``/c/TOKEN``: a page with a button, and the POST that confirms."""

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


def _sign_up_page(
    context: Context, wanted: List | None, problem: str = "", email: str = "", name: str = ""
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


def _problem(context: Context, wanted: List, email: str, form: str) -> str:
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


def _sign_up(context: Context, wanted: List, email: str, name: str, ip: str) -> None:
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


def _asked_page(context: Context, wanted: List) -> Response:
    words = (
        f"We have sent you a mail with a link. Open it to receive {wanted.name}. "
        "If no mail comes, you may be on the list already: look for it among unwanted mails too."
    )
    if not wanted.double_opt_in:
        words = f"You will receive {wanted.name} from now on. If you left it before, we ask you by mail first."
    return context.message("Please look at your mail" if wanted.double_opt_in else "Thank you", words, 200)
