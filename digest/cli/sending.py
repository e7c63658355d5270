"""What ``digest send`` and ``digest run`` do, with progress on a terminal and counts at the end."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from digest import job, store
from digest.cli.editions import tell_gathered
from digest.cli.opening import ask, edition_key, emit, say, workspace
from digest.cli.plainly import INTERRUPTED, fail, printable_line
from digest.engine.calendar import rule_of
from digest.job import Delivered
from digest.mailing import Progress, audience
from digest.model import Counts, EditionKey
from digest.newsroom import Newsroom
from digest.schedule import deadline_of
from digest.text.counting import plural


def send(
    newsletter: str, day: str, slot: str, *, proofs: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool
) -> int:
    """Send an edition, or a proof of it. 0 done, 1 unfinished, 3 withheld by policy."""
    with workspace() as newsroom:
        key = edition_key(newsroom, newsletter, day, slot)
        if proofs:
            return _proof(newsroom, key, proofs, as_json=as_json)
        if not dry_run:
            ask(f"Send {key} to {plural(audience(newsroom, key), 'reader')}?", yes=yes)
        work = partial(job.deliver, newsroom, key, dry_run=dry_run)
        return carry_out(newsroom, key, work, as_json=as_json, dry_run=dry_run)


def run(newsletter: str, day: str, slot: str, *, as_json: bool) -> int:
    """Do the whole job. 0 done or already sent, 1 unfinished, 3 withheld by policy."""
    with workspace() as newsroom:
        key = edition_key(newsroom, newsletter, day, slot)
        work = partial(job.run, newsroom, key, on_source=None if as_json else tell_gathered)
        return carry_out(newsroom, key, work, as_json=as_json)


def carry_out(
    newsroom: Newsroom, key: EditionKey, work: Callable[..., Delivered], *, as_json: bool = False, dry_run: bool = False
) -> int:
    """Send by ``work``, which is given ``on_progress``; tell what became of it, or after Ctrl-C how far it came."""
    late = _after_hours(newsroom, key)
    try:
        with bar(quiet=as_json) as on_progress:
            delivered = work(on_progress=on_progress)
    except KeyboardInterrupt:
        return _interrupted(newsroom, key)
    if not (delivered.already or dry_run):
        delivered = dataclasses.replace(delivered, notes=(*late, *delivered.notes))
    return tell(delivered, as_json=as_json, dry_run=dry_run)


def _interrupted(newsroom: Newsroom, key: EditionKey) -> int:
    with newsroom.reading() as conn:
        stored = store.load(conn, key)
        counts = store.counts(conn, stored.id) if stored is not None else Counts()
    how_far = sentence(counts) if counts.expected else "nothing was sent"
    return fail(f"{key} was interrupted: {how_far}. Go on with `{key.command('send')} --yes`.", INTERRUPTED)


def _after_hours(newsroom: Newsroom, key: EditionKey) -> tuple[str, ...]:
    """Return a line when the schedule would send this edition no more; who asks for it by hand gets it all the same."""
    newsletter = newsroom.newsletter_of(key)
    last = deadline_of(rule_of(newsletter), key.day)
    if key.slot != "main" or newsletter.not_after is None or last is None or newsroom.clock() <= last:
        return ()
    return (f"later than not_after = {newsletter.not_after:%H:%M} ({newsletter.timezone}): sent because you asked.",)


def tell(delivered: Delivered, *, as_json: bool = False, dry_run: bool = False) -> int:
    """Tell what became of a send and return its exit code: 0 also when other processes are sending all that is left."""
    counts = delivered.counts
    if as_json:
        more = {name: getattr(delivered, name) for name in ("already", "notes", "elsewhere", "ended")}
        emit(counts_document(delivered.key, counts) | more)
    elif delivered.already:
        say(f"{delivered.key} was already sent: {sentence(counts)}. Nothing was sent now.")
    elif dry_run:
        say(f"{delivered.key} is fit to send to {plural(counts.expected, 'reader')}. Nothing was sent.")
    else:
        for note in delivered.notes:
            say(note)
        say(f"{delivered.key}: {sentence(counts)}.")
        if counts.ambiguous:
            say(f"{counts.ambiguous} may or may not have it: `digest ambiguous {delivered.key}`.")
        if delivered.elsewhere:
            say(f"Another process is sending {delivered.elsewhere} of them.")
        if delivered.ended:
            say(f"It goes no further, {delivered.ended}: {plural(counts.open, 'reader')} did not get it.")
            say(f"`digest report {delivered.key} --who` says who has it.")
        elif delivered.is_unfinished:
            say(f"Unfinished: run `{delivered.key.command('send')} --yes` again.")
    return 1 if delivered.is_unfinished else 0


def sentence(counts: Counts) -> str:
    """Say counts in words, leaving out the zeros."""
    named = dataclasses.asdict(counts)
    expected = named.pop("expected")
    parts = [f"{count} {name}" for name, count in named.items() if count]
    return f"{plural(expected, 'reader')}: " + (", ".join(parts) or "none yet")


def counts_document(key: EditionKey, counts: Counts) -> dict[str, object]:
    """Return the report's contract: the edition's name and its counts."""
    return {"edition": str(key), **dataclasses.asdict(counts)}


@contextmanager
def bar(*, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Show a progress bar with rate and time left on a terminal; everywhere, tell what a long wait is for."""
    with counted("sending", quiet=quiet) as tell_count:
        told: set[datetime] = set()

        def on_progress(progress: Progress) -> None:
            if tell_count is not None:
                tell_count(progress.done, progress.expected, f"{progress.per_second:,.0f}/s")
            until = progress.waiting_until
            if until is not None and until not in told:
                told.add(until)
                open_ = progress.expected - progress.done
                print(
                    f"Put off by their servers: {open_} of {progress.expected}. The next try is at "
                    f"{until.astimezone():%H:%M:%S}. Ctrl-C is safe: sending again goes on from here.",
                    file=sys.stderr,
                )

        yield on_progress


@contextmanager
def counted(what: str, *, quiet: bool) -> Iterator[Callable[..., None] | None]:
    """Show how many of about how many are done, on a terminal; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (
        *(TextColumn(what), BarColumn(), MofNCompleteColumn()),
        *(TextColumn("{task.fields[rate]}"), TimeRemainingColumn()),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None, rate="")
        yield lambda done, total, rate="": shown.update(task, completed=done, total=total, rate=rate)


def _proof(newsroom: Newsroom, key: EditionKey, addresses: tuple[str, ...], *, as_json: bool) -> int:
    outcomes = job.prove(newsroom, key, addresses)
    if as_json:
        emit([{"address": address, "fate": str(o.fate), "reply": o.reply} for address, o in outcomes])
    else:
        for address, outcome in outcomes:
            reply = printable_line(f" {outcome.reply}" if outcome.reply else "")
            say(f"proof of {key} to {address}: {outcome.fate}{reply}")
    return 0 if all(outcome.fate == "accepted" for _, outcome in outcomes) else 1
