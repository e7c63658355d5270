"""The opened workspace: settings, database, keys and the clock, made once by the command line and handed down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

import subscribers
from digest import settings as settings_module
from digest import store
from digest.errors import RenderError, SettingsError, StoreError, UnknownThing
from digest.http import GuardedClient
from digest.model import EditionKey
from digest.protocols import Clock
from digest.render import find_theme
from digest.settings import NewsletterSettings, Settings
from subscribers import KeyRing


@dataclass(frozen=True, slots=True)
class Newsroom:
    """One workspace, open. ``close`` gives the database back."""

    settings: Settings
    engine: Engine
    keys: KeyRing
    clock: Clock

    @property
    def base(self) -> Path:
        """Return the folder of the settings file."""
        return self.settings.base

    def newsletter(self, name: str) -> NewsletterSettings:
        """Return a newsletter's settings; raises SettingsError naming those there are."""
        return self.settings.newsletter(name)

    def newsletter_of(self, key: EditionKey) -> NewsletterSettings:
        """Return the settings that hold for one edition: its newsletter's, with the list of its slot.

        A correction goes where the edition went that it corrects.
        """
        newsletter = self.settings.newsletter(key.newsletter)
        if newsletter.slots and key.slot.startswith("correction-"):
            with self.reading() as conn:
                corrected = store.find_correction(conn, key)
            key = corrected.edition if corrected else key
        return newsletter.for_slot(key.slot)

    def list_number(self, conn: Connection, newsletter: NewsletterSettings) -> int:
        """Return the small number that stands for the newsletter's list inside links."""
        return subscribers.get_list(conn, newsletter.list).number

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection for reading; database faults become StoreError."""
        with _explained(self.settings), subscribers.reading(self.engine) as conn:
            yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one writing transaction: committed at the end, undone by any error."""
        with _explained(self.settings), subscribers.writing(self.engine) as conn:
            yield conn

    def client(self, source: str = "") -> GuardedClient:
        """Return the guarded client for one source's addresses; private ones only if that source's settings allow."""
        allowed = [s.url for s in self.settings.sources if s.name == source and s.allow_private]
        return GuardedClient(allow_private=allowed)

    def close(self) -> None:
        """Give every database connection back."""
        self.engine.dispose()


def open_newsroom(settings: Settings, clock: Clock) -> Newsroom:
    """Open a workspace: a fresh database gets its tables, an older one is refused with what to do."""
    _check_themes(settings)
    with _explained(settings):
        engine = subscribers.open_engine(settings.database_url())
        if store.is_empty(engine):
            store.upgrade(engine)
        store.check(engine)
        with subscribers.reading(engine) as conn:
            is_new = not subscribers.has_keys(conn)
        newsroom = Newsroom(settings, engine, settings_module.load_keys(settings.base, make=is_new), clock)
        with subscribers.writing(engine) as conn:
            _check_keys(conn, newsroom.keys)
            for newsletter in settings.newsletters:
                for id, title in newsletter.lists:
                    subscribers.ensure_list(conn, id, title)
    return newsroom


def _check_themes(settings: Settings) -> None:
    for newsletter in settings.newsletters:
        try:
            find_theme(newsletter.theme, [settings.base / "themes"])
        except RenderError as error:
            raise SettingsError(f"{settings.base / 'digest.toml'}: newsletter {newsletter.id!r}: {error}") from error


def _check_keys(conn: Connection, keys: KeyRing) -> None:
    try:
        subscribers.check_keys(conn, keys)
    except subscribers.DatabaseError as error:
        raise SettingsError(str(error)) from error


def parse_key(newsroom: Newsroom, written: str) -> EditionKey:
    """Read an edition's name and see that its newsletter exists; raises UnknownThing or SettingsError."""
    try:
        key = EditionKey.parse(written)
    except ValueError as error:
        raise UnknownThing(str(error)) from error
    newsroom.newsletter_of(key)
    return key


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    try:
        yield
    except subscribers.DatabaseError as error:
        # It names the database, what is wrong and what to do already.
        raise StoreError(str(error)) from error
    except DBAPIError as error:
        raise StoreError(
            f"The database {settings.database.url} refused: {str(error.orig).rstrip('.')}. Nothing of this step was "
            "kept; see that its disk has room and that it can be reached, then run the command again."
        ) from error
