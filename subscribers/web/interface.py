"""The interface for the newsroom's own programs: sign somebody up as the page would, with a key."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Header, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, Field

from subscribers.address import parse_address
from subscribers.database import reading
from subscribers.errors import BadAddress
from subscribers.lists import find_list
from subscribers.signups import MAX_NAME, clean_name, on_one_line
from subscribers.web.joining import take_sign_up
from subscribers.web.site import Context


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("write it on one line, without control characters")
    return text


def _ip(text: str) -> str:
    if text:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise ValueError("write an IP address, or leave it out") from None
    return text


Line = Annotated[str, AfterValidator(_line)]


class SignUp(BaseModel):
    """What a program sends: the list's id, the address, and what it knows of the reader and their form.

    ``wording`` are the words of consent that the form showed: only the program knows them.
    """

    list: Line
    email: str = Field(max_length=320)
    name: Annotated[str, AfterValidator(clean_name)] = Field(default="", max_length=MAX_NAME)
    ip: Annotated[str, AfterValidator(_ip)] = Field(default="", max_length=45)
    form: Line = Field(default="", max_length=500)
    wording: Annotated[str, AfterValidator(on_one_line)] = Field(default="", max_length=1000)
    language: str = Field(default="", max_length=8)


def add_interface(made: APIRouter, context: Context) -> None:
    """Add ``POST /api/sign-up``: 202 for every good address, known or not; 401 without the key.

    What is wrong with a request is told as JSON: ``error`` in words, and ``field`` where it is about one.
    """

    @made.post("/api/sign-up")
    def take(asked: SignUp, background: BackgroundTasks, authorization: Annotated[str, Header()] = "") -> Response:
        """Take a sign-up from a program; the list asks the reader by mail as it does on the page."""
        if not context.api_key:
            return JSONResponse({"error": "there is no key for programs in the settings"}, 404)
        if not hmac.compare_digest(authorization.encode(), f"Bearer {context.api_key}".encode()):
            return JSONResponse({"error": "wrong or missing key"}, 401, {"WWW-Authenticate": "Bearer"})
        with reading(context.engine) as conn:
            wanted = find_list(conn, asked.list)
        if wanted is None or context.mailer_of(asked.list) is None:
            return JSONResponse({"error": f"there is no list {asked.list!r} to sign up to", "field": "list"}, 404)
        try:
            address = parse_address(asked.email.strip())
        except BadAddress as error:
            return JSONResponse({"error": error.reason, "field": "email"}, 422)
        if context.limits.policy.refuses(address):
            return JSONResponse({"error": "addresses like this one are not taken", "field": "email"}, 422)
        limit = context.limits.admit(asked.ip, address, context.clock())
        if limit in ("ip", "overall"):
            return JSONResponse({"error": f"too many sign-ups: {limit}"}, 429, {"Retry-After": "3600"})
        if not limit:
            here = context.speaking(asked.language)
            ip = asked.ip if context.keep_ip else ""
            form = asked.form or "/api/sign-up"
            background.add_task(take_sign_up, here, wanted, asked.email.strip(), asked.name, ip, form, asked.wording)
        return JSONResponse({"taken": True}, 202)
