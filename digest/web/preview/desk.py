"""The workspace behind the preview: notices what an editor saves, and keeps the last draft that was good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from watchfiles import watch

from digest import store
from digest.drafting import draft
from digest.errors import DigestError, UnknownThing
from digest.gathering import gather
from digest.model import EditionKey
from digest.newsroom import Newsroom, open_newsroom
from digest.render import templates_dir
from digest.settings import load
from digest.store import StoredEdition

_LOOK_MS = 400
"""How often a page that waits is given a sign of life, and the settings file is looked at."""


class Desk:
    """What the preview works on. ``fault`` is why the last change could not be shown; empty when it was."""

    def __init__(self, newsroom: Newsroom, key: EditionKey, config: Path | None = None) -> None:
        self.newsroom = newsroom
        self.key = key
        self.fault = ""
        self._config = config
        self._owned: Newsroom | None = None

    def stored(self, day: str = "") -> StoredEdition:
        """Return the edition, or the newsletter's edition of another day; raises UnknownThing."""
        try:
            key = EditionKey.parse(f"{self.key.newsletter}/{day}/{self.key.slot}") if day else self.key
        except ValueError as error:
            raise UnknownThing(str(error)) from error
        with self.newsroom.reading() as conn:
            stored = store.load(conn, key)
        if stored is None:
            advice = f"make it with `{key.command('build')}`"
            raise UnknownThing(f"There is no edition {key}; {advice}.")
        return stored

    def days(self) -> list[str]:
        """Return the days of the newsletter's editions, the newest first."""
        with self.newsroom.reading() as conn:
            editions = store.iter_editions(conn, newsletter=self.key.newsletter)
            return list(dict.fromkeys(str(stored.key.day) for stored in editions))

    def changes(self) -> Iterator[str]:
        """Yield one server-sent event for every change that is ready to be looked at; never ends."""
        yield "retry: 500\n\n"
        seen = self._settings_written()
        for found in watch(*self._folders(), debounce=40, step=10, rust_timeout=_LOOK_MS, yield_on_timeout=True):
            written = self._settings_written()
            paths = [Path(path) for _, path in found]
            if not paths and written == seen:
                yield ": nothing new\n\n"
                continue
            self._renew(paths, settings=written != seen)
            seen = written
            yield f"event: {'fault' if self.fault else 'edition'}\ndata: {json.dumps(self.fault)}\n\n"

    def close(self) -> None:
        """Give back what was opened here."""
        if self._owned is not None:
            self._owned.close()

    def _folders(self) -> list[Path]:
        base = self.newsroom.base
        sources = [base / s.path for s in self.newsroom.settings.sources if s.kind == "folder" and s.path is not None]
        wanted = [templates_dir(), base / "themes", base / "blocks", *sources]
        return [folder for folder in dict.fromkeys(wanted) if folder.is_dir()]

    def _settings_written(self) -> int:
        try:
            return self._config.stat().st_mtime_ns if self._config is not None else 0
        except OSError:
            return 0

    def _renew(self, paths: list[Path], *, settings: bool) -> None:
        """Take a change up. A template only asks for another look; anything else for another draft."""
        looks = (templates_dir(), self.newsroom.base / "themes")
        try:
            if settings and self._config is not None:
                fresh = open_newsroom(load(self._config), self.newsroom.clock)
                fresh.newsletter(self.key.newsletter)
                self.close()
                self.newsroom = self._owned = fresh
            if settings or not all(any(path.is_relative_to(look) for look in looks) for path in paths):
                self._draft_anew()
            self.fault = ""
        except DigestError as error:
            self.fault = str(error)

    def _draft_anew(self) -> None:
        stored = self.stored()
        if stored.frozen_at is not None or stored.is_approved:
            return
        for source in self.newsroom.settings.sources:
            if source.kind == "folder":
                gather(self.newsroom, only=source.name)
        draft(self.newsroom, self.key)
