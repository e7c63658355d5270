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
from subscribers.transfer.standing import is_named_for_leavers

MAX_FILES = 200
MAX_BYTES = 4_000_000_000
"""Unpacked, all together: about forty million rows."""

MAX_RATIO, RATIO_FROM = 200, 10_000_000
"""How many times its packed size a file may unpack to, from which size on: tables of people come to twenty times."""
_ENCRYPTED = 0x1
"""The bit of a member's flags that says so (PKWARE's APPNOTE, 4.4.4)."""

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
def unpacked(path: Path) -> Iterator[tuple[list[str], Iterator[Path]]]:
    """Give the subscriber files of an archive one after the other, those of who left first; each is removed again.

    Before them come the names of the files that are not read. Nothing but tables and JSON is unpacked, under its bare
    name. Who left comes first, so that a person who stands in two files is never on the list for a moment. Raises
    BadFile for an archive that is damaged, too large, protected by a password, a spreadsheet, or without any file to
    read, and for one with a file that is not read and is named for people who left: the others would bring them in.
    """
    try:
        with zipfile.ZipFile(path) as archive, TemporaryDirectory(prefix="subscribers-") as folder:
            members = _members(path, archive)
            yield _passed_over(path, archive), _iter_files(archive, members, Path(folder))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadFile(f"The archive {path} cannot be unpacked: {error}. Fetch it again.") from error


def _passed_over(path: Path, archive: zipfile.ZipFile) -> list[str]:
    """Return the names of files that are not read; raises BadFile when one of them is named for people who left."""
    found = [each for each in archive.infolist() if _is_there(each) and not _is_table(each)]
    names, leavers = ([each.filename for each in some] for some in (found, filter(_is_for_leavers, found)))
    if leavers:
        raise BadFile(
            f"The archive {path} holds {', '.join(leavers)}, which cannot be read: who left would come in by its other "
            f"files. Put it there as {', '.join(_READ)}."
        )
    return names


def _members(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    names = archive.namelist()
    if any(name in names for name in _SHEETS):
        raise BadFile(f"The subscriber file {path} is a spreadsheet: save the sheet as CSV.")
    found = [each for each in archive.infolist() if _is_there(each) and _is_table(each)]
    if any(each.flag_bits & _ENCRYPTED for each in archive.infolist()):
        raise BadFile(f"The archive {path} is protected by a password: unpack it, and import its files.")
    if not found:
        raise BadFile(f"The archive {path} holds no {', '.join(_READ)} file.")
    if len(found) > MAX_FILES or sum(each.file_size for each in found) > MAX_BYTES:
        raise BadFile(f"The archive {path} holds over {MAX_FILES} files or {MAX_BYTES:,} bytes: unpack it yourself.")
    for each in found:
        if each.file_size > max(RATIO_FROM, each.compress_size * MAX_RATIO):
            raise BadFile(
                f"The archive {path} was not unpacked: {each.filename} would become {each.file_size:,} bytes from "
                f"{each.compress_size:,}, as no list of people does. If it is one, unpack it yourself."
            )
    return sorted(found, key=_leaving_first)


def _is_there(member: zipfile.ZipInfo) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(member.filename).parts)
    return not member.is_dir() and not hidden and member.file_size > 0


def _is_table(member: zipfile.ZipInfo) -> bool:
    return PurePosixPath(member.filename).suffix.lower() in _READ


def _leaving_first(member: zipfile.ZipInfo) -> tuple[bool, str]:
    return not _is_for_leavers(member), member.filename


def _is_for_leavers(member: zipfile.ZipInfo) -> bool:
    return is_named_for_leavers(_name(member))


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's bare name, after that of a folder where only this says that its people left."""
    *folders, name = PurePosixPath(member.filename.replace("\\", "/")).parts
    told = next((folder for folder in folders if is_named_for_leavers(folder)), "")
    return f"{told}-{name}" if told and not is_named_for_leavers(name) else name


def _iter_files(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> Iterator[Path]:
    for member in members:
        target = folder / _name(member)
        try:
            with archive.open(member) as packed, target.open("wb") as out:
                shutil.copyfileobj(packed, out)
        except RuntimeError as error:
            raise BadFile(
                f"{member.filename} in {archive.filename} cannot be unpacked ({error}): pack it anew."
            ) from error
        # The sizes in the directory are the archive's own word.
        if target.stat().st_size > member.file_size:
            raise BadFile(f"The archive {archive.filename} is larger than it says.")
        yield target
        target.unlink()
