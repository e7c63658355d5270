"""The settings of what carries the mail, how fast, and who signs it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from digest.settings.values import Domain, Host, Port, Strict, WebBase


class DkimSettings(Strict):
    """One signature of every message: the domain, the selector and the private key's file (PEM)."""

    domain: str
    selector: str
    key_file: Path


class WarmUpSettings(Strict):
    """How a new sender grows: ``first`` messages on the day ``since``, ``factor`` times as many every day after."""

    since: date
    first: int = Field(default=500, ge=1)
    factor: float = Field(default=1.5, gt=1, le=10)


class TransportSettings(Strict):
    """What carries the mail. ``rate`` is messages a second (0: no limit), ``timeout_s`` holds for every step."""

    kind: Literal["outbox", "smtp", "resend"] = "outbox"
    path: Path = Path("outbox")
    host: Host = "localhost"
    port: Port | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password_env: str = ""
    password_file: Path | None = None
    api_key_env: str = ""
    api_key_file: Path | None = None
    base_url: WebBase = ""
    connections: int = Field(default=4, ge=1, le=64)
    rate: float = Field(default=0.0, ge=0)
    timeout_s: float = Field(default=30.0, gt=0)
    max_messages: int = Field(default=100, ge=1)
    domain_rates: Mapping[Domain, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    warm_up: WarmUpSettings | None = None
    dkim: tuple[DkimSettings, ...] = ()

    @field_validator("dkim", mode="before")
    @classmethod
    def _one_key_is_enough(cls, value: object) -> object:
        return (value,) if isinstance(value, Mapping) else value
