"""Looks for what ought to have happened and did not: late editions, stalled sends, quiet sources, strange lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from digest import store
from digest.engine import alarms
from digest.engine.alarms import Alarm
from digest.engine.calendar import calendar_of, local_day
from digest.errors import SettingsError
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.schedule import Rule, due_moment, moment_after
from digest.settings import NewsletterSettings
from digest.store import State
from digest.store.schema import story

FEWEST = 20
"""A list that changed by fewer readers than this surprises nobody, whatever part of it they are."""

REFUSED_PART = 0.1
"""More refusals than this part of a list are a trouble of ours or of the list, not of single readers."""

_KINDS = ("late", "stalled", "refused", "quiet", "list", "withdrawn")

_DAY = timedelta(days=1)


def watch(newsroom: Newsroom) -> list[Alarm]:
    """Ring for every trouble there is now, quieten what is over; return the troubles."""
    found = list(troubles(newsroom))
    for alarm in found:
        alarms.ring(newsroom, alarm)
    with newsroom.reading() as conn:
        standing = store.ringing(conn)
    names = {alarm.name for alarm in found}
    for name in standing:
        if name.partition(":")[0] in _KINDS and name not in names:
            alarms.quieten(newsroom, name)
    return found


def troubles(newsroom: Newsroom) -> Iterator[Alarm]:
    """Yield every trouble that can be seen in the database now; reads alone, so that ``/healthz`` may ask."""
    with newsroom.reading() as conn:
        for newsletter in newsroom.settings.newsletters:
            yield from _late(conn, newsroom, newsletter)
            yield from _list_size(conn, newsroom, newsletter)
            yield from _refused(conn, newsletter)
            yield from _withdrawn(conn, newsroom, newsletter)
        yield from _stalled(conn, newsroom)
        yield from _quiet(conn, newsroom)


def alarm_moment(rule: Rule, day: date, newsletter: NewsletterSettings) -> datetime | None:
    """Return when a day's edition must be out, in UTC; None without ``alarm_at`` or on a day without an edition."""
    due = due_moment(rule, day)
    if newsletter.alarm_at is None or due is None or rule.why_skipped(day):
        return None
    return moment_after(due, newsletter.alarm_at, day, newsletter.timezone)


def _late(conn: store.Connection, newsroom: Newsroom, newsletter: NewsletterSettings) -> Iterator[Alarm]:
    now = newsroom.clock()
    try:
        rule = calendar_of(conn, newsroom, newsletter)
    except SettingsError:
        # A calendar that cannot be read has an alarm of its own.
        return
    states = store.edition_states(conn, newsletter.id)
    known = store.find_plan(conn, newsletter.id)
    today = local_day(newsroom, newsletter)
    for day in (today - timedelta(days=1), today):
        moment = alarm_moment(rule, day, newsletter)
        key = EditionKey(newsletter.id, day)
        begun = known is not None and known.created <= day and not _before(known.edited_at, rule, day)
        if moment is None or not begun or not timedelta(0) <= now - moment < timedelta(days=1):
            continue
        if states.get(key) is not State.SENT:
            last = store.last_log(conn, str(key))
            why = f"{last.what}: {last.detail}" if last else "nothing was tried; is `digest serve` or cron running?"
            problem = f"{key} was to be out by {newsletter.alarm_at:%H:%M} ({newsletter.timezone}) and is not. {why}"
            steps = (f"Look: digest report {key}; digest log {newsletter.id}", f"Send it: {key.command('send')}")
            yield Alarm(f"late:{key}", f"{key} is not out", problem, steps)


def _before(edited_at: datetime | None, rule: Rule, day: date) -> bool:
    due = due_moment(rule, day)
    return edited_at is not None and due is not None and due < edited_at


def _stalled(conn: store.Connection, newsroom: Newsroom) -> Iterator[Alarm]:
    now = newsroom.clock()
    for stored in store.unfinished(conn):
        last = max(filter(None, (store.last_movement(conn, stored.id), stored.frozen_at)), default=now)
        if not stored.paused and now - last > newsroom.settings.alerts.stalled_after:
            counts = store.counts(conn, stored.id)
            problem = (
                f"{stored.key} stands still since {last:%H:%M} UTC: {counts.accepted} of {counts.expected} accepted."
            )
            steps = (f"Look: digest report {stored.key} --who", f"Go on: {stored.key.command('send')}")
            yield Alarm(f"stalled:{stored.key}", f"{stored.key} stands still", problem, steps)


def _refused(conn: store.Connection, newsletter: NewsletterSettings) -> Iterator[Alarm]:
    for stored in _latest(conn, newsletter, 1):
        counts = store.counts(conn, stored.id)
        lost = counts.rejected + counts.failed + counts.ambiguous
        if lost > max(FEWEST, REFUSED_PART * counts.expected):
            problem = f"Of {counts.expected} messages {lost} were refused, failed or are in doubt."
            steps = (f"Look: digest report {stored.key} --who",)
            yield Alarm(f"refused:{stored.key}", f"{stored.key} went to fewer than it should", problem, steps)


def _withdrawn(conn: store.Connection, newsroom: Newsroom, newsletter: NewsletterSettings) -> Iterator[Alarm]:
    for stored in _latest(conn, newsletter, 1):
        gone = store.flags(conn, stored.id, newsroom.clock()).withdrawn
        if stored.frozen_at is None or not gone or newsroom.clock() - stored.frozen_at > _DAY:
            continue
        counts = store.counts(conn, stored.id)
        headlines = ", ".join(f"“{item.headline}”" for item in stored.edition.items() if item.story_id in gone)
        problem = f"{counts.accepted} of {counts.expected} readers have {headlines}, killed, held or embargoed since."
        told = f"digest correct {stored.key} --story {gone[0][:8]} --text … --send"
        yield Alarm(
            f"withdrawn:{stored.key}", f"{stored.key} carries a withdrawn story", problem, (f"Tell them: {told}",)
        )


def _list_size(conn: store.Connection, newsroom: Newsroom, newsletter: NewsletterSettings) -> Iterator[Alarm]:
    editions = _latest(conn, newsletter, 2)
    if len(editions) < 2:
        return
    new, old = editions[0], editions[1]
    now_count, before = new.expected_count or 0, old.expected_count or 0
    if abs(now_count - before) > max(FEWEST, newsroom.settings.alerts.change * before):
        problem = f"{new.key} has {now_count} readers; {old.key} had {before}."
        steps = (f"Look at the list: digest lists show {newsletter.list}",)
        yield Alarm(f"list:{new.key}", f"the list of {newsletter.id} changed much", problem, steps)


def _latest(conn: store.Connection, newsletter: NewsletterSettings, count: int) -> list[store.StoredEdition]:
    states = (State.FROZEN, State.SENT, State.STOPPED)
    found = []
    for stored in store.iter_editions(conn, newsletter.id, states):
        if stored.key.slot == "main":
            found.append(stored)
        if len(found) == count:
            break
    return found


def _quiet(conn: store.Connection, newsroom: Newsroom) -> Iterator[Alarm]:
    changed = sa.select(story.c.source, sa.func.max(story.c.changed_at).label("at")).group_by(story.c.source)
    newest: dict[str, datetime] = {row.source: row.at for row in conn.execute(changed)}
    for source in newsroom.settings.sources:
        last = newest.get(source.name)
        if last is not None and newsroom.clock() - last > newsroom.settings.alerts.quiet:
            problem = f"The source {source.name} brought nothing new since {last:%Y-%m-%d %H:%M} UTC."
            steps = (f"Try it: digest gather --source {source.name}",)
            yield Alarm(f"quiet:{source.name}", f"{source.name} is quiet", problem, steps)
