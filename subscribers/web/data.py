"""What we know of a reader, for that reader: shown, downloaded, erased. The link to it comes by mail.

A forwarded newsletter carries its reader's links, so that none of those may show an address. Whoever can read the
reader's mail may see it all.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from subscribers.database import reading, writing
from subscribers.errors import BadToken
from subscribers.privacy import forget, show
from subscribers.tokens import Purpose
from subscribers.web.readers import Reader, read_link
from subscribers.web.site import Context, headers


def add_data(made: APIRouter, context: Context) -> None:
    """Add ``/d/TOKEN``: all that is known, and the POSTs that download and erase it."""

    @made.api_route("/d/{token}", methods=["GET", "HEAD"])
    def look(token: str, request: Request) -> Response:
        """Show all that is known of a reader."""
        here = context.of(request)
        try:
            return _data_page(here, read_link(here, Purpose.DATA, token))
        except BadToken as error:
            return here.refused(error)

    @made.post("/d/{token}")
    def act(
        token: str, request: Request, act: Annotated[str, Form()] = "", sure: Annotated[str, Form()] = ""
    ) -> Response:
        """Give the reader their data as a file, or erase it when they are sure."""
        here = context.of(request)
        try:
            reader = read_link(here, Purpose.DATA, token)
        except BadToken as error:
            return here.refused(error)
        if reader.person is None or act not in ("download", "erase"):
            return _data_page(here, reader)
        if act == "download":
            return _download(here, reader)
        if sure != "yes":
            return _data_page(here, reader, unsure=True)
        _erase(here, reader)
        words = here.say(
            "All we knew of you is erased. What stays is a number that keeps us from writing to you again."
        )
        return here.message(here.say("You are forgotten"), words, 200)


def _data_page(context: Context, reader: Reader, *, unsure: bool = False) -> Response:
    if reader.person is None:
        words = context.say("We know nothing of you any more.")
        return context.message(context.say("What we know of you"), words, 410)
    text = json.dumps(_known(context, reader), ensure_ascii=False, indent=2)
    return context.page("data.html", context.say("What we know of you"), text=text, unsure=unsure)


def _download(context: Context, reader: Reader) -> Response:
    text = json.dumps(_known(context, reader), ensure_ascii=False, indent=2)
    disposition = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(text, media_type="application/json", headers=headers() | disposition)


def _known(context: Context, reader: Reader) -> dict[str, object]:
    assert reader.person is not None
    with reading(context.engine) as conn:
        found = show(conn, reader.person.address, keys=context.keys) or {}
        return {**found, **context.also_known(conn, reader.id)}


def _erase(context: Context, reader: Reader) -> None:
    assert reader.person is not None
    with writing(context.engine) as conn:
        if context.on_forget is not None:
            context.on_forget(conn, reader.id)
        forget(conn, reader.person.address, now=context.clock(), keys=context.keys)
