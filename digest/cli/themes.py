"""``digest themes``: names the themes there are, and copies one into the workspace to be changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from digest.cli.opening import config_path, emit, say
from digest.errors import UsageError
from digest.render import Theme, find_theme, list_themes
from digest.settings import load

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
_OWN_NAME = re.compile(r'^name = ".*"$', re.MULTILINE)


def show(*, as_json: bool) -> int:
    """Name every theme of the workspace and every bundled one, and which newsletters use it."""
    settings = load(config_path())
    own = settings.base / "themes"
    found = [(t, [n.id for n in settings.newsletters if n.theme == t.name]) for t in list_themes([own])]
    if as_json:
        emit([{"name": t.name, "title": t.title, "folder": str(t.folder), "newsletters": used} for t, used in found])
        return 0
    for theme, used in found:
        place = "  (yours)" if theme.folder.is_relative_to(own) else ""
        say(f"{theme.name:<14}{theme.description}{place}{'  ← ' + ', '.join(used) if used else ''}")
    return 0


def copy(name: str, new: str) -> int:
    """Copy a theme's folder into the workspace, where its files are yours to change."""
    settings = load(config_path())
    own = settings.base / "themes"
    new = new or name
    if not _NAME.match(new):
        raise UsageError(f"{new!r} cannot name a theme: small letters, digits, - and _, a letter or digit first.")
    target = own / new
    if target.exists():
        raise UsageError(f"{target} is there already; give the copy another name: digest themes copy {name} NAME.")
    _copied(find_theme(name, [own]), target)
    say(f"{target} is yours to change; digest preview shows it as you save.")
    if new != name:
        say(f'To use it, write theme = "{new}" for a newsletter in {settings.base / "digest.toml"}.')
    return 0


def _copied(theme: Theme, target: Path) -> None:
    """Copy whole or not at all: a theme that lacks a file would be found and fail."""
    unfinished = target.with_name(f".{target.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(theme.folder, unfinished, copy_function=shutil.copyfile)
    settings = unfinished / "theme.toml"
    written = settings.read_text(encoding="utf-8")
    settings.write_text(_OWN_NAME.sub(f'name = "{target.name}"', written, count=1), encoding="utf-8")
    unfinished.rename(target)
