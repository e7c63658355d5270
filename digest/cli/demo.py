"""``digest demo``: the real job on the bundled newsroom, its clock standing on the samples' own day."""

from __future__ import annotations

import dataclasses
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console

import subscribers
from digest import job, mailing, store
from digest.cli.editions import tell_gathered, tell_left_out
from digest.cli.opening import emit, say, warn, workspace
from digest.cli.sending import counts_document, sentence
from digest.cli.serving import has_browser
from digest.drafting import Draft
from digest.mailing import Proof
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.samples import SAMPLES_DAY, SAMPLES_NOW, copy_newsroom, suppressed_addresses
from digest.settings import SECRETS_FILE, make_secrets
from subscribers import SuppressionReason

NEWSLETTER = "morning"


def demo(folder: Path, *, open_page: bool, as_json: bool) -> int:
    """Gather, build, preview and send the samples' edition into a folder of mails; a second run sends nothing."""
    for path in copy_newsroom(folder):
        warn(f"{path} was changed by you and is kept as it is.")
    if not (folder / SECRETS_FILE).exists():
        make_secrets(folder / SECRETS_FILE)
    key = EditionKey(NEWSLETTER, SAMPLES_DAY)
    with workspace(lambda: SAMPLES_NOW, folder / "digest.toml") as newsroom:
        with newsroom.reading() as conn:
            before = store.load(conn, key)
        if before is not None and before.frozen_at is not None:
            return _again(newsroom, key, folder, as_json=as_json)
        with _step("Reading the newsroom's stories", quiet=as_json):
            # On file ten minutes before the edition is made: a window ends just before the moment of freezing.
            reports = job.gather(dataclasses.replace(newsroom, clock=lambda: SAMPLES_NOW - timedelta(minutes=10)))
        with _step("Putting six readers on the list", quiet=as_json):
            _readers(newsroom, folder)
        with _step("Clustering, arranging, summarising", quiet=as_json):
            made = job.draft(newsroom, key)
        with _step("Rendering and inlining", quiet=as_json):
            proof = mailing.proof(newsroom, made.stored, pictures="pictures/{name}")
            page = _write(newsroom, made, proof, folder)
        with _step("Sending to the outbox", quiet=as_json):
            delivered = job.deliver(newsroom, key)
    if as_json:
        emit({**counts_document(key, delivered.counts), "page": str(page), "outbox": str(folder / "outbox")})
        return 0
    for report in reports:
        tell_gathered(report)
    say()
    say(proof.text)
    say("─" * 68)
    tell_left_out(made)
    say()
    say(f"Subject    {made.edition.subject}")
    say(f"Preheader  {made.edition.preheader}")
    say(f"Size       {len(proof.html.encode()) / 1024:.1f} KB of HTML (mail programs cut at 100)")
    say(f"Sent       {sentence(delivered.counts)}")
    say(f"Page       {page}")
    say(f"Mails      {folder / 'outbox' / 'new'}")
    _next_steps(folder)
    if open_page and has_browser():
        webbrowser.open(page.resolve().as_uri())
    return 0


def _readers(newsroom: Newsroom, folder: Path) -> None:
    list_id = newsroom.newsletter(NEWSLETTER).list
    now = newsroom.clock()
    subscribers.import_file(newsroom.engine, folder / "readers.csv", list_id, keys=newsroom.keys, now=now)
    with newsroom.writing() as conn:
        for address in suppressed_addresses():
            subscribers.suppress(conn, address, SuppressionReason.COMPLAINED, now=now, keys=newsroom.keys)


def _write(newsroom: Newsroom, made: Draft, proof: Proof, folder: Path) -> Path:
    page = folder / "edition.html"
    page.write_text(proof.html, encoding="utf-8")
    (folder / "edition.txt").write_text(proof.text, encoding="utf-8")
    (folder / "pictures").mkdir(exist_ok=True)
    for name, content in proof.pictures:
        (folder / "pictures" / name).write_bytes(content)
    return page


def _again(newsroom: Newsroom, key: EditionKey, folder: Path, *, as_json: bool) -> int:
    delivered = job.deliver(newsroom, key)
    if as_json:
        emit({**counts_document(key, delivered.counts), "already": delivered.already})
    else:
        say(f"{key} was already sent: {sentence(delivered.counts)}. Nothing was sent again.")
        say(f"The mails are in {folder / 'outbox' / 'new'}. For a fresh start remove {folder} or give --dir.")
    return 0


def _next_steps(folder: Path) -> None:
    config = folder / "digest.toml"
    say("\nTry next")
    say(f"  digest --config {config} report morning --who        who got it")
    say(f"  digest --config {config} preview morning --day {SAMPLES_DAY}   the page an editor sees")
    say(f"  digest --config {config} stories list                what was in the store")
    say("  digest init my-newsroom                                        your own stories")


@contextmanager
def _step(what: str, *, quiet: bool) -> Iterator[None]:
    """Show what is being done while it is being done, on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(f"{what} …"):
        yield
