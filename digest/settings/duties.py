"""The settings of people's duties: who looks an edition over before it goes, and who is told when it does not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from digest.settings.values import HostOrNone, Sender, Span, Strict, WebUrl


class ReviewSettings(Strict):
    """Who looks a draft over. ``build_at`` before the due time it is built and mailed to the ``editors``.

    ``unless_approved`` says what becomes of an edition that too few of them approved by its time.
    """

    build_at: Span = timedelta(0)
    editors: tuple[Sender, ...] = ()
    unless_approved: Literal["send", "hold"] = "send"
    approvals: int = Field(default=1, ge=1, le=2)

    @property
    def waits(self) -> bool:
        """Tell whether a draft that editors were shown is left as it is until they approve it."""
        return self.unless_approved == "hold"

    @model_validator(mode="after")
    def _can_be_done(self) -> ReviewSettings:
        if self.build_at > timedelta(hours=24):
            raise ValueError("build_at is at most 24h before the time")
        if self.editors and not self.build_at:
            raise ValueError('editors need build_at = "60m": how long before its time they are sent the draft')
        return self


class AlertSettings(Strict):
    """Who is told when an edition does not go, and by what: mail on a way of its own, a webhook, a ping that stops.

    ``every`` is how long the same alarm stays quiet after it was told; ``change`` is which part of the list may
    come or go between two editions before somebody is asked; ``quiet`` is how long a source may bring nothing.
    """

    to: tuple[Sender, ...] = ()
    sender: Sender = Field(default="Digest <digest@localhost>", alias="from")
    host: HostOrNone = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password_env: str = ""
    password_file: Path | None = None
    folder: Path | None = None
    webhook: WebUrl = ""
    webhook_secret_env: str = ""
    webhook_secret_file: Path | None = None
    ping: WebUrl = ""
    allow_private: bool = False
    every: Span = timedelta(hours=1)
    summary: bool = True
    stalled_after: Span = timedelta(minutes=15)
    quiet: Span = timedelta(days=3)
    change: float = Field(default=0.3, gt=0, le=1)

    @model_validator(mode="after")
    def _has_a_way(self) -> AlertSettings:
        if self.to and not (self.host or self.folder):
            raise ValueError('mail to people needs a way of its own: host = "…", or folder = "…" for a Maildir')
        if self.webhook and not (self.webhook_secret_env or self.webhook_secret_file):
            raise ValueError("a webhook is signed: name webhook_secret_env or webhook_secret_file")
        return self
