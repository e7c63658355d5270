"""Find out how a file is encoded, by reading it once from end to end in little memory."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

from subscribers.errors import BadFile

_BLOCK = 1 << 20
_CONTROL_SHARE, _FEW = 0.02, 3
"""How much of a file's beginning may be control characters, and how many are too few to tell: a broken export has
some, a program or a picture has many."""
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1a\x1b"))

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = {
    # A whole archive is told by its end and does not come here.
    b"PK\x03\x04": "a zip archive or a spreadsheet (.xlsx) that is broken off: fetch or export it again",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet (.xls): save the sheet as CSV",
    b"\x1f\x8b": "compressed: unpack it",
    b"SQLite format 3\0": "a database, not a list of subscribers",
    b"%PDF": "a PDF: export the list as CSV",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at a file tells: its encoding, the SHA-256 of its bytes, and about how many lines it has."""

    encoding: str
    file_hash: str
    lines: int


def look_at(path: Path) -> Looked:
    """Read the file once; raises BadFile when it is missing, empty, or no text.

    UTF-8, UTF-16 and UTF-32 are told by their mark or by being valid; whatever is none of them is taken for
    Windows-1252, which spreadsheets on Windows write, or at last for Latin-1, in which every byte is a letter.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise BadFile(f"Cannot read the subscriber file {path}: {error.strerror}.") from error
    if not start.strip():
        raise BadFile(f"The subscriber file {path} is empty.")
    for mark, what in _NOT_TEXT.items():
        if start.startswith(mark):
            raise BadFile(f"The subscriber file {path} is {what}.")
    if not _marked(start) and _is_binary(start):
        raise BadFile(f"The subscriber file {path} is no text: export the list as CSV.")
    candidates = [_marked(start)] if _marked(start) else ["utf-8", "cp1252", "latin-1"]
    looked = next(filter(None, (_read_as(path, candidate) for candidate in candidates)), None)
    if looked is None:
        raise BadFile(f"The subscriber file {path} says it is {candidates[0]} and is not: save it as UTF-8.")
    return looked


def _is_binary(start: bytes) -> bool:
    controls = len(start) - len(start.translate(None, _CONTROL))
    return controls > max(_FEW, len(start) * _CONTROL_SHARE)


def _marked(start: bytes) -> str:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    # UTF-16 without a mark: ASCII letters leave every second byte zero.
    if start[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if start[:1] == b"\0" else ""


def _read_as(path: Path, encoding: str) -> Looked | None:
    decoder, digest, lines = codecs.getincrementaldecoder(encoding)(), hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                text = decoder.decode(block)
                lines += max(text.count("\n"), text.count("\r"))
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return Looked(encoding, digest.hexdigest(), lines)
