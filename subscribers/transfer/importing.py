"""Bring a foreign file's people onto a list: streaming, in short transactions, mailing nobody.

The stricter state wins, between the file and us and between two rows of the file: an import never brings back who
has left, and who left or bounced elsewhere is suppressed here.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from subscribers import schema
from subscribers.database import bulk, prepare_batch, reading, refresh_statistics, writing
from subscribers.errors import BadFile
from subscribers.lists import get_list
from subscribers.tokens import KeyRing
from subscribers.transfer.ahead import LONG, Reading, read_ahead, read_blocks
from subscribers.transfer.archive import is_archive, unpacked
from subscribers.transfer.batch import Batch, Run
from subscribers.transfer.decoding import Looked, look_at
from subscribers.transfer.objects import is_json, iter_objects, read_object, unread_names
from subscribers.transfer.recognising import recognise
from subscribers.transfer.report import OWN_COLUMNS, OWN_EXPORT, ImportReport, Outcome, Progress, Refused
from subscribers.transfer.restoring import is_own_export, restore
from subscribers.transfer.row import Row
from subscribers.transfer.standing import find_status_of_name, is_named_for_leavers, like_a_status
from subscribers.transfer.tables import Block, in_blocks

BATCH = 10_000
"""How many rows one transaction takes: the write lock is held for a fraction of a second."""

KEPT_REFUSALS = 100_000
"""How many refused rows a report holds; all of them are counted and handed to ``on_refused``."""


def import_file(
    engine: sa.Engine,
    path: Path,
    list_id: str,
    *,
    keys: KeyRing,
    now: datetime,
    dry_run: bool = False,
    mapping: Mapping[str, str] | None = None,
    day_first: bool | None = None,
    on_progress: Progress | None = None,
    on_refused: Callable[[Refused], None] | None = None,
    rehearsed: dict[int, bool] | None = None,
) -> ImportReport:
    """Import a file of subscribers and report what became of every row; a dry run changes nothing.

    ``mapping`` names the file's column for a field: email, name, first_name, last_name, tags, status, joined, ip,
    left. ``day_first`` says how dates like 03-04-2024 are meant. ``rehearsed`` is handed to the dry runs of several
    files that belong together, an empty dictionary to the first. A file that was broken off goes on where it stopped;
    one imported before finds everybody known. Raises BadFile and UnknownList.
    """
    with reading(engine) as conn:
        get_list(conn, list_id)
    if is_archive(path):
        raise BadFile(f"The file {path} is an archive: its files are imported one by one with import_files.")
    looked = look_at(path)
    if is_own_export(path, looked.encoding):
        report = ImportReport(path.name, OWN_EXPORT, "its first line says so", looked.encoding, dry_run)
        restore(engine, path, report, keys=keys, now=now, on_progress=on_progress, on_refused=on_refused)
        _look_anew(engine, report)
        return report
    blocks, report = _blocks_of(path, looked, mapping, day_first, dry_run, now)
    if named := find_status_of_name(path.name):
        report.notes.append(f"by the file's name its people are {named}, where their rows do not say")
    run = _begin(engine, path, list_id, looked, report, now)
    run.rehearsed = rehearsed
    with _without_cycles(), bulk(engine) as conn, closing(blocks):
        for batch in _batches(blocks, run, report, on_refused):
            _apply(conn, batch, run, report, keys)
            if on_progress is not None:
                on_progress(report.rows, max(looked.lines, report.rows))
    _finish(engine, run, report, now)
    _look_anew(engine, report)
    return report


def import_files(
    engine: sa.Engine, path: Path, list_id: str, *, keys: KeyRing, now: datetime, **options: Any
) -> Iterator[ImportReport]:
    """Import a file, or every file of a zip archive, those of who left first; options are those of ``import_file``.

    A file of an archive that cannot be read is reported with the reason among its notes and the others go on, unless
    it is named for people who left: then BadFile is raised, before anybody comes in by the others.
    """
    if not is_archive(path):
        yield import_file(engine, path, list_id, keys=keys, now=now, **options)
        return
    with reading(engine) as conn:
        get_list(conn, list_id)
    if options.get("dry_run"):
        options["rehearsed"] = {}
    with unpacked(path) as (passed_over, files):
        for file in files:
            try:
                report = import_file(engine, file, list_id, keys=keys, now=now, **options)
            except BadFile as error:
                reason = str(error).replace(str(file), file.name)
                if is_named_for_leavers(file.name):
                    raise BadFile(f"{reason} It was to keep out who left: nothing more of {path} was read.") from error
                report = ImportReport(file.name, "", "it cannot be read", "", options.get("dry_run", False))
                report.notes.append(reason)
            # Told once, with the first file.
            report.warnings.extend(
                f"{name} in {path.name} was not read; if it holds people, put it there as CSV" for name in passed_over
            )
            passed_over = []
            yield report


def _blocks_of(
    path: Path,
    looked: Looked,
    mapping: Mapping[str, str] | None,
    day_first: bool | None,
    dry_run: bool,
    now: datetime,
) -> tuple[Generator[Block, None, None], ImportReport]:
    if is_json(path, looked.encoding):
        if mapping:
            raise BadFile(f"The subscriber file {path} is JSON, which has no columns to be named: rename its keys.")
        report = ImportReport(path.name, "JSON", "it begins like JSON", looked.encoding, dry_run)
        return in_blocks(_read_json(path, report, day_first), BATCH), report
    table = recognise(path, looked.encoding, mapping, day_first=day_first)
    report = ImportReport(path.name, table.shape.name, table.because, looked.encoding, dry_run)
    report.columns = table.written
    _warn_of(like_a_status(table.others), report)
    if not table.tells_who_left and not is_named_for_leavers(path.name):
        report.notes.append("no column of it says who left: all its people count as readers")
    reading = Reading(path, looked.encoding, mapping, day_first, BATCH, now)
    return (read_ahead if looked.lines >= LONG else read_blocks)(reading), report


def _warn_of(columns: Sequence[str], report: ImportReport) -> None:
    if columns:
        report.warnings.append(
            f"nobody was judged by {', '.join(columns)}. If that says who left, take this import back and name it, "
            "for example with --column status=COLUMN"
        )


def _read_json(path: Path, report: ImportReport, day_first: bool | None) -> Iterator[Row | Refused]:
    name, seen = path.name.lower(), set[str]()
    for line, found in iter_objects(path, report.encoding):
        if isinstance(found, Mapping) and not seen.issuperset(found):
            _warn_of(unread_names(found.keys() - seen), report)
            seen.update(found)
        yield found if isinstance(found, Refused) else read_object(found, line, name, day_first=day_first)


def _begin(engine: sa.Engine, path: Path, list_id: str, looked: Looked, report: ImportReport, now: datetime) -> Run:
    """Note the import, or find the unfinished one of the same file and list to go on with."""
    if report.dry_run:
        return Run(None, list_id, now, path.name, report.format)
    table = schema.import_run
    unfinished = sa.select(table).where(
        table.c.file_hash == looked.file_hash, table.c.list_id == list_id, table.c.finished_at.is_(None)
    )
    with writing(engine) as conn:
        before = conn.execute(unfinished.order_by(table.c.id)).first()
        if before is not None:
            report.notes.insert(0, f"went on after row {before.rows_done:,}, where an earlier run stopped")
            report.import_id, report.rows = before.id, before.rows_done
            report.counts.update({Outcome(name): count for name, count in before.counts.items()})
            return Run(before.id, list_id, now, path.name, report.format)
        values = {
            "list_id": list_id,
            "file_name": path.name,
            "file_hash": looked.file_hash,
            "format": report.format,
            "started_at": now,
            "rows_done": 0,
            "counts": {},
        }
        report.import_id = conn.execute(sa.insert(table).returning(table.c.id), values).scalar_one()
    return Run(report.import_id, list_id, now, path.name, report.format)


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Stop looking for cycles of garbage: rows make none, and the search reads every row held again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _batches(
    blocks: Iterator[Block],
    run: Run,
    report: ImportReport,
    on_refused: Callable[[Refused], None] | None,
) -> Iterator[Batch]:
    """Yield batches of readable rows, the refused ones reported; rows an earlier run did are only remembered."""
    to_pass = report.rows
    for block in blocks:
        done, rest = block.parted(to_pass)
        to_pass -= done.rows
        _take_all(done, run).remember()
        if rest.rows:
            _note_dates(rest, report)
            yield _take_all(rest, run, lambda refused: _refuse(refused, report, on_refused))


def _take_all(block: Block, run: Run, on_refused: Callable[[Refused], None] | None = None) -> Batch:
    batch = Batch(run, block.plain, block.rows)
    for row in block.others:
        refused = batch.refuse(row) if isinstance(row, Refused) else batch.take(row)
        if refused is not None and on_refused is not None:
            on_refused(refused)
    return batch


def _note_dates(block: Block, report: ImportReport) -> None:
    by_line = [(row.line, row.unread_date) for row in block.others if isinstance(row, Row) and row.unread_date]
    found = sorted([*block.unread, *by_line])
    if found and not report.unread_dates:
        line, text = found[0]
        report.unread_date = f"{text!r} in line {line}"
    report.unread_dates += len(found)


def _refuse(refused: Refused, report: ImportReport, on_refused: Callable[[Refused], None] | None) -> None:
    if len(report.refused) < KEPT_REFUSALS:
        report.refused.append(replace(refused, cells=()))
    if on_refused is not None:
        on_refused(_in_full(refused, report))


def _in_full(refused: Refused, report: ImportReport) -> Refused:
    """Name the cells, and say how the row stands by the name of its file, which the file of refused rows has not."""
    columns, cells = refused.columns or report.columns, refused.cells
    if not columns:
        return refused
    if columns[: len(OWN_COLUMNS)] == OWN_COLUMNS:
        columns, cells = columns[len(OWN_COLUMNS) :], cells[len(OWN_COLUMNS) :]
    named = find_status_of_name(report.file)
    if named is not None:
        columns, cells = (named.value, *columns), ("yes", *cells)
    return replace(refused, columns=columns, cells=cells)


def _apply(conn: sa.Connection, batch: Batch, run: Run, report: ImportReport, keys: KeyRing) -> None:
    """Write a batch and how far the import is in one transaction; a dry run only judges and takes that back."""
    with conn.begin() as transaction:
        prepare_batch(conn)
        batch.apply(conn, keys, dry_run=report.dry_run)
        report.rows += batch.rows
        for outcome, count in batch.counts.items():
            report.counts[outcome] += count
        if run.import_id is not None:
            _note(conn, run, {"rows_done": report.rows, "counts": report.counts})
        if report.dry_run:
            transaction.rollback()


def _finish(engine: sa.Engine, run: Run, report: ImportReport, now: datetime) -> None:
    if run.import_id is not None:
        with writing(engine) as conn:
            _note(conn, run, {"finished_at": now, "rows_done": report.rows, "counts": report.counts})


def _look_anew(engine: sa.Engine, report: ImportReport) -> None:
    if not report.dry_run and report.counts[Outcome.ADDED] >= BATCH:
        grown = (schema.subscriber, schema.subscription, schema.subscriber_tag)
        refresh_statistics(engine, [table.name for table in grown])


def _note(conn: sa.Connection, run: Run, values: Mapping[str, object]) -> None:
    conn.execute(sa.update(schema.import_run).where(schema.import_run.c.id == run.import_id).values(**values))
