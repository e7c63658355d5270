"""Makes the schedule's decisions happen: one tick asks what is due and does it; a server ticks every 20 seconds.

APScheduler is only the alarm clock. What is due stands in our own tables, so a tick that is late, doubled or run by
several processes at once makes each edition once.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from digest import job, store
from digest.engine import alarms
from digest.engine.alarms import Alarm
from digest.engine.calendar import calendar_of, coming, extras, local_day
from digest.engine.jumps import GRACE_S, JumpWatch
from digest.engine.review import prepare, tell_editors
from digest.engine.watch import watch
from digest.errors import DigestError, Withheld
from digest.housekeeping import keep_house
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.schedule import Decision, decide, settled_until
from digest.settings import NewsletterSettings
from subscribers import without_addresses

__all__ = ["TICK_S", "Ticked", "coming", "plan", "tick", "ticking"]

TICK_S = 20
"""Seconds between two looks at the table: an edition leaves at most this much later than its time."""


_TROUBLES = {
    "failed": "failed",
    "unfinished": "is not finished",
    "withheld": "was not sent",
    "expired": "was too late and was not sent",
}
_ONCE = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did about one edition: sent, unfinished, withheld, expired or failed, and why.

    ``sending``: what is still open is in the hands of another process, which tells how it ends.
    """

    key: EditionKey
    result: str
    detail: str


def tick(newsroom: Newsroom, *, on_done: Callable[[Ticked], None] | None = None) -> tuple[Ticked, ...]:
    """Do what is due now: what a crash left unfinished, each newsletter's editions, drafts for editors, alarms.

    A newsletter whose calendar cannot be read or whose draft cannot be shown does not keep the others from going.
    """
    done: list[Ticked] = []

    def note(ticked: Ticked) -> None:
        done.append(ticked)
        _alarm(newsroom, ticked)
        if on_done is not None:
            on_done(ticked)

    keep_house(newsroom)
    for key in _unfinished(newsroom):
        note(_attempt(newsroom, key, None))
    for newsletter in newsroom.settings.newsletters:
        try:
            _tick_one(newsroom, newsletter, note)
        except DigestError as error:
            key = EditionKey(newsletter.id, local_day(newsroom, newsletter))
            note(_told(newsroom, _failed(key, error)))
    watch(newsroom)
    return tuple(done)


def _tick_one(newsroom: Newsroom, newsletter: NewsletterSettings, note: Callable[[Ticked], None]) -> None:
    for decision in plan(newsroom, newsletter):
        if decision.verdict == "expired":
            note(Ticked(decision.key, "expired", decision.because))
        elif decision.verdict in ("send", "late-send"):
            note(_attempt(newsroom, decision.key, decision.deadline))
    for key, what in prepare(newsroom, newsletter):
        note(Ticked(key, "review", what))


def plan(newsroom: Newsroom, newsletter: NewsletterSettings) -> Sequence[Decision]:
    """Return what a newsletter's rule decides now; days that need no more looking at are put behind it."""
    now = newsroom.clock()
    with newsroom.writing() as conn:
        rule = calendar_of(conn, newsroom, newsletter)
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
        return [*decisions, *_settle_extras(conn, newsroom, newsletter)]


def _settle_extras(conn: store.Connection, newsroom: Newsroom, newsletter: NewsletterSettings) -> list[Decision]:
    """Return what to do about extra editions; one that is done or too late leaves the calendar with its reason."""
    found = []
    for decision in extras(conn, newsroom, newsletter):
        if decision.verdict in ("done", "expired") and store.remove_special_day(conn, decision.key):
            store.expire(conn, decision.key, now=newsroom.clock(), why=decision.because)
            if decision.verdict == "expired":
                store.log(conn, newsroom.clock(), "expired", decision.because, newsletter.id, str(decision.key))
        found.append(decision)
    return found


def _unfinished(newsroom: Newsroom) -> list[EditionKey]:
    with newsroom.reading() as conn:
        return [stored.key for stored in store.unfinished(conn) if not stored.paused]


def _attempt(newsroom: Newsroom, key: EditionKey, deadline: datetime | None) -> Ticked:
    try:
        delivered = job.run(newsroom, key, deadline=deadline)
    except Withheld as withheld:
        return _told(newsroom, Ticked(key, "withheld", str(withheld)))
    except DigestError as error:
        return _told(newsroom, _failed(key, error))
    if delivered.already:
        return Ticked(key, "already", "it had been sent before")
    counts = delivered.counts
    result = "unfinished" if delivered.is_unfinished else "sending" if counts.open else "sent"
    return _told(newsroom, Ticked(key, result, f"{counts.accepted} of {counts.expected} accepted"))


def _failed(key: EditionKey, error: DigestError) -> Ticked:
    """Return what a tick tells of an error; it is printed into the system's log, so no address stays in it."""
    return Ticked(key, "failed", without_addresses(str(error)))


def _told(newsroom: Newsroom, ticked: Ticked) -> Ticked:
    with newsroom.writing() as conn:
        told = store.iter_log(conn, edition=str(ticked.key), what=ticked.result, limit=1)
        last = next(iter(list(told)), None)
        # A withheld edition is looked at again every tick; the log tells it once, until the reason changes.
        if last is None or last.detail != ticked.detail:
            store.log(conn, newsroom.clock(), ticked.result, ticked.detail, ticked.key.newsletter, str(ticked.key))
    return ticked


def _alarm(newsroom: Newsroom, ticked: Ticked) -> None:
    """Ring for what did not go, and say when something went that had not or that somebody waits for."""
    troubles = [f"{result}:{ticked.key}" for result in _TROUBLES]
    if ticked.result in _TROUBLES:
        steps = (f"Look: digest log {ticked.key.newsletter}", f"Send it: {ticked.key.command('send')}")
        what = f"{ticked.key} {_TROUBLES[ticked.result]}"
        alarms.ring(newsroom, Alarm(f"{ticked.result}:{ticked.key}", what, ticked.detail, steps))
        if ticked.result == "withheld":
            _tell_withheld(newsroom, ticked)
    elif ticked.result in ("sent", "already"):
        for name in troubles:
            alarms.quieten(newsroom, name)
    if ticked.result == "sent":
        alarms.summary(newsroom, f"{ticked.key} is out", ticked.detail)


def _tell_withheld(newsroom: Newsroom, ticked: Ticked) -> None:
    """Tell the editors too, once for each reason."""
    newsletter = newsroom.newsletter_of(ticked.key)
    reason = hashlib.sha256(ticked.detail.encode()).hexdigest()[:8]
    with newsroom.writing() as conn:
        stored = store.load(conn, ticked.key)
        name = f"told:{ticked.key}:{reason}"
        new = store.raise_alarm(conn, name, "", now=newsroom.clock(), every=_ONCE)
    if new and stored is not None and newsletter.review.editors:
        with suppress(DigestError):
            # The alarm is out by its own way already; the editors' mailbox comes on top of it.
            tell_editors(newsroom, newsletter, stored, (f"It was not sent: {ticked.detail}",))


def is_to_be_trusted(newsroom: Newsroom, watcher: JumpWatch) -> bool:
    """Tell whether the clock may decide now; a jump is told at once, and nothing goes by itself for some minutes."""
    jump = watcher.look()
    if jump:
        way = "forward" if jump > timedelta(0) else "back"
        minutes = abs(jump).total_seconds() / 60
        problem = (
            f"The clock went {way} by {minutes:.0f} minutes: it was set, or the machine slept. It is "
            f"{newsroom.clock():%Y-%m-%d %H:%M} UTC now. Nothing goes by itself for {GRACE_S / 60:.0f} minutes."
        )
        steps = ("Is the clock right? If not, set it.", "Look: digest schedule; hold an edition: digest hold EDITION")
        alarms.ring(newsroom, Alarm("clock", "the clock jumped", problem, steps))
        # It is told and over: what stands on is the schedule's to say.
        alarms.quieten(newsroom, "clock")
    return watcher.is_settled


@contextmanager
def ticking(
    newsroom: Newsroom, *, on_done: Callable[[Ticked], None], on_error: Callable[[str], None]
) -> Iterator[None]:
    """Tick in a thread of its own until the block ends; an error of one tick is told and the next tick comes."""

    watcher = JumpWatch(newsroom.clock, time.monotonic)

    def once() -> None:
        try:
            if is_to_be_trusted(newsroom, watcher):
                tick(newsroom, on_done=on_done)
        except DigestError as error:
            on_error(without_addresses(str(error)))

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
