"""Makes the schedule's decisions happen: one tick asks what is due and does it; a server ticks every 20 seconds.

APScheduler is only the alarm clock. What is due stands in our own tables, so a tick that is late, doubled or run by
several processes at once makes each edition once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler

from digest import job, store
from digest.errors import DigestError, Withheld
from digest.housekeeping import keep_house
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.schedule import Decision, Rule, decide, settled_until, upcoming
from digest.settings import NewsletterSettings

TICK_S = 20
"""Seconds between two looks at the table: an edition leaves at most this much later than its time."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did about one edition: sent, unfinished, withheld, expired or failed, and why."""

    key: EditionKey
    result: str
    detail: str


def rule_of(newsletter: NewsletterSettings) -> Rule:
    """Return the pure rule that says when a newsletter is due."""
    return Rule(
        newsletter=newsletter.id,
        days=newsletter.days,
        time=newsletter.time,
        timezone=newsletter.timezone,
        skip_dates=frozenset(newsletter.skip_dates),
        not_after=newsletter.not_after,
    )


def tick(newsroom: Newsroom, *, on_done: Callable[[Ticked], None] | None = None) -> tuple[Ticked, ...]:
    """Do what is due now: first what a crash left unfinished, then each newsletter's editions of today."""
    done: list[Ticked] = []

    def note(ticked: Ticked) -> None:
        done.append(ticked)
        if on_done is not None:
            on_done(ticked)

    keep_house(newsroom)
    for key in _unfinished(newsroom):
        note(_attempt(newsroom, key, None))
    for newsletter in newsroom.settings.newsletters:
        for decision in plan(newsroom, newsletter):
            if decision.verdict == "expired":
                note(Ticked(decision.key, "expired", decision.because))
            elif decision.verdict in ("send", "late-send"):
                note(_attempt(newsroom, decision.key, decision.deadline))
    return tuple(done)


def plan(newsroom: Newsroom, newsletter: NewsletterSettings) -> Sequence[Decision]:
    """Return what a newsletter's rule decides now; days that need no more looking at are put behind it."""
    now = newsroom.clock()
    rule = rule_of(newsletter)
    with newsroom.writing() as conn:
        row = store.ensure_plan(conn, newsletter.id, now=now, timezone=newsletter.timezone, rule=rule.words())
        decisions = decide(
            rule,
            last_planned=row.last_planned,
            created=row.created,
            now=now,
            existing=store.edition_states(conn, newsletter.id),
            edited_at=row.edited_at,
        )
        settled = settled_until(decisions)
        if settled is not None and store.advance(conn, newsletter.id, settled):
            for decision in decisions:
                if decision.key.day <= settled and decision.verdict in ("skip", "expired"):
                    store.expire(conn, decision.key, now=now, why=decision.because)
                    store.log(conn, now, decision.verdict, decision.because, newsletter.id, str(decision.key))
    return decisions


def coming(newsroom: Newsroom, count: int) -> list[Decision]:
    """Return the next decisions over all newsletters, the earliest first."""
    now = newsroom.clock()
    decisions = [d for n in newsroom.settings.newsletters for d in upcoming(rule_of(n), now, count)]
    return sorted(decisions, key=lambda d: (d.due, d.key))[:count]


def _unfinished(newsroom: Newsroom) -> list[EditionKey]:
    with newsroom.reading() as conn:
        return [stored.key for stored in store.unfinished(conn) if not stored.paused]


def _attempt(newsroom: Newsroom, key: EditionKey, deadline: datetime | None) -> Ticked:
    try:
        delivered = job.run(newsroom, key, deadline=deadline)
    except Withheld as withheld:
        return _told(newsroom, Ticked(key, "withheld", str(withheld)))
    except DigestError as error:
        return _told(newsroom, Ticked(key, "failed", str(error)))
    if delivered.already:
        return Ticked(key, "already", "it had been sent before")
    counts = delivered.counts
    result = "unfinished" if counts.open else "sent"
    return _told(newsroom, Ticked(key, result, f"{counts.accepted} of {counts.expected} accepted"))


def _told(newsroom: Newsroom, ticked: Ticked) -> Ticked:
    with newsroom.writing() as conn:
        told = store.iter_log(conn, edition=str(ticked.key), what=ticked.result, limit=1)
        last = next(iter(list(told)), None)
        # A withheld edition is looked at again every tick; the log tells it once, until the reason changes.
        if last is None or last.detail != ticked.detail:
            store.log(conn, newsroom.clock(), ticked.result, ticked.detail, ticked.key.newsletter, str(ticked.key))
    return ticked


@contextmanager
def ticking(
    newsroom: Newsroom, *, on_done: Callable[[Ticked], None], on_error: Callable[[str], None]
) -> Iterator[None]:
    """Tick in a thread of its own until the block ends; an error of one tick is told and the next tick comes."""

    def once() -> None:
        try:
            tick(newsroom, on_done=on_done)
        except DigestError as error:
            on_error(str(error))

    # It warns of every tick that a long send holds back, which is as it should be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    alarm = BackgroundScheduler(timezone="UTC")
    alarm.add_job(
        once,
        "interval",
        seconds=TICK_S,
        next_run_time=datetime.now(alarm.timezone),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    alarm.start()
    try:
        yield
    finally:
        alarm.shutdown(wait=False)
