"""The kinds of values that ``digest.toml`` holds: spans, zones, times of day, senders, addresses of pages."""

from __future__ import annotations

import re
from datetime import time, timedelta
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from subscribers import BadRule, parse_rule

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SPAN_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]+(?:\.(?!-)[A-Za-z0-9_-]+)*\.?")


def _span(value: object) -> object:
    if isinstance(value, str) and value[:-1].isdigit() and value[-1] in _SPAN_UNITS:
        return timedelta(**{_SPAN_UNITS[value[-1]]: int(value[:-1])})
    if isinstance(value, timedelta):
        return value
    raise ValueError("write a span as a number and m, h or d: 36h, 4d")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no IANA time zone: write one like Europe/London") from error
    return name


def _clock_time(value: object) -> object:
    if isinstance(value, str) and len(value) == 5 and value[2] == ":":
        return time.fromisoformat(value)
    if isinstance(value, time):
        return value
    raise ValueError('write a time of day as "06:30"')


def _sender(value: str) -> str:
    address = parseaddr(value)[1]
    if "@" not in address or any(c in value for c in "\r\n"):
        raise ValueError('write a sender as "Morning Watch <morning@courier.example>"')
    return value


def _web_url(value: str) -> str:
    if value and not value.startswith(("https://", "http://")):
        raise ValueError("write a whole address that starts with https://")
    return value


def _domain(value: str) -> str:
    if not _is_name(value):
        raise ValueError("write a domain like courier.example")
    return value


def _host(value: str) -> str:
    try:
        ip_address(value)
    except ValueError as error:
        if not _is_name(value):
            raise ValueError(
                "write a name like mail.courier.example or an IP address, without a scheme, a port or spaces"
            ) from error
    return value


def _is_name(value: str) -> bool:
    """Tell whether the DNS can be asked for a name; one of other letters is asked for as RFC 3490 writes it."""
    try:
        return _HOST_NAME.fullmatch(value.encode("idna").decode("ascii")) is not None
    except UnicodeError:
        return False


def _rule(text: str) -> str:
    if text:
        try:
            parse_rule(text)
        except BadRule as error:
            raise ValueError(str(error)) from error
    return text


Span = Annotated[timedelta, BeforeValidator(_span)]
Zone = Annotated[str, AfterValidator(_zone)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]
Sender = Annotated[str, AfterValidator(_sender)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
WebBase = Annotated[WebUrl, AfterValidator(lambda value: value.rstrip("/"))]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
SegmentRule = Annotated[str, AfterValidator(_rule)]
Domain = Annotated[str, AfterValidator(_domain)]
Host = Annotated[str, AfterValidator(_host)]
HostOrNone = Annotated[str, AfterValidator(lambda value: _host(value) if value else value)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Strict(BaseModel):
    """A table of the file: frozen; an unknown key is an error, and so is a number without end."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)
