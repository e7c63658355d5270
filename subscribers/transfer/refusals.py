"""Write refused rows to a file that can be mended and imported as it is: the whole row, after its line and reason.

Rows of a table make a table of the same columns, safe to open in a spreadsheet; JSON makes JSON lines.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO

from subscribers.errors import BadFile
from subscribers.transfer.cells import csv_line, safe_cell
from subscribers.transfer.report import OWN_COLUMNS, Refused

_LINE, _REASON = OWN_COLUMNS
_BEGINNINGS = (f"{_LINE},{_REASON}", f'{{"{_LINE}": ')
"""How a file that was written here begins."""


class RefusedFile:
    """The files of one import's refused rows, a resource to be closed.

    A file has one header: members of a zip that have other columns go to files of their own, ``refused-2.csv`` and so
    on. None is opened before there is a row for it; without any, an empty table is left. Raises BadFile, before
    anything is read, when the file is the one that is imported, and when it holds what was not written here.
    """

    def __init__(self, path: Path, imported: Path) -> None:
        self._path, self._imported = path, imported
        self._stack = ExitStack()
        self._outs: dict[tuple[str, ...], IO[str]] = {}
        self._check(path)

    def __enter__(self) -> RefusedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and not self._outs:
            self._out((), csv_line(OWN_COLUMNS, "\n"))
        self._stack.close()

    def write(self, refused: Refused) -> None:
        """Write one row."""
        if not refused.columns:
            self._out((), "").write(_json_line(refused))
            return
        cells = (str(refused.line), refused.reason, *map(safe_cell, refused.cells))
        self._out(refused.columns, csv_line((*OWN_COLUMNS, *refused.columns), "\n")).write(csv_line(cells, "\n"))

    def _out(self, columns: tuple[str, ...], header: str) -> IO[str]:
        if columns not in self._outs:
            number = len(self._outs) + 1
            path = self._path if number == 1 else self._path.with_stem(f"{self._path.stem}-{number}")
            self._check(path)
            self._outs[columns] = self._stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            self._outs[columns].write(header)
        return self._outs[columns]

    def _check(self, path: Path) -> None:
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise BadFile(
                f"The refused rows cannot be written to {path}: name a file in a folder that can be written to."
            )
        if not path.is_file():
            return
        if self._imported.exists() and path.samefile(self._imported):
            raise BadFile(f"The refused rows would be written over the file that is imported, {path}: name another.")
        with path.open(encoding="utf-8", errors="replace") as file:
            start = file.read(max(map(len, _BEGINNINGS)))
        if start and not start.startswith(_BEGINNINGS):
            raise BadFile(
                f"The refused rows cannot be written to {path}: it is there and holds something else. Move it away, "
                "or name another file."
            )


def _json_line(refused: Refused) -> str:
    text = refused.cells[0] if refused.cells else refused.text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    said = found if isinstance(found, dict) else {"text": text}
    rest = {name: said[name] for name in said if name not in OWN_COLUMNS}
    return json.dumps({_LINE: refused.line, _REASON: refused.reason} | rest) + "\n"
