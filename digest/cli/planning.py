"""What ``digest skip``, ``digest extra`` and ``digest correct`` do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from digest import store
from digest.cli.acts import login_name
from digest.cli.opening import ask, edition_key, say, workspace
from digest.cli.sending import carry_out
from digest.engine import correcting
from digest.errors import UsageError
from digest.newsroom import parse_key
from digest.text.counting import plural


def skip(newsletter: str, day: str, *, undo: bool, author: str) -> int:
    """Take a day out of the calendar, or put it back."""
    with workspace() as newsroom:
        key = edition_key(newsroom, newsletter, day, "main")
        with newsroom.writing() as conn:
            now = newsroom.clock()
            stored = store.load(conn, key)
            if stored is not None and stored.frozen_at is not None:
                raise UsageError(f"{key} is {stored.state} already: it cannot be skipped any more.")
            if undo and not store.remove_special_day(conn, key):
                raise UsageError(f"{key} was not taken out of the calendar.")
            if not undo:
                store.add_special_day(conn, key, due=None, author=author or login_name(), now=now)
            store.log(conn, now, "calendar", "put back" if undo else "taken out", key.newsletter, str(key))
    say(f"{key} is {'on the calendar again' if undo else 'taken out of the calendar'}.")
    return 0


def extra(newsletter: str, slot: str, at: str, day: str, *, undo: bool, author: str) -> int:
    """Put an extra edition on the calendar, or take it off."""
    if slot == "main":
        raise UsageError("--slot main is the day's own edition; name the extra one: --slot breaking.")
    with workspace() as newsroom:
        key = edition_key(newsroom, newsletter, day, slot)
        now = newsroom.clock()
        zone = ZoneInfo(newsroom.newsletter(newsletter).timezone)
        if undo:
            with newsroom.writing() as conn:
                if not store.remove_special_day(conn, key):
                    raise UsageError(f"{key} is not on the calendar.")
                store.log(conn, now, "calendar", "taken off", key.newsletter, str(key))
            say(f"{key} is off the calendar.")
            return 0
        due = _moment(key.day, at, zone)
        if due <= now:
            raise UsageError(f"{at} on {key.day} is past; send it now with `{key.command('run')}`.")
        with newsroom.writing() as conn:
            store.add_special_day(conn, key, due=due, author=author or login_name(), now=now)
            store.log(conn, now, "calendar", f"an extra edition at {due:%H:%M} UTC", key.newsletter, str(key))
    say(f"{key} goes out at {at} ({zone.key}).")
    return 0


def correct(written: str, story: str, text: str, *, send: bool, yes: bool, author: str) -> int:
    """Keep a correction of an edition and, if asked, mail it to exactly those who have the edition."""
    with workspace() as newsroom:
        key = parse_key(newsroom, written)
        correction = correcting.correct(newsroom, key, story, text, author or login_name())
        say(f"{key}: “{correction.headline}” is corrected on its page and in the next edition.")
        if not send:
            return 0
        readers = correcting.readers(newsroom, key)
        ask(f"Send the correction to {plural(readers, 'reader')} of {key}?", yes=yes)
        work = partial(correcting.send_correction, newsroom, key)
        return carry_out(newsroom, correcting.correction_key(newsroom, key), work)


def _moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time.fromisoformat(at), tzinfo=zone).astimezone(UTC)
    except ValueError as error:
        raise UsageError(f"--at {at}: write a time of day as 14:00.") from error
