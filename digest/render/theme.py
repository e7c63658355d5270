"""Finds a theme's folder and reads its ``theme.toml``: colours for light and dark, type and spacing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.errors import RenderError
from digest.render.templates import templates_dir

SETTINGS_FILE = "theme.toml"
HTML_TEMPLATE = "html.j2"
TEXT_TEMPLATE = "text.j2"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
_COLOUR = re.compile(r"#[0-9a-f]{6}\Z", re.IGNORECASE)
_TABLES = ("light", "dark", "type", "space")


@dataclass(frozen=True, slots=True)
class Theme:
    """A folder of templates with its settings. ``folders`` is where its templates look for parts, in order."""

    name: str
    folder: Path
    folders: tuple[Path, ...]
    settings: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Return what people call it."""
        return str(self.settings.get("theme", {}).get("title", self.name))

    @property
    def description(self) -> str:
        """Return a sentence about how it looks; empty if it says none."""
        return str(self.settings.get("theme", {}).get("description", ""))


def find_theme(name: str, theme_dirs: Sequence[Path] = ()) -> Theme:
    """Return the theme of that name, from the given folders first, then the bundled ones.

    Raises RenderError when there is none (and names those there are) or its settings are wrong.
    """
    bundled = templates_dir() / "editions"
    roots = (*(Path(folder) for folder in theme_dirs), bundled)
    if _NAME.match(name):
        for root in roots:
            if (root / name / SETTINGS_FILE).is_file():
                folder = root / name
                return Theme(name, folder, (folder, *roots), _read_settings(folder / SETTINGS_FILE))
    raise RenderError(f"There is no theme {name!r}. Known: {', '.join(_known(roots)) or 'none'}.")


def list_themes(theme_dirs: Sequence[Path] = ()) -> list[Theme]:
    """Return every theme by name, as ``find_theme`` would; raises RenderError when the settings of one are wrong."""
    roots = (*(Path(folder) for folder in theme_dirs), templates_dir() / "editions")
    return [find_theme(name, theme_dirs) for name in _known(roots)]


def _known(roots: Sequence[Path]) -> list[str]:
    names = {path.parent.name for root in roots for path in root.glob(f"*/{SETTINGS_FILE}")}
    return sorted(name for name in names if _NAME.match(name))


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise RenderError(f"{path} cannot be read: {problem}") from problem
    for table in _TABLES:
        if not isinstance(read.get(table), dict):
            raise RenderError(f"{path}: the table [{table}] is missing.")
    _check_colours(path, read)
    return read


def _check_colours(path: Path, read: Mapping[str, Any]) -> None:
    """Refuse what mail clients would read differently: only six-digit colours, the same names in light and dark."""
    light, dark = read["light"], read["dark"]
    for name in light.keys() ^ dark.keys():
        raise RenderError(f"{path}: colour {name!r} stands in only one of [light] and [dark].")
    for table in ("light", "dark"):
        for name, colour in read[table].items():
            if not isinstance(colour, str) or not _COLOUR.match(colour):
                raise RenderError(f"{path}: {table}.{name} is {colour!r}; write a colour as #rrggbb.")
