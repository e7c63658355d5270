"""What ``digest subscribers import``, ``imports``, ``undo`` and ``export`` do."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import subscribers
from digest.cli.opening import ask, emit, say, warn, workspace
from digest.cli.sending import counted
from digest.errors import UsageError
from digest.text.counting import plural
from subscribers import ImportReport, Outcome, Refused

SHOWN_REFUSALS = 20


def import_people(
    file: Path,
    list_id: str,
    *,
    dry_run: bool,
    refused: Path | None,
    columns: Sequence[str],
    dates: str,
    as_json: bool,
) -> int:
    """Import a file, or all of a zip, and tell the counts; refused rows are listed and make no failure.

    1 when a file of a zip could not be read at all, or a line of our own export could not be.
    """
    options = {"dry_run": dry_run, "mapping": _mapping(columns) or None, "day_first": _day_first(dates)}
    reports = []
    with workspace() as newsroom, _refusals(refused, file) as note, counted("importing", quiet=as_json) as on_progress:
        found = subscribers.import_files(
            newsroom.engine,
            file,
            list_id,
            keys=newsroom.keys,
            now=newsroom.clock(),
            on_refused=note,
            on_progress=on_progress,
            **options,
        )
        for report in found:
            reports.append(report)
            if not as_json:
                _tell(report)
    if as_json:
        documents = [dataclasses.asdict(report) for report in reports]
        emit(documents[0] if len(documents) == 1 else documents)
    elif dry_run:
        say("Dry run: nothing was changed.")
    return 0 if all(report.is_whole for report in reports) else 1


def _tell(report: ImportReport) -> None:
    for text in report.warnings:
        warn(f"{report.file}: {text}")
    if not report.format:
        warn(f"{report.file} was not imported: {' '.join(report.notes)}")
        return
    say(f"{report.file}: read as {report.format} ({report.because})")
    for text in report.notes:
        say(f"  {text}")
    if report.unread_dates:
        warn(
            f"{report.file}: {report.unread_dates:,} rows have a date that cannot be read, {report.unread_date} for "
            "one, and have that of this import instead: --dates says how 03-04-2024 is meant"
        )
    for outcome, count in report.counts.items():
        say(f"  {count:>8} {outcome}")
    for row in report.refused[:SHOWN_REFUSALS]:
        warn(f"{report.file}, line {row.line}: {row.reason}")
    more = max(report.counts[Outcome.REFUSED], len(report.refused)) - len(report.refused[:SHOWN_REFUSALS])
    if more:
        warn(f"{more} more refused rows; write them all with --refused FILE")
    if report.import_id is not None:
        say(f"  `digest subscribers undo {report.import_id}` takes this import back")


def _mapping(columns: Sequence[str]) -> dict[str, str]:
    found = {}
    for each in columns:
        field, sign, column = each.partition("=")
        if not sign or not field or not column:
            raise UsageError(f"--column {each}: write FIELD=COLUMN, for example --column email=Contact.")
        found[field.strip()] = column.strip()
    return found


def _day_first(dates: str) -> bool | None:
    if dates not in ("", "day-first", "month-first"):
        raise UsageError(f"--dates {dates}: day-first or month-first.")
    return None if not dates else dates == "day-first"


@contextmanager
def _refusals(path: Path | None, imported: Path) -> Iterator[Callable[[Refused], None] | None]:
    """Write refused rows to a file of their own as they come, to be mended and imported."""
    if path is None:
        yield None
        return
    with subscribers.RefusedFile(path, imported) as out:
        yield out.write


def show_imports(*, as_json: bool) -> int:
    """List the imports, the latest first."""
    with workspace() as newsroom, newsroom.reading() as conn:
        runs = list(subscribers.iter_imports(conn))
    if as_json:
        emit([dataclasses.asdict(run) for run in runs])
        return 0
    for run in runs:
        state = "undone" if run.undone_at else "done" if run.finished_at else "broken off: import the file again"
        say(f"{run.id:>6}  {run.started_at:%Y-%m-%d %H:%M}  {run.list_id}  {run.file_name}  {run.rows:,} rows, {state}")
    return 0


def undo(import_id: int, *, yes: bool) -> int:
    """Take one import back; who left or must not be mailed stays noted."""
    with workspace() as newsroom:
        with newsroom.reading() as conn:
            noted = subscribers.get_import(conn, import_id)
        ask(f"Take import {import_id} ({noted.file_name}, {noted.rows:,} rows, to {noted.list_id}) back?", yes=yes)
        with newsroom.writing() as conn:
            done = subscribers.undo_import(conn, import_id, now=newsroom.clock())
    gone = f"{plural(done.subscriptions, 'subscription')} and {plural(done.people, 'person', 'people')}"
    say(f"Gone again, of import {import_id}: {gone}.")
    if done.kept:
        say(f"{done.kept:,} of its people stay: they left, must not be mailed, or did something of their own since.")
    return 0


def export(list_id: str | None, format: str) -> int:
    """Write subscribers to standard output."""
    allowed = ("csv", "jsonl", *subscribers.FOREIGN)
    if format not in allowed:
        raise UsageError(f"--format {format}: {', '.join(allowed)}.")
    if format in subscribers.FOREIGN and list_id is None:
        raise UsageError(f"--format {format} is about one list: name it with --list.")
    with workspace() as newsroom, newsroom.reading() as conn:
        if list_id is not None:
            subscribers.get_list(conn, list_id)
        if format in subscribers.FOREIGN and list_id is not None:
            lines = subscribers.export_foreign(conn, list_id, format, keys=newsroom.keys)
        else:
            lines = subscribers.export_list(conn, list_id, "csv" if format == "csv" else "jsonl")
        for text in lines:
            sys.stdout.write(text)
    return 0
