"""The page on which a reader chooses sections, plain text, a pause, or to leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Response

from subscribers.database import writing
from subscribers.errors import BadToken
from subscribers.lists import set_choices
from subscribers.model import SubscriptionStatus
from subscribers.tokens import Purpose
from subscribers.web.readers import Reader, leave_by_link, left_page, read_link
from subscribers.web.site import Context

_PAUSES = (("0", "No pause"), ("7", "For a week"), ("30", "For a month"))


def add_preferences(made: APIRouter, context: Context) -> None:
    """Add ``/p/TOKEN``: what a reader has chosen, and the POST that changes it."""

    @made.api_route("/p/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        """Show what a reader has chosen."""
        try:
            reader = read_link(context, Purpose.MANAGE, token)
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
                return left_page(context, leave_by_link(context, Purpose.MANAGE, token))
            reader = read_link(context, Purpose.MANAGE, token)
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
        return _preferences_page(context, read_link(context, Purpose.MANAGE, token), saved=True)


def _preferences_page(context: Context, reader: Reader, *, saved: bool = False) -> Response:
    standing = reader.standing
    if standing is None or standing.status is SubscriptionStatus.ENDED:
        return left_page(context, reader)
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


def _chosen(context: Context, reader: Reader, chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the sections to keep: only those offered; all or none of them means every section, later ones too."""
    offered = [id for id, _title in context.sections_of(reader.list.id)]
    kept = tuple(id for id in offered if id in chosen)
    return () if len(kept) == len(offered) else kept


def _paused_until(context: Context, reader: Reader, pause: str) -> datetime | None:
    if pause == "keep" and reader.standing is not None:
        return reader.standing.paused_until
    days = int(pause) if pause in {value for value, _words in _PAUSES} else 0
    return context.clock() + timedelta(days=days) if days else None
