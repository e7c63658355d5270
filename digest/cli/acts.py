"""What the editor's commands do."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any, Literal, cast

from digest import backups, store
from digest.cli.editions import tell_changes, tell_draft
from digest.cli.opening import emit, say, workspace
from digest.cli.plainly import printable_line
from digest.cli.reports import delivery_document
from digest.drafting import draft
from digest.editorial import differences
from digest.engine import review
from digest.errors import UsageError
from digest.gather import BlockError, read_block
from digest.mailing import PATIENCE
from digest.model import EditionKey
from digest.newsroom import Newsroom, parse_key
from digest.store import Act, ActName, DeliveryState, State, StoredEdition
from digest.text.counting import plural


def edit(written: str, changes: dict[str, str], author: str) -> int:
    """Record an editor's acts, by the act's name, and rebuild the draft with them."""
    if not changes:
        raise UsageError("Nothing to change: give --lead, --order, --drop, --headline, --blurb, --subject …")
    with workspace() as newsroom:
        key = parse_key(newsroom, written)
        with newsroom.writing() as conn:
            stored = _stored(conn, key)
            if stored.frozen_at is not None:
                raise UsageError(f"{key} is {stored.state} and cannot be changed any more.")
            for name, value in changes.items():
                body = _body(conn, newsroom, key, name, value)
                store.add_act(conn, key, Act(cast(ActName, name), body, author or login_name(), newsroom.clock()))
        made = draft(newsroom, key)
        tell_draft(made)
        tell_changes(differences(stored.edition, made.edition))
    return 0


def approve(written: str, author: str = "", content_hash: str = "") -> int:
    """Lock the draft's bytes and let a held or late edition go, once enough editors approved it."""
    with workspace() as newsroom:
        key = parse_key(newsroom, written)
        with newsroom.reading() as conn:
            stored = _stored(conn, key)
        if content_hash and not stored.content_hash.startswith(content_hash):
            raise UsageError(f"{key} is {stored.content_hash[:12]} now, not {content_hash}: look at it again.")
        missing = review.approve(newsroom, key, stored.content_hash, author or login_name())
    if missing:
        say(f"{key}: your approval is noted; it needs {missing} more, by somebody else (--author).")
        return 0
    say(f"{key} is approved as it stands ({stored.content_hash[:12]}); send it with `{key.command('send')}`.")
    return 0


def hold(written: str, author: str = "") -> int:
    """Keep an edition from being sent."""
    with workspace() as newsroom:
        key = parse_key(newsroom, written)
        review.hold(newsroom, key, author or login_name())
    say(f"{key}: held is now on.")
    return 0


def flag(written: str, name: str, value: bool) -> int:
    """Set one of an edition's switches: held, paused, stop_requested; a running send reads them at once."""
    with workspace() as newsroom:
        key = parse_key(newsroom, written)
        with newsroom.writing() as conn:
            stored = _stored(conn, key)
            if stored.state in (State.SENT, State.STOPPED):
                raise UsageError(f"{key} is {stored.state} already; `digest report {key}` says who has it.")
            if name == "paused" and not value and stored.stop_requested:
                raise UsageError(f"{key} was ordered to stop, and that is for good: resuming does not take it back.")
            store.set_flag(conn, key, **{name: value})
            store.log(conn, newsroom.clock(), f"{name}={value}".lower(), "", key.newsletter, str(key))
    say(f"{key}: {name.replace('_', ' ')} is now {'on' if value else 'off'}.")
    return 0


def ambiguous(written: str, *, resend: bool, drop: bool, as_json: bool) -> int:
    """List the ambiguous deliveries of an edition, or decide on all of them."""
    if resend and drop:
        raise UsageError("--resend and --drop exclude each other.")
    with workspace() as newsroom:
        key = parse_key(newsroom, written)
        with newsroom.writing() as conn:
            stored = _stored(conn, key)
            waiting = list(store.iter_deliveries(conn, stored.id, DeliveryState.AMBIGUOUS))
            if resend or drop:
                choice: Literal["resend", "drop"] = "resend" if resend else "drop"
                decided = store.resolve_ambiguous(conn, stored.id, choice, now=newsroom.clock())
                store.log(
                    conn,
                    newsroom.clock(),
                    f"ambiguous-{choice}",
                    plural(decided, "delivery", "deliveries"),
                    key.newsletter,
                    str(key),
                )
                if resend and decided:
                    _reopen(conn, stored, newsroom)
    if as_json:
        emit([delivery_document(delivery) for delivery in waiting])
        return 0
    for delivery in waiting:
        reader = delivery.recipient
        reply = printable_line(f"{delivery.code} {delivery.reply}".strip())
        say(f"{reader.subscriber_id:>8}  {reader.address}  {reply}".rstrip())
    if not waiting:
        say(f"{key} has no ambiguous delivery.")
    elif resend:
        say(f"{len(waiting)} will be sent again by `{key.command('send')} --yes`.")
    elif drop:
        say(f"{plural(len(waiting), 'message')} will not be sent again and counted as failed.")
    return 0


def _reopen(conn: store.Connection, stored: StoredEdition, newsroom: Newsroom) -> None:
    if stored.state is not State.FROZEN:
        backups.note(newsroom, stored.key, "reopened")
        store.reopen(conn, stored.id, deadline=newsroom.clock() + PATIENCE)


def _stored(conn: store.Connection, key: EditionKey) -> StoredEdition:
    return store.get_edition(conn, key)


def _body(conn: store.Connection, newsroom: Newsroom, key: EditionKey, name: str, value: str) -> dict[str, Any]:
    if name == "block":
        return _block_body(Path(value))
    if name == "unblock":
        return {"name": value}
    if name in ("subject", "preheader", "intro"):
        return {"text": value}
    if name == "lead" and not value:
        return {"story": ""}
    if name in ("lead", "pin", "drop", "restore"):
        return {"story": store.resolve(conn, value).id}
    if name in ("merge", "split", "order"):
        named = [store.resolve(conn, part.strip()).id for part in value.split(",") if part.strip()]
        if name != "order" and len(set(named)) < 2:
            raise UsageError(f"--{name} {value}: name two stories or more, between commas.")
        return {"stories": named}
    return _text_body(conn, newsroom, key, name, value)


def _text_body(conn: store.Connection, newsroom: Newsroom, key: EditionKey, name: str, value: str) -> dict[str, Any]:
    """Read STORY=TEXT: the text is a section's name where a story is moved."""
    story, equals, text = value.partition("=")
    text = text.strip()
    if not equals:
        raise UsageError(f"--{'section' if name == 'move' else name} {value}: write it as STORY=TEXT.")
    if name == "move" and text:
        known = [section.id for section in newsroom.newsletter_of(key).sections]
        if text not in known:
            raise UsageError(f"--section {value}: {key.newsletter} has the sections {', '.join(known) or 'none'}.")
    return {"story": store.resolve(conn, story.strip()).id, "section" if name == "move" else "text": text}


def _block_body(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        read_block(path.stem, text)
    except (OSError, UnicodeDecodeError, BlockError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"--block {path}: {reason}. Write it like a file of blocks/, with front matter.") from error
    return {"name": path.stem, "text": text}


def login_name() -> str:
    """Return the name of the account that runs the command, or a word for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no account has.
        return "an editor"
