"""Finds templates and has them rendered: their files are read here, they run in the render worker.

Everything a template can reach goes through ``render_template``. A template reads no file outside its folders, calls
no method that changes a value, and sees no undefined name; what it may use is the worker's to limit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from digest.errors import RenderError
from digest.render import frames, worker
from digest.render.worker import Bundle

SUFFIX = ".j2"

MAX_SOURCES_BYTES = 4_000_000
"""All templates of a theme, the shared parts and its neighbours: fifty times what the bundled ones have."""

_KEPT_BUNDLES = 8
_KEPT_RESULTS = 32

Stamp = tuple[str, str, int, int]


def templates_dir() -> Path:
    """Return the folder of bundled templates: inside the installed package, else the checkout's."""
    installed = Path(str(files("digest"))) / "templates"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "templates"


def render_template(folders: Sequence[Path], name: str, context: Mapping[str, Any], *, what: str = "") -> str:
    """Return the template's output; it and what it includes are looked up in the folders, first one first.

    Values are escaped for HTML except in text and style sheet templates. Raises RenderError with the template's
    file and line, and ``what`` before it. The same sources and values give the same bytes; recent ones are kept.
    """
    bundle = _read(_stamps(tuple(folders)))
    if name not in bundle.sources:
        looked = ", ".join(str(folder) for folder in folders)
        raise RenderError(f"{what}There is no template {name} in {looked}.")
    try:
        return _rendered(bundle, name, frames.seal(context))
    except RenderError as problem:
        raise RenderError(f"{what}{problem}") from problem


@lru_cache(maxsize=_KEPT_RESULTS)
def _rendered(bundle: Bundle, name: str, context: str) -> str:
    job = {"do": "template", "name": name, "context": context}
    return worker.shared().ask(job, what=bundle.sources[name][0], bundle=bundle)


def forget() -> None:
    """Drop the kept results: what is asked for again is rendered again."""
    _rendered.cache_clear()


def _stamps(folders: tuple[Path, ...]) -> tuple[Stamp, ...]:
    """Return what the templates of the folders are called, and when and how they were last written.

    A link that leads out of its folder is no template of it.
    """
    found: dict[str, Stamp] = {}
    for folder in folders:
        root = folder.resolve()
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            name = path.relative_to(folder).as_posix()
            if name not in found and path.is_file() and path.resolve().is_relative_to(root):
                status = path.stat()
                found[name] = (name, str(path), status.st_mtime_ns, status.st_size)
    return tuple(found.values())


@lru_cache(maxsize=_KEPT_BUNDLES)
def _read(stamps: tuple[Stamp, ...]) -> Bundle:
    if sum(size for *_, size in stamps) > MAX_SOURCES_BYTES:
        raise RenderError(f"The templates have more than {MAX_SOURCES_BYTES:,} bytes together.")
    sources = {name: (file, _text(Path(file))) for name, file, *_ in stamps}
    written = "\0".join(f"{name}\0{file}\0{text}" for name, (file, text) in sorted(sources.items()))
    return Bundle(hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest(), sources)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise RenderError(f"{path} cannot be read: {problem}") from problem
