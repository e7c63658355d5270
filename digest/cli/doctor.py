"""``digest doctor`` and ``digest db upgrade``: is this workspace fit to send, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import subscribers
from digest import backups, store
from digest.checks import LONGEST_TOKEN, LONGEST_URL
from digest.cli.opening import config_path, emit, say, workspace
from digest.mailing import probe_transport
from digest.newsroom import Newsroom
from digest.settings import SECRETS_FILE, load
from digest.text.counting import plural

ENOUGH_BYTES = 200_000_000
"""Free disk below this is told: a send to a million readers writes about a quarter of it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing looked at: fit, or what is wrong and what to do."""

    what: str
    fit: bool
    detail: str


def doctor(*, as_json: bool) -> int:
    """Look the workspace over; 1 when something is not fit."""
    with workspace() as newsroom:
        checked = list(_checks(newsroom))
    if as_json:
        emit([asdict(one) for one in checked])
    else:
        for one in checked:
            say(f"{'ok ' if one.fit else 'NOT'}  {one.what}: {one.detail}")
    return 0 if all(one.fit for one in checked) else 1


def accept_restored() -> int:
    """Let editions go again from a database that a backup brought back; what it does not know stays sent."""
    with workspace() as newsroom:
        missing = backups.accept(newsroom)
    for mark in missing:
        say(f"{mark.edition} left on {mark.at:%Y-%m-%d at %H:%M} UTC and will not go again.")
    if missing:
        say("Its stories may be printed again, and who left since the backup was made is on the lists again.")
    else:
        say("The database knows every edition that left: there is nothing to accept.")
    return 0


def upgrade() -> int:
    """Bring the database to this version's tables."""
    settings = load(config_path())
    engine = subscribers.open_engine(settings.database_url())
    try:
        store.upgrade(engine)
    finally:
        engine.dispose()
    say(f"{settings.database.url} is at this version's tables.")
    return 0


def _checks(newsroom: Newsroom) -> Iterator[Checked]:
    settings = newsroom.settings
    yield Checked("settings", True, f"{len(settings.newsletters)} newsletters, {len(settings.sources)} sources")
    yield Checked("database", True, settings.database.url)
    missing = backups.lost(newsroom)
    known = (
        f"does not know {missing[-1].edition}, which left; see --accept-restored" if missing else "as new as its mail"
    )
    yield Checked("backup", not missing, known)
    yield _secrets(newsroom.base)
    free = shutil.disk_usage(newsroom.base).free
    yield Checked("disk", free > ENOUGH_BYTES, f"{free // 1_000_000} MB free in {newsroom.base}")
    longest = len(settings.site.url) + len("/u/") + LONGEST_TOKEN
    advice = f"unsubscribe links have {longest} characters of {LONGEST_URL}"
    yield Checked("links", longest <= LONGEST_URL, advice)
    for newsletter in settings.newsletters:
        with newsroom.reading() as conn:
            readers = subscribers.count_active(conn, newsletter.list)
        add = "" if readers else f"; add some with `digest subscribers add … --list {newsletter.list}`"
        yield Checked(f"list {newsletter.list}", readers > 0, f"{plural(readers, 'active reader')}{add}")
        trouble = probe_transport(newsroom, newsletter)
        kind = settings.transport_of(newsletter).kind
        yield Checked(f"transport of {newsletter.id}", not trouble, trouble or f"{kind} answers")


def _secrets(base: Path) -> Checked:
    if os.environ.get("DIGEST_SECRET"):
        return Checked("secrets", True, "from DIGEST_SECRET")
    mode = (base / SECRETS_FILE).stat().st_mode & 0o777
    fit = mode & 0o077 == 0
    return Checked("secrets", fit, f"{base / SECRETS_FILE}" + ("" if fit else f" has mode {mode:o}: chmod 600 it"))
