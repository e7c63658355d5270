"""Sends the few mails that are no edition: a confirmation, a welcome."""

from __future__ import annotations

from digest.mailing import NewsletterMailer
from digest.newsroom import Newsroom


def mailer_of(newsroom: Newsroom, list_id: str) -> NewsletterMailer:
    """Return a mailer that writes in the name of the first newsletter of that list."""
    newsletters = newsroom.settings.newsletters
    mine = next((n for n in newsletters if list_id in dict(n.lists)), newsletters[0])
    return NewsletterMailer(newsroom, mine)
