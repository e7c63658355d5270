"""Puts a newsletter's calendar together: its rule, its holidays, and the days an editor took out or added."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from digest import store
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.schedule import Decision, Rule, decide_extra, upcoming
from digest.schedule.holidays import read_holidays
from digest.settings import NewsletterSettings

BEHIND = timedelta(days=90)
"""How far back holidays are looked up: a machine that slept longer gives its days up as too late instead."""

AHEAD = timedelta(days=400)


def rule_of(newsletter: NewsletterSettings, free: dict[date, str] | None = None) -> Rule:
    """Return the pure rule that says when a newsletter is due, with its ``free`` days and why."""
    return Rule(
        newsletter=newsletter.id,
        days=newsletter.days,
        time=newsletter.time,
        timezone=newsletter.timezone,
        skip_dates=frozenset(newsletter.skip_dates),
        free=free or {},
        not_after=newsletter.not_after,
    )


def calendar_of(conn: store.Connection, newsroom: Newsroom, newsletter: NewsletterSettings) -> Rule:
    """Return a newsletter's rule as it stands now, with holidays and the days taken out; raises SettingsError."""
    today = local_day(newsroom, newsletter)
    first, last = today - BEHIND, today + AHEAD
    free = read_holidays(newsletter.holidays, newsroom.base, first, last)
    for special in store.special_days(conn, newsletter.id, since=first):
        if special.due is None:
            free[special.key.day] = f"taken out by {special.author or 'an editor'}"
    return rule_of(newsletter, free)


def extras(conn: store.Connection, newsroom: Newsroom, newsletter: NewsletterSettings) -> list[Decision]:
    """Return what to do now about the extra editions on a newsletter's calendar, the earliest first."""
    now = newsroom.clock()
    states = store.edition_states(conn, newsletter.id)
    found = []
    for special in store.special_days(conn, newsletter.id, since=now.date() - BEHIND):
        if special.due is not None:
            decision = decide_extra(special.key, special.due, now=now, state=states.get(special.key))
            if decision is not None:
                found.append(decision)
    return found


def coming(newsroom: Newsroom, count: int) -> list[Decision]:
    """Return the next decisions over all newsletters, extra editions among them, the earliest first."""
    decisions: list[Decision] = []
    for newsletter in newsroom.settings.newsletters:
        decisions += coming_of(newsroom, newsletter, count)
    return sorted(decisions, key=lambda d: (d.due, d.key))[:count]


def coming_of(newsroom: Newsroom, newsletter: NewsletterSettings, count: int) -> list[Decision]:
    """Return the next decisions of one newsletter, the earliest first."""
    now = newsroom.clock()
    with newsroom.reading() as conn:
        decisions = upcoming(calendar_of(conn, newsroom, newsletter), now, count)
        for special in store.special_days(conn, newsletter.id, since=now.date() - timedelta(days=1)):
            if special.due is not None and special.due > now:
                because = f"an extra edition, added by {special.author or 'an editor'}"
                decisions.append(Decision(special.key, special.due, special.due, "send", because))
    return sorted(decisions, key=lambda d: (d.due, d.key))[:count]


def local_day(newsroom: Newsroom, newsletter: NewsletterSettings) -> date:
    """Return today in the newsletter's zone."""
    return newsroom.clock().astimezone(ZoneInfo(newsletter.timezone)).date()


def is_planned(newsroom: Newsroom, key: EditionKey) -> bool:
    """Tell whether an edition stands on the calendar as an extra one."""
    with newsroom.reading() as conn:
        return any(s.key == key and s.due for s in store.special_days(conn, key.newsletter, since=key.day))
