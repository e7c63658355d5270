"""Open a zip of subscriber files one by one, guarding against archives that unpack to more than a disk holds."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from subscribers.errors import BadFile

MAX_FILES = 200
MAX_BYTES = 4_000_000_000
"""Unpacked, all together: about forty million rows."""

_SHEETS = ("xl/workbook.xml", "content.xml")
"""What a zip holds that is a spreadsheet."""
_READ = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")


def is_archive(path: Path) -> bool:
    """Tell whether the file is a zip archive."""
    try:
        return zipfile.is_zipfile(path)
    except OSError:
        return False


@contextmanager
def unpacked(path: Path) -> Iterator[Iterator[Path]]:
    """Give the subscriber files of an archive one after the other, those of who left first; each is removed again.

    Nothing but tables and JSON is unpacked, under its bare name. Who left comes first, so that a person who stands in
    two files is never on the list for a moment. Raises BadFile for an archive that is damaged, too large, protected by
    a password, a spreadsheet, or without any file to read.
    """
    try:
        with zipfile.ZipFile(path) as archive, TemporaryDirectory(prefix="subscribers-") as folder:
            yield _iter_files(archive, _members(path, archive), Path(folder))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise BadFile(f"The archive {path} cannot be unpacked: {error}.") from error


def _members(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    names = archive.namelist()
    if any(name in names for name in _SHEETS):
        raise BadFile(f"The subscriber file {path} is a spreadsheet: save the sheet as CSV.")
    found = [each for each in archive.infolist() if _is_wanted(each)]
    if not found:
        raise BadFile(f"The archive {path} holds no {', '.join(_READ)} file.")
    if len(found) > MAX_FILES or sum(each.file_size for each in found) > MAX_BYTES:
        raise BadFile(f"The archive {path} holds over {MAX_FILES} files or {MAX_BYTES:,} bytes: unpack it yourself.")
    return sorted(found, key=_leaving_first)


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    place = PurePosixPath(member.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in place.parts)
    return not member.is_dir() and not hidden and place.suffix.lower() in _READ and member.file_size > 0


def _leaving_first(member: zipfile.ZipInfo) -> tuple[bool, str]:
    name = PurePosixPath(member.filename).name.lower()
    return not name.startswith(("unsubscribed", "nonsubscribed", "cleaned")), member.filename


def _iter_files(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> Iterator[Path]:
    for member in members:
        target = folder / PurePosixPath(member.filename.replace("\\", "/")).name
        with archive.open(member) as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out)
        # The sizes in the directory are the archive's own word.
        if target.stat().st_size > member.file_size:
            raise BadFile(f"The archive {archive.filename} is larger than it says.")
        yield target
        target.unlink()
