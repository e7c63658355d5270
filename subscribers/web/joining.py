"""Signing up and confirming it; the answer to a sign-up is the same whoever it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Request, Response

from subscribers.address import Address, masked, parse_address
from subscribers.consent import WORDING, Confirmed, confirm, evidence, read_confirmation, send_message, sign_up
from subscribers.database import reading, writing
from subscribers.errors import BadAddress, BadToken, Suppressed
from subscribers.lists import find_list
from subscribers.model import List
from subscribers.quiet import quiet_logger
from subscribers.resources import isolated, named, texts
from subscribers.signups import clean_name, near_miss
from subscribers.tokens import Purpose, sign, verify
from subscribers.web.leaving import link_to
from subscribers.web.site import Context

FORM_LIFETIME = timedelta(days=1)
FORM_MINIMUM = timedelta(seconds=2)
"""Nobody reads and fills in a form faster; programs do."""

_log = quiet_logger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a form from being taken, in words for its reader; ``meant`` is the address they may have meant."""

    words: str
    status: int = 422
    meant: str = ""


def add_sign_up(made: APIRouter, context: Context) -> None:
    """Add ``/s/LIST``: the form, and the POST that takes it; the answer is the same for known and unknown addresses."""

    @made.api_route("/s/{list_id}", methods=["GET", "HEAD"])
    def form(list_id: str, request: Request) -> Response:
        """Show the sign-up form of a list."""
        return _sign_up_page(context.of(request), _list(context, list_id))

    @made.post("/s/{list_id}")
    def join(
        list_id: str,
        request: Request,
        background: BackgroundTasks,
        email: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        website: Annotated[str, Form()] = "",
        form: Annotated[str, Form()] = "",
        sure: Annotated[str, Form()] = "",
    ) -> Response:
        """Take a sign-up; the answer is the same whoever it is, and comes before anybody is looked up.

        A form on another site has no signed time: its reader sees ours, filled in, and presses the button there.
        """
        here = context.of(request)
        wanted = _list(context, list_id)
        if wanted is None or context.mailer_of(list_id) is None:
            return _sign_up_page(here, wanted)
        email = email.strip()
        if not form:
            return _sign_up_page(here, wanted, None, email[:254], name[:100])
        problem = _problem(here, wanted, email, form, sure)
        if problem:
            return _sign_up_page(here, wanted, problem, email[:254], name[:100])
        limit = here.limits.admit(here.peer(request), parse_address(email), here.clock())
        if limit in ("ip", "overall"):
            _log.warning(
                "Sign-ups for the list %s are over the limit %r; those above it are turned away.", list_id, limit
            )
            return _too_many(here)
        if not website and not limit:
            background.add_task(take_sign_up, here, wanted, email, clean_name(name), here.ip(request))
        return _asked_page(here, wanted)


def add_confirming(made: APIRouter, context: Context) -> None:
    """Add ``/c/TOKEN``: a page with a button, and the POST that confirms."""

    @made.api_route("/c/{token}", methods=["GET", "HEAD"])
    def ask(token: str, request: Request) -> Response:
        """Show the page with the confirming button."""
        here = context.of(request)
        try:
            with reading(here.engine) as conn:
                asked = read_confirmation(conn, token, now=here.clock(), keys=here.keys)
        except BadToken as error:
            return here.refused(error)
        title = named(here.say("Receive {list}?"), list=asked.list.name)
        return here.page("confirm.html", title, list=asked.list, masked=masked(asked.subscriber.address))

    @made.post("/c/{token}")
    def answer(token: str, request: Request, background: BackgroundTasks) -> Response:
        """Take the answer: from now on the reader is on the list."""
        here = context.of(request)
        try:
            with writing(here.engine) as conn:
                done = confirm(conn, token, now=here.clock(), keys=here.keys, ip=here.ip(request))
        except BadToken as error:
            return here.refused(error)
        except Suppressed:
            words = here.say("Please write to us, and we will look into it.")
            return here.message(here.say("We cannot send you this"), words, 409)
        if done.again:
            words = here.say("This link was used before. To change what you receive, use a link in one of our mails.")
            return here.message(here.say("Thank you"), words, 200)
        if here.courtesy.welcome:
            background.add_task(_welcome, here, done)
        words = here.say("{address} will receive {list} from its next edition on.")
        told = named(words, address=masked(done.subscriber.address), list=done.list.name)
        return here.message(here.say("Thank you"), told, 200)


def take_sign_up(
    context: Context, wanted: List, email: str, name: str, ip: str, form: str = "", shown: str | None = None
) -> None:
    """Do what a sign-up asks for, after its reader was answered; what fails is for the log, without the address.

    ``form`` and ``shown`` name another form than our page, and the words it showed.
    """
    now = context.clock()
    where = form or f"{context.site.url}/s/{wanted.id}"
    consent = evidence(wanted, now=now, form=where, ip=ip, language=context.language, shown=shown)
    try:
        sign_up(
            context.engine,
            email,
            wanted.id,
            consent=consent,
            site=context.site,
            mailer=context.mailer_of(wanted.id),
            now=now,
            keys=context.keys,
            name=name,
            language=context.language,
        )
    except Exception:  # noqa: BLE001 - the reader has had their answer; what could not be done is for the log
        _log.exception("A sign-up for the list %s could not be completed.", wanted.id)


def _list(context: Context, list_id: str) -> List | None:
    with reading(context.engine) as conn:
        return find_list(conn, list_id)


def _sign_up_page(
    context: Context, wanted: List | None, problem: Problem | None = None, email: str = "", name: str = ""
) -> Response:
    if wanted is None:
        words = context.say("Please check the address of this page.")
        return context.message(context.say("There is no such newsletter"), words, 404)
    if context.mailer_of(wanted.id) is None:
        words = context.say("Nobody can sign up here at the moment.")
        return context.message(context.say("Sign-up is closed"), words, 503)
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
        isolated(wanted.name),
        problem.status if problem else 200,
        list=wanted,
        problem=problem,
        email=email,
        name=name,
        form=form,
        wording=named(texts(context.language)(WORDING), list=wanted.name),
    )


def _problem(context: Context, wanted: List, email: str, form: str, sure: str) -> Problem | None:
    """Return what is wrong with a filled-in form; it is judged by itself, without looking anybody up."""
    now = context.clock()
    try:
        shown = verify(context.keys, Purpose.FORM, form, now=now)
    except BadToken:
        return Problem(context.say("This page was open for too long. Please send it once more."))
    if shown.list_number != wanted.number or now.timestamp() - shown.subject < FORM_MINIMUM.total_seconds():
        return Problem(context.say("That was very quick. Please send it once more."))
    try:
        address = parse_address(email)
    except BadAddress:
        return Problem(context.say("This is not a mail address we can send to. Please check it."))
    if context.limits.policy.refuses(address):
        return Problem(context.say("We do not send to addresses like this one. Please give your own."))
    return _slip(context, address) if sure != address.written else None


def _slip(context: Context, address: Address) -> Problem | None:
    meant = near_miss(address.domain)
    if not meant:
        return None
    other = f"{address.written.rpartition('@')[0]}@{meant}"
    words = context.say("Did you mean {address}? Correct it, or send it once more as it is.")
    return Problem(named(words, address=other), meant=address.written)


def _welcome(context: Context, done: Confirmed) -> None:
    mailer = context.mailer_of(done.list.id)
    if mailer is None:
        return
    links = {
        "preferences_url": link_to(context, Purpose.MANAGE, done.subscriber.id, done.list),
        "unsubscribe_url": link_to(context, Purpose.UNSUBSCRIBE, done.subscriber.id, done.list),
    }
    to = parse_address(done.subscriber.address).wire
    try:
        send_message(mailer, to, "welcome", context.language, site=context.site, list=done.list, **links)
    except Exception:  # noqa: BLE001 - whoever joined has joined; a welcome that could not be mailed is for the log
        _log.exception("The welcome of subscriber %s could not be mailed.", done.subscriber.id)


def _too_many(context: Context) -> Response:
    words = context.say("More people sign up just now than we can take. Please try again in an hour.")
    response = context.message(context.say("Please try again later"), words, 429)
    response.headers["Retry-After"] = "3600"
    return response


def _asked_page(context: Context, wanted: List) -> Response:
    if not wanted.double_opt_in:
        words = context.say("You will receive {list} from now on. If you left it before, we ask you by mail first.")
        return context.message(context.say("Thank you"), named(words, list=wanted.name), 200)
    words = context.say(
        "We have sent you a mail with a link. Open it to receive {list}. "
        "If no mail comes, you may be on the list already: look for it among unwanted mails too."
    )
    return context.message(context.say("Please look at your mail"), named(words, list=wanted.name), 200)
