"""What ``digest report``, ``digest schedule`` and ``digest log`` print."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from zoneinfo import ZoneInfo

from digest import store
from digest.cli.opening import emit, say, workspace
from digest.cli.plainly import printable_line
from digest.cli.sending import counts_document, sentence
from digest.engine import coming
from digest.errors import LedgerError, UnknownThing
from digest.model import said
from digest.newsroom import Newsroom, parse_key
from digest.store import Delivery, State, StoredEdition


def report(written: str, *, who: bool, as_json: bool) -> int:
    """Say who got an edition. 0 also for an edition that has not been sent yet."""
    with workspace() as newsroom:
        stored = _find(newsroom, written)
        if stored.state is State.FROZEN:
            # A sender that died had answers in its journal, which belong into the account. On a full disk they must
            # wait, and the report is what the editor needs most.
            with suppress(LedgerError):
                _recover(newsroom)
        with newsroom.reading() as conn:
            counts = store.counts(conn, stored.id)
            deliveries = list(store.iter_deliveries(conn, stored.id)) if who else []
    if as_json:
        document = counts_document(stored.key, counts) | {"state": str(stored.state)}
        if who:
            document["deliveries"] = [delivery_document(delivery) for delivery in deliveries]
        emit(document)
        return 0
    say(f"{stored.key} ({stored.state}): {sentence(counts)}.")
    for delivery in deliveries:
        reply = f"  {printable_line(said(delivery.code, delivery.reply))}" if delivery.code or delivery.reply else ""
        reader = delivery.recipient
        say(f"  {reader.subscriber_id:>8}  {delivery.state.name.lower():<10} {reader.address}{reply}")
    return 0


def _recover(newsroom: Newsroom) -> None:
    with store.open_ledger(newsroom.engine, newsroom.clock, folder=newsroom.base) as ledger:
        ledger.recover()


def schedule(count: int, *, as_json: bool) -> int:
    """Print the next decisions, and the last ones from the run log."""
    with workspace() as newsroom:
        decisions = coming(newsroom, count)
        zones = {n.id: n.timezone for n in newsroom.settings.newsletters}
        with newsroom.reading() as conn:
            past = [entry for entry in store.iter_log(conn, limit=count) if entry.edition][::-1]
    if as_json:
        emit(
            {
                "next": [
                    {"edition": str(d.key), "due": d.due, "verdict": d.verdict, "why": d.because} for d in decisions
                ],
                "last": [dataclasses.asdict(entry) for entry in past],
            }
        )
        return 0
    for entry in past:
        say(f"{entry.at:%Y-%m-%d %H:%M} UTC  {entry.edition}  {entry.what}: {printable_line(entry.detail)}")
    for decision in decisions:
        local = decision.due.astimezone(ZoneInfo(zones[decision.key.newsletter]))
        say(f"{local:%a %Y-%m-%d %H:%M %Z}  {decision.key}  {decision.verdict}  {decision.because}".rstrip())
    return 0


def log(newsletter: str, count: int, *, as_json: bool) -> int:
    """Print the run log, the newest line last."""
    with workspace() as newsroom, newsroom.reading() as conn:
        if newsletter:
            newsroom.newsletter(newsletter)
        entries = list(store.iter_log(conn, newsletter=newsletter or None, limit=count))[::-1]
    if as_json:
        emit([dataclasses.asdict(entry) for entry in entries])
        return 0
    for entry in entries:
        about = f"{entry.edition or entry.newsletter:<28} {entry.what}"
        say(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {about}: {printable_line(entry.detail)}")
    return 0


def delivery_document(delivery: Delivery) -> dict[str, object]:
    """Return one line of the ledger as JSON values."""
    reader = delivery.recipient
    return {
        "subscriber_id": reader.subscriber_id,
        "address": reader.address,
        "state": delivery.state.name.lower(),
        "attempts": delivery.attempts,
        "at": delivery.at,
        "next_at": delivery.next_at,
        "code": delivery.code,
        "reply": delivery.reply,
        "provider_id": delivery.provider_id,
    }


def _find(newsroom: Newsroom, written: str) -> StoredEdition:
    with newsroom.reading() as conn:
        if "/" in written:
            key = parse_key(newsroom, written)
            return store.get_edition(conn, key)
        newsroom.newsletter(written)
        editions = list(store.iter_editions(conn, newsletter=written))
    if not editions:
        raise UnknownThing(f"{written} has no edition yet; make one with `digest build {written}`.")
    return max(editions, key=lambda stored: (stored.frozen_at is not None, stored.key))
