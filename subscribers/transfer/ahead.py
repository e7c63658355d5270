"""Reads a long table in a process of its own: while the database takes some rows, the next ones are cut and judged.

A thread would wait for Python's lock after each of the database's short statements. The process sees the file and
nothing of the database, and is one block ahead, so that memory stays flat.
"""

from __future__ import annotations

import marshal
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO

from subscribers.errors import BadFile, SubscribersError
from subscribers.transfer.plain import Plain
from subscribers.transfer.recognising import recognise
from subscribers.transfer.report import Refused
from subscribers.transfer.row import Row
from subscribers.transfer.tables import Block, iter_blocks

LONG = 50_000
"""Lines from which a second process is worth its start, which costs as much as some ten thousand rows."""

# The packages are known there by their folders alone: their faces would bring the database with them, and 40 MB.
_START = """
import sys, types
sys.path[:] = {path!r}
for name, folders in {packages!r}:
    package = sys.modules[name] = types.ModuleType(name)
    package.__path__ = folders
from subscribers.transfer.ahead import main
main()
"""
_PASSED_ON = ("LD_LIBRARY_PATH",)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be read, and how: the arguments of ``recognise`` and ``iter_blocks``."""

    path: Path
    encoding: str
    mapping: Mapping[str, str] | None
    day_first: bool | None
    size: int
    now: datetime


def read_blocks(reading: Reading) -> Generator[Block, None, None]:
    """Yield the blocks of a table; raises BadFile."""
    table = recognise(reading.path, reading.encoding, reading.mapping, day_first=reading.day_first)
    yield from iter_blocks(reading.path, reading.encoding, table, reading.size, reading.now)


def read_ahead(reading: Reading) -> Generator[Block, None, None]:
    """Yield what ``read_blocks`` yields, made by another process, which ends with the generator.

    Raises BadFile, also when that process dies.
    """
    process = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", _START.format(path=sys.path, packages=_packages())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    )
    try:
        yield from _received(process, reading)
    finally:
        process.kill()
        process.communicate()


def _packages() -> list[tuple[str, list[str]]]:
    return [(name, list(sys.modules[name].__path__)) for name in ("subscribers", "subscribers.transfer")]


def _received(process: subprocess.Popen[bytes], reading: Reading) -> Generator[Block, None, None]:
    assert process.stdin is not None and process.stdout is not None
    try:
        pickle.dump(reading, process.stdin)
        process.stdin.flush()
        while True:
            found: Any = pickle.load(process.stdout)  # noqa: S301 - from our own process
            if found is None:
                return
            if isinstance(found, SubscribersError):
                raise found
            size, others, unread = found
            yield Block(Plain(*marshal.loads(process.stdout.read(size))), others, unread)  # noqa: S302 - so is this
    except (EOFError, OSError, pickle.UnpicklingError) as error:
        raise BadFile(
            f"Reading {reading.path} broke off: the process that reads it ended (is memory short?). What came in "
            "stays; run the import again and it goes on from there."
        ) from error


def _write(out: BinaryIO, block: Block) -> None:
    """Write a block: the columns by what writes texts quickest, and before them how long that is and all the rest."""
    columns = marshal.dumps(tuple(block.plain))
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _BY_FIELDS
    pickler.dump((len(columns), block.others, block.unread))
    out.write(columns)
    out.flush()


Reduced = tuple[Callable[..., Any], tuple[Any, ...]]
"""What makes an object again, and from what: a pickler's word for it."""


def _by_fields(kind: type[Row] | type[Refused]) -> Callable[[Any], Reduced]:
    values = attrgetter(*(each.name for each in fields(kind)))
    return lambda row: (kind, values(row))


_BY_FIELDS: Mapping[type, Callable[[Any], Reduced]] = {kind: _by_fields(kind) for kind in (Row, Refused)}
"""How a row is written: a frozen dataclass with slots asks itself for its fields, one by one, at both ends."""


def main() -> None:
    """Read what standard input asks for and write the blocks to standard output: what the other process runs."""
    out = sys.stdout.buffer
    reading: Reading = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    try:
        for block in read_blocks(reading):
            _write(out, block)
        end: SubscribersError | None = None
    except SubscribersError as error:
        end = error
    out.write(pickle.dumps(end))
    out.flush()
