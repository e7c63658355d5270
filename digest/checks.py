"""Looks a rendered edition over before it is sent: the lint's rules, what the newsletter waives, and our own links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from digest.lint import Mail, Severity, lint
from digest.model import Edition, Origin, Recipient, Rendered
from digest.newsroom import Newsroom
from digest.post import mail_headers
from digest.render import compile_message, fill, language, message_id, reason

LONGEST_TOKEN = 35
LONGEST_URL = 74
"""Longer addresses in List-Unsubscribe get encoded on their way by common software: python/cpython#85725."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule; ``blocks`` says that the edition must not be sent so, ``where`` is a CSS selector."""

    rule: str
    message: str
    blocks: bool
    where: str = ""


def findings(newsroom: Newsroom, edition: Edition, rendered: Rendered) -> tuple[Finding, ...]:
    """Return every breach, the blocking ones first; a rule waived in digest.toml never blocks."""
    waived = newsroom.settings.lint.waive
    found = [
        Finding(each.rule, each.message, each.severity is Severity.ERROR and each.rule not in waived, each.where)
        for each in lint(_mail(newsroom, edition, rendered))
    ]
    found += _long_links(newsroom)
    return tuple(sorted(found, key=lambda f: not f.blocks))


def _mail(newsroom: Newsroom, edition: Edition, rendered: Rendered) -> Mail:
    """Return the mail as the reader with the longest links gets it."""
    site = newsroom.settings.site
    token = "T" * LONGEST_TOKEN
    leave = f"{site.url}/u/{token}"
    values = {
        "unsubscribe_url": leave,
        "preferences_url": f"{site.url}/p/{token}",
        "view_url": f"{site.url}/v/{token}",
        "address": "reader@example.org",
        "name": "Reader",
    }
    html, text = fill(rendered, values)
    return Mail(
        subject=edition.subject,
        preheader=edition.preheader,
        html=html,
        text=text,
        leave_url=leave,
        address=site.address,
        stories=tuple(
            (item.headline, item.url, item.blurb.text if item.blurb.origin is not Origin.EDITOR else "")
            for item in edition.items()
        ),
        sections=tuple((section.title, len(section.items)) for section in edition.sections),
        why=reason(edition.masthead, language(edition.language)),
        message=_message(newsroom, edition, rendered, values),
        ages=tuple(
            (item.headline, (edition.until - item.published).total_seconds() / 86_400)
            for item in edition.items()
            if item.published is not None
        ),
        shares=newsroom.settings.lint.shares,
        sponsors=tuple(
            (block.id, block.by if block.disclosure else "") for block in edition.blocks if block.kind == "sponsor"
        ),
    )


def _message(newsroom: Newsroom, edition: Edition, rendered: Rendered, values: Mapping[str, str]) -> bytes:
    """Return the whole message as SMTP would take it; nothing when its headers cannot be written, told elsewhere."""
    newsletter = newsroom.newsletter_of(edition.key)
    headers = mail_headers(newsroom, newsletter, edition, rendered.subject, newsroom.clock())
    reader = Recipient(0, values["address"], values["name"], message_id=message_id(str(edition.key), 0, headers.host))
    return compile_message(rendered, headers).message(reader, values)


def _long_links(newsroom: Newsroom) -> list[Finding]:
    longest = len(newsroom.settings.site.url) + len("/u/") + LONGEST_TOKEN
    if longest <= LONGEST_URL:
        return []
    message = f"unsubscribe links have {longest} characters, over {LONGEST_URL}: use a shorter site.url."
    return [Finding("long-links", message, False)]
