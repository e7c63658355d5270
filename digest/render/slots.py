"""Marks the places where a reader's own value goes, before and after a page is rendered.

A marker must survive the template, premailer and wrapping untouched, and no story may contain one by chance or by
design: it is derived from the whole edition, so that no text inside the edition can name it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from digest.errors import RenderError

SLOTS = ("unsubscribe_url", "preferences_url", "view_url", "address", "name")
"""Every value that differs between readers of one variant. ``address`` and ``name`` are the reader's own."""

_HEX_DIGITS = 32


def plain(value: Any) -> Any:
    """Return the value as dicts, lists, strings and numbers only: what a template may see.

    Dataclasses become dicts by field name, enumerations their value; dates and times stay as they are.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [plain(held) for held in value]
    return value


def fingerprint(value: Any) -> str:
    """Return a SHA-256 in hexadecimal of the value's JSON; equal values have equal fingerprints."""
    written = json.dumps(plain(value), sort_keys=True, ensure_ascii=True, default=_write_time)
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def _write_time(value: Any) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value)


def markers(seed: str) -> dict[str, str]:
    """Return one marker a slot: a URL nobody can own (RFC 2606 §2) for links, an opaque word for the rest."""
    made = {}
    for slot in SLOTS:
        token = hashlib.sha256(f"{seed}:{slot}".encode()).hexdigest()[:_HEX_DIGITS]
        made[slot] = f"https://{token}.invalid/{slot}" if slot.endswith("_url") else f"m{token}"
    return made


def count(text: str, slots: Mapping[str, str]) -> dict[str, int]:
    """Return how often each slot's marker stands in the text."""
    return {slot: text.count(marker) for slot, marker in slots.items()}


def check_kept(before: str, after: str, slots: Mapping[str, str], *, where: str) -> None:
    """Raise RenderError when a step lost, doubled or damaged a marker."""
    expected, found = count(before, slots), count(after, slots)
    for slot in slots:
        if expected[slot] != found[slot]:
            raise RenderError(
                f"{where}: the place of {slot} stood {expected[slot]} times in the template's output and "
                f"{found[slot]} times afterwards. Put {{{{ slots.{slot} }}}} whole into an href or into text."
            )


def check_present(text: str, slots: Mapping[str, str], *, required: tuple[str, ...], where: str) -> None:
    """Raise RenderError when a link every mail must carry is missing (unsubscribe: RFC 8058, 15 USC 7704)."""
    for slot in required:
        if slots[slot] not in text:
            raise RenderError(f"{where}: {slot} is missing. Every mail must carry it: add {{{{ slots.{slot} }}}}.")
