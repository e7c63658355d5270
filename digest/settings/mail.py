"""The settings of the mail itself: its addresses, its pictures, how it is rendered and what may be wrong with it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from digest.settings.values import Domain, Strict


class MailSettings(Strict):
    """Addresses beside the sender: replies, returned mail, and the mailbox that reads unsubscribe mails."""

    reply_to: str = ""
    bounce_domain: Domain = ""
    unsubscribe_mailbox: str = ""
    pictures: Literal["embedded", "hosted", "none"] = "embedded"


class RenderSettings(Strict):
    """What moves the style sheet into the elements: ``css-inline`` is an optional extra, quicker, the same pixels."""

    inliner: Literal["premailer", "css-inline"] = "premailer"


class LintSettings(Strict):
    """Which of the lint's errors must not stop a send, by name, and what part of readers use which mail program.

    ``shares`` are per cent by ``family.platform`` as caniemail names them; empty stands for the lint's own.
    ``links`` has every link asked after before a send.
    """

    waive: tuple[str, ...] = ()
    shares: dict[str, float] = Field(default_factory=dict)
    links: bool = False
