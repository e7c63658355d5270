"""How the render worker and its owner talk: each message is JSON with its length in bytes before it."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

from markupsafe import Markup

from digest.errors import RenderError

LENGTH = struct.Struct(">I")
"""What stands before each message."""

_MARKUP = "\0html"


def pack(message: Mapping[str, Any]) -> bytes:
    """Return a message as it goes over the pipe."""
    written = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return LENGTH.pack(len(written)) + written


def unpack(body: bytes) -> dict[str, Any]:
    """Return the message that stood behind its length."""
    message: dict[str, Any] = json.loads(body.decode("utf-8", "surrogatepass"))
    return message


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """Read one message; None at the end of the stream."""
    head = stream.read(LENGTH.size)
    return unpack(stream.read(LENGTH.unpack(head)[0])) if len(head) == LENGTH.size else None


def seal(value: Any) -> str:
    """Write the values a template may see as JSON; HTML that may be printed as it is stays known as such.

    Raises RenderError for anything but strings, numbers, lists and mappings of them.
    """
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)


def unseal(written: str) -> dict[str, Any]:
    """Read what ``seal`` wrote."""
    values: dict[str, Any] = json.loads(written, object_hook=_opened)
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, Markup):
        return {_MARKUP: str(value)}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key).replace("\0", ""): _plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(held) for held in value]
    raise RenderError(f"A template may see plain values only, and no {type(value).__name__}.")


def _opened(mapping: dict[str, Any]) -> Any:
    return Markup(mapping[_MARKUP]) if _MARKUP in mapping else mapping  # noqa: S704  sanitised before it was sealed
