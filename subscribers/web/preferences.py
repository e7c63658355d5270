"""The page on which a reader chooses sections, plain text, a pause, or to leave."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, BackgroundTasks, Form, Request, Response

from subscribers.address import parse_address
from subscribers.consent import send_message
from subscribers.database import reading, writing
from subscribers.errors import BadToken, Suppressed
from subscribers.languages import long_date
from subscribers.lists import find_list, get_list, set_choices, subscribe, unsubscribe
from subscribers.model import Consent, ConsentHow, SubscriptionStatus
from subscribers.quiet import quiet_logger
from subscribers.store import find_subscription
from subscribers.tokens import Purpose
from subscribers.web.leaving import link_to, say_goodbye
from subscribers.web.readers import Reader, leave_by_link, left_page, read_link
from subscribers.web.site import Context

_PAUSES = ("0", "7", "30")
"""How long a reader may pause, in days."""

_log = quiet_logger(__name__)


def add_preferences(made: APIRouter, context: Context) -> None:
    """Add ``/p/TOKEN``: what a reader has chosen, and the POST that changes it."""

    @made.api_route("/p/{token}", methods=["GET", "HEAD"])
    def show(token: str, request: Request) -> Response:
        """Show what a reader has chosen."""
        here = context.of(request)
        try:
            reader = read_link(here, Purpose.MANAGE, token)
        except BadToken as error:
            return here.refused(error)
        return _preferences_page(here, reader)

    @made.post("/p/{token}")
    def choose(
        token: str,
        request: Request,
        background: BackgroundTasks,
        act: Annotated[str, Form()] = "",
        section: Annotated[list[str] | None, Form()] = None,
        companion: Annotated[list[str] | None, Form()] = None,
        text_only: Annotated[str, Form()] = "",
        pause: Annotated[str, Form()] = "",
    ) -> Response:
        """Save what a reader has chosen, let them leave, or mail them the link to their data."""
        here = context.of(request)
        try:
            if act == "leave":
                left = leave_by_link(here, Purpose.MANAGE, token)
                background.add_task(say_goodbye, here, left)
                return left_page(here, left)
            reader = read_link(here, Purpose.MANAGE, token)
        except BadToken as error:
            return here.refused(error)
        if act == "data":
            return _data_asked(here, reader, background)
        if act != "choose" and not (section or companion or text_only or pause):
            # No form of ours is empty, and an empty request must not take every choice back.
            return _preferences_page(here, reader)
        with writing(here.engine) as conn:
            set_choices(
                conn,
                reader.id,
                reader.list.id,
                text_only=text_only == "yes",
                sections=_chosen(here, reader, section or []),
                paused_until=_paused_until(here, reader, pause),
            )
            _choose_companions(here, conn, reader, companion or [], here.ip(request))
        return _preferences_page(here, read_link(here, Purpose.MANAGE, token), saved=True)


def _data_asked(context: Context, reader: Reader, background: BackgroundTasks) -> Response:
    """Answer that the link to their data comes by mail, and mail it, as often as a sign-up might be."""
    if reader.person is not None and reader.is_on_list:
        address = parse_address(reader.person.address)
        if not context.limits.admit("", address, context.clock()):
            background.add_task(_mail_data_link, context, reader, address.wire)
    words = context.say("We have sent a link to the address that gets this newsletter. It works for one day.")
    return context.message(context.say("Please look at your mail"), words, 200)


def _mail_data_link(context: Context, reader: Reader, to: str) -> None:
    mailer = context.mailer_of(reader.list.id)
    if mailer is None:
        return
    url = link_to(context, Purpose.DATA, reader.id, reader.list)
    try:
        send_message(mailer, to, "data", context.language, site=context.site, list=reader.list, url=url)
    except Exception:  # noqa: BLE001 - the reader has had their answer; what could not be mailed is for the log
        _log.exception("The data link of subscriber %s could not be mailed.", reader.id)


def _preferences_page(context: Context, reader: Reader, *, saved: bool = False) -> Response:
    standing = reader.standing
    if standing is None or standing.status is SubscriptionStatus.ENDED:
        return left_page(context, reader)
    offered = context.sections_of(reader.list.id)
    # Of sections that are no more none is chosen, and none means all.
    chosen = {id for id, _title in offered if id in standing.sections}
    sections = [(id, title, not chosen or id in chosen) for id, title in offered]
    until = standing.paused_until if standing.paused_until and standing.paused_until > context.clock() else None
    paused = long_date(until, context.language) if until else ""
    return context.page(
        "preferences.html",
        context.say("What you receive"),
        list=reader.list,
        masked=reader.masked,
        saved=saved,
        sections=sections,
        companions=_companions(context, reader),
        text_only=standing.text_only,
        paused_until=paused,
        pause="keep" if until else "0",
        pauses=_pauses(context, paused),
    )


def _pauses(context: Context, paused: str) -> list[tuple[str, str]]:
    words = (context.say("No pause"), context.say("For a week"), context.say("For a month"))
    offered = list(zip(_PAUSES, words, strict=True))
    return [("keep", context.say("Until {date}").format(date=paused)), *offered] if paused else offered


def _chosen(context: Context, reader: Reader, chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the sections to keep: only those offered; all or none of them means every section, later ones too."""
    offered = [id for id, _title in context.sections_of(reader.list.id)]
    kept = tuple(id for id in offered if id in chosen)
    return () if len(kept) == len(offered) else kept


def _companions(context: Context, reader: Reader) -> list[tuple[str, str, bool]]:
    """Return the lists that may be joined on this page, with their names and whether the reader is on them."""
    offered = context.companions_of(reader.list.id)
    with reading(context.engine) as conn:
        found = [each for id in offered if (each := find_list(conn, id)) is not None]
        return [(each.id, each.name, _is_active(conn, reader.id, each.id)) for each in found]


def _choose_companions(context: Context, conn: sa.Connection, reader: Reader, chosen: Sequence[str], ip: str) -> None:
    """Join and leave the lists on this page as ticked; the signed link proves whose address it is.

    Nobody joins whose subscription here is not active: the link of a mail never confirmed proves nothing.
    """
    if reader.person is None or reader.standing is None or reader.standing.status is not SubscriptionStatus.ACTIVE:
        return
    now = context.clock()
    for id in context.companions_of(reader.list.id):
        is_on = _is_active(conn, reader.id, id)
        if id in chosen and not is_on:
            words = f"Ticked {get_list(conn, id).name}"
            consent = Consent(now, ConsentHow.DOUBLE_OPT_IN, words, form="preferences", ip=ip, confirmed_at=now)
            # Who must not be mailed on that list stays off it, whatever is ticked.
            with suppress(Suppressed):
                subscribe(conn, reader.person.address, id, consent=consent, now=now, keys=context.keys)
        elif is_on and id not in chosen:
            unsubscribe(conn, reader.id, id, now=now, keys=context.keys)


def _is_active(conn: sa.Connection, subscriber_id: int, list_id: str) -> bool:
    standing = find_subscription(conn, subscriber_id, list_id)
    return standing is not None and standing.status is SubscriptionStatus.ACTIVE


def _paused_until(context: Context, reader: Reader, pause: str) -> datetime | None:
    if pause == "keep" and reader.standing is not None:
        return reader.standing.paused_until
    days = int(pause) if pause in _PAUSES else 0
    return context.clock() + timedelta(days=days) if days else None
