"""The editors' word before an edition goes: its draft in their mailbox, their approval or hold, news after it.

Nothing here sends to readers. Approving fixes the content by its hash: whatever differs from it is not approved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr

from digest import store
from digest.drafting import draft
from digest.engine.calendar import coming_of
from digest.errors import DigestError, Rebuilt, UsageError
from digest.gathering import gather
from digest.mailing import NewsletterMailer
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.render.messages import render_message
from digest.settings import NewsletterSettings
from digest.store import State, StoredEdition
from subscribers import Purpose, Token, sign

LINK_LIFE = timedelta(days=3)
"""How long an editor's link works after the draft was mailed."""

LOOK_EVERY = timedelta(minutes=5)
"""How often sources are read again between the draft and its time, so that a late change is told."""


def prepare(newsroom: Newsroom, newsletter: NewsletterSettings) -> list[tuple[EditionKey, str]]:
    """Build what is due within ``build_at`` and mail it to the editors, once; tell them of news since.

    Returns what was done, by edition. Raises DigestError when a draft cannot be made or no editor can be told.
    """
    review = newsletter.review
    if not review.build_at:
        return []
    now = newsroom.clock()
    done = []
    for decision in coming_of(newsroom, newsletter, 2):
        if decision.verdict != "send" or decision.due - review.build_at > now:
            continue
        with newsroom.reading() as conn:
            stored = store.load(conn, decision.key)
            told = any(store.iter_log(conn, edition=str(decision.key), what="review", limit=1))
        if stored is not None and stored.frozen_at is not None:
            continue
        if not told:
            done.append((decision.key, _first_look(newsroom, newsletter, decision.key, decision.due)))
        elif stored is not None:
            done += [(decision.key, news) for news in tell_news(newsroom, newsletter, stored)]
    return done


def approve(newsroom: Newsroom, key: EditionKey, content_hash: str, author: str) -> int:
    """Note an editor's approval of exactly this content; return how many more approvals it needs."""
    newsletter = newsroom.newsletter_of(key)
    now = newsroom.clock()
    with newsroom.writing() as conn:
        needed = newsletter.review.approvals
        missing = store.add_approval(conn, key, content_hash, author=author, now=now, needed=needed)
        more = f", {missing} more needed" if missing else ""
        store.log(conn, now, "approved", f"{content_hash[:12]} by {_named(author)}{more}", key.newsletter, str(key))
    return missing


def hold(newsroom: Newsroom, key: EditionKey, author: str) -> None:
    """Keep an edition from going, or from going on; raises UsageError when it has ended."""
    with newsroom.writing() as conn:
        stored = store.get_edition(conn, key)
        if stored.state in (State.SENT, State.STOPPED):
            raise UsageError(f"{key} is {stored.state} already; `digest report {key}` says who has it.")
        store.set_flag(conn, key, held=True)
        store.log(conn, newsroom.clock(), "held=true", f"by {_named(author)}", key.newsletter, str(key))


def editor_link(newsroom: Newsroom, stored: StoredEdition, editor: str) -> str:
    """Return the signed address of the page on which one editor approves or holds an edition."""
    token = sign(
        newsroom.keys,
        Purpose.EDITOR,
        subscriber_id=editor_number(editor),
        list_number=0,
        subject=stored.id,
        expires=newsroom.clock() + LINK_LIFE,
    )
    return f"{newsroom.settings.site.url}/e/{token}"


def editor_number(editor: str) -> int:
    """Return the number that stands for an editor in a link: no address is in it, and a removed editor has none."""
    return int.from_bytes(hashlib.sha256(parseaddr(editor)[1].casefold().encode()).digest()[:4])


def find_editor(newsletter: NewsletterSettings, token: Token) -> str:
    """Return the editor of a verified link as the settings name them, or an empty string when they are gone."""
    known = {editor_number(editor): editor for editor in newsletter.review.editors}
    return known.get(token.subscriber_id, "")


def tell_editors(
    newsroom: Newsroom, newsletter: NewsletterSettings, stored: StoredEdition, facts: Sequence[str]
) -> int:
    """Mail every editor the facts about an edition with a link of their own; return how many could be told.

    One mailbox that refuses does not keep it from the others; raises DigestError when none took it.
    """
    mailer = NewsletterMailer(newsroom, newsletter)
    site = newsroom.settings.site
    problems = []
    for editor in newsletter.review.editors:
        values = {
            "edition": str(stored.key),
            "edition_subject": stored.edition.subject,
            "facts": list(facts),
            "url": editor_link(newsroom, stored, editor),
            "site": site.name,
            "address": site.address,
        }
        message = render_message("proof", values)
        try:
            mailer.send(to=parseaddr(editor)[1], subject=message.subject, text=message.text, html=message.html)
        except DigestError as error:
            problems.append(str(error))
    told = len(newsletter.review.editors) - len(problems)
    if problems and not told:
        raise DigestError(f"No editor could be told of {stored.key}: {problems[0]}")
    return told


def tell_news(newsroom: Newsroom, newsletter: NewsletterSettings, stored: StoredEdition) -> list[str]:
    """Read the sources again at times, and tell the editors once of stories that changed since the draft."""
    with newsroom.reading() as conn:
        last = next(iter(store.iter_log(conn, what="gather", limit=1)), None)
    if last is None or not timedelta(0) <= newsroom.clock() - last.at < LOOK_EVERY:
        gather(newsroom)
    news = []
    with newsroom.writing() as conn:
        told = {line.detail for line in store.iter_log(conn, edition=str(stored.key), what="newer")}
        for line in changed_since(conn, stored):
            if line not in told:
                news.append(line)
                store.log(conn, newsroom.clock(), "newer", line, stored.key.newsletter, str(stored.key))
    if news and newsletter.review.editors:
        word = "It was approved and stays as it is." if stored.is_approved else "The draft is as it was."
        tell_editors(newsroom, newsletter, stored, (*news, word))
    return news


def changed_since(conn: store.Connection, stored: StoredEdition) -> list[str]:
    """Return a line for every printed story that has a newer version, or may not run any more."""
    lines = []
    for item in stored.edition.items():
        story = store.find_story(conn, item.story_id)
        if story is None:
            continue
        if story.status != "usable":
            lines.append(f"“{item.headline}” is {story.status} now (version {story.version}).")
        elif story.version > item.version:
            lines.append(f"“{item.headline}” has a newer version, {story.version} after {item.version}.")
    return lines


def _first_look(newsroom: Newsroom, newsletter: NewsletterSettings, key: EditionKey, due: datetime) -> str:
    gather(newsroom)
    try:
        made = draft(newsroom, key, over_approved=False)
        stored, warnings = made.stored, (*made.warnings, *made.unapplied)
    except Rebuilt:
        with newsroom.reading() as conn:
            stored, warnings = store.get_edition(conn, key), ()
    policy = newsletter.review.unless_approved
    needed = newsletter.review.approvals
    facts = [
        f"{len(stored.edition.items())} stories, {len(stored.edition.left_out)} left out.",
        f"It is due at {due:%H:%M} UTC. Unless {needed} of you approve it, "
        + ("it goes out then as it is built anew." if policy == "send" else "it does not go out."),
        *warnings,
    ]
    with newsroom.writing() as conn:
        # Noted first: a mailbox that fails must not bring every editor the same proof again at every tick.
        store.log(conn, newsroom.clock(), "review", stored.content_hash[:12], key.newsletter, str(key))
    if not newsletter.review.editors:
        return "built"
    return f"the proof went to {tell_editors(newsroom, newsletter, stored, facts)} editors"


def _named(author: str) -> str:
    return parseaddr(author)[0] or author or "an editor"
