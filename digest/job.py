"""The job, end to end: draft, render, check, deliver. Read this first.

Each verb takes the open newsroom and an edition's name and may be called again after a crash: a draft is made
anew, a frozen edition keeps its bytes, and the ledger lets nobody get it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from digest import mailing, outside, preflight, store
from digest.checks import Finding, findings
from digest.drafting import draft, withheld_because
from digest.errors import Rebuilt, Withheld
from digest.gathering import Gathered, gather
from digest.mailing import Progress, render
from digest.model import Counts, EditionKey, Outcome
from digest.newsroom import Newsroom
from digest.store import State, StoredEdition
from digest.text.counting import plural

__all__ = ["Delivered", "ask_around", "check", "deliver", "draft", "gather", "prove", "render", "run"]


SIZE_BYTES = 100_000
"""What one mail is taken to weigh on disk before it is rendered: receivers cut beyond this."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a send. ``already``: it had been sent before and nothing was done now.

    ``elsewhere`` and ``ended`` see ``mailing.Sent``.
    """

    key: EditionKey
    counts: Counts
    already: bool = False
    notes: tuple[str, ...] = ()
    elsewhere: int = 0
    ended: str = ""

    @property
    def is_unfinished(self) -> bool:
        """Tell whether readers are left to whom nobody is sending now."""
        return not self.already and self.counts.open > self.elsewhere


def check(newsroom: Newsroom, stored: StoredEdition) -> tuple[Finding, ...]:
    """Look a draft over before a send: what must stop it (``blocks``) and what only deserves a look."""
    return findings(newsroom, stored.edition, render(newsroom, stored.edition))


def ask_around(newsroom: Newsroom, stored: StoredEdition, *, links: bool | None = None) -> tuple[Finding, ...]:
    """Ask the world outside about a draft: whether its links answer, what SpamAssassin says; see ``outside``."""
    return outside.findings(newsroom, stored, links=links)


def deliver(
    newsroom: Newsroom,
    key: EditionKey,
    *,
    dry_run: bool = False,
    deadline: datetime | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Delivered:
    """Send an edition to everybody of its list who has not got it yet; builds it if there is no draft.

    Raises Withheld when a rule of the newsletter or an editor keeps it, TransportError when no mail can be handed
    over. Run again after any failure, it goes on where the ledger says.
    """
    stored, notes = _ready(newsroom, key, deadline)
    if stored.state is State.SENT:
        return Delivered(key, mailing.counts(newsroom, stored), already=True)
    if dry_run:
        return Delivered(key, Counts(expected=mailing.audience(newsroom, key)), notes=(*notes, "dry run"))
    if stored.state is not State.FROZEN:
        try:
            stored = mailing.freeze(newsroom, stored, deadline=deadline)
        except Rebuilt:
            # Another process made the same edition at the same moment: look over what stands now, once.
            stored, notes = _ready(newsroom, key, deadline)
            stored = mailing.freeze(newsroom, stored, deadline=deadline)
    is_over = stored.deadline is not None and newsroom.clock() >= stored.deadline
    sent = mailing.send(newsroom, stored, on_progress=on_progress)
    if is_over and sent.ended:
        # Nothing left now, but what was put off was given up: had that been all, the edition would have ended.
        raise Withheld(f"{key} was not sent: {sent.ended}. `digest report {key} --who` says who has it.")
    return Delivered(key, sent.counts, notes=notes, elsewhere=sent.elsewhere, ended=sent.ended)


def prove(newsroom: Newsroom, key: EditionKey, addresses: Sequence[str]) -> list[tuple[str, Outcome]]:
    """Mail a proof of an edition to the addresses and to the newsletter's ``proofs``; its list gets nothing.

    Builds the draft if there is none. A story that was killed or held since is taken out first.
    """
    with newsroom.reading() as conn:
        stored = store.load(conn, key)
    if stored is None:
        stored = draft(newsroom, key).stored
    if stored.frozen_at is None:
        stored, _ = _without_withdrawn(newsroom, stored)
    return mailing.send_proof(newsroom, key, addresses, stored)


def run(
    newsroom: Newsroom,
    key: EditionKey,
    *,
    deadline: datetime | None = None,
    on_source: Callable[[Gathered], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Delivered:
    """Do the whole job as the schedule does it: gather, draft, check, deliver."""
    with newsroom.reading() as conn:
        stored = store.load(conn, key)
    if stored is None or stored.frozen_at is None:
        gather(newsroom, on_source=on_source)
        waits = stored is not None and newsroom.newsletter_of(key).review.waits
        if stored is None or not (stored.is_approved or stored.held or waits):
            # An editor who approves while this builds has the last word.
            with suppress(Rebuilt):
                draft(newsroom, key, over_approved=False)
    return deliver(newsroom, key, deadline=deadline, on_progress=on_progress)


def _ready(newsroom: Newsroom, key: EditionKey, deadline: datetime | None) -> tuple[StoredEdition, tuple[str, ...]]:
    with newsroom.reading() as conn:
        stored = store.load(conn, key)
    if stored is None:
        stored = draft(newsroom, key).stored
    if stored.state is State.SENT:
        return stored, ()
    if stored.state is State.FROZEN:
        # Its own deadline, once over, is for the send to settle: it gives up what was put off.
        return stored, _around(newsroom, stored, None)
    _ask_editors(newsroom, stored)
    stored, notes = _without_withdrawn(newsroom, stored)
    newsletter = newsroom.newsletter_of(key)
    printed = len(stored.edition.items())
    needs = 0 if key.slot.startswith("correction-") else max(1, newsletter.minimum_stories)
    if printed < needs:
        raise Withheld(_too_thin(newsroom, stored, printed, newsletter.minimum_stories))
    blocking = [finding for finding in check(newsroom, stored) if finding.blocks]
    if blocking:
        raise Withheld(f"{key} is not fit to send: " + " ".join(f"{f.rule}: {f.message}" for f in blocking))
    return stored, (*notes, *stored.edition.notes, *_around(newsroom, stored, deadline))


def _ask_editors(newsroom: Newsroom, stored: StoredEdition) -> None:
    """Raise Withheld if an editor stopped or holds the edition, or has yet to approve it."""
    key, review = stored.key, newsroom.newsletter_of(stored.key).review
    if stored.state is State.STOPPED:
        raise Withheld(
            f"{key} was not sent: {stored.why or 'it was stopped'}, which is for good. "
            f"`digest report {key} --who` says who has it."
        )
    if stored.held:
        raise Withheld(
            f"{key} is on hold: {stored.why or 'an editor holds it'}. Let it go with `digest approve {key}`."
        )
    if stored.state is State.EXPIRED and not stored.is_approved:
        raise Withheld(f"{key} is too late: {stored.why}. Send it all the same with `digest approve {key}`.")
    if review.unless_approved == "hold" and not stored.is_approved:
        raise Withheld(_not_approved(newsroom, stored, review.approvals))


def _around(newsroom: Newsroom, stored: StoredEdition, deadline: datetime | None) -> tuple[str, ...]:
    """Look around before the first byte; return what deserves a word. Raises Withheld when something stands against."""
    around = preflight.findings(newsroom, stored, deadline=deadline, size_bytes=SIZE_BYTES)
    if blocking := [finding for finding in around if finding.blocks]:
        raise Withheld(f"{stored.key} was not sent: " + " ".join(f"{f.rule}: {f.message}" for f in blocking))
    return tuple(f"{f.rule}: {f.message}" for f in around)


def _without_withdrawn(newsroom: Newsroom, stored: StoredEdition) -> tuple[StoredEdition, tuple[str, ...]]:
    """Build the draft again if a story in it was killed, held or embargoed since."""
    newsletter = newsroom.newsletter_of(stored.key)
    now = newsroom.clock()
    withdrawn = []
    with newsroom.reading() as conn:
        for item in stored.edition.items():
            story = store.find_story(conn, item.story_id)
            reason = withheld_because(story, newsletter, now) if story is not None else ""
            if reason:
                withdrawn.append(f"“{item.headline}” was taken out: {reason}")
    if not withdrawn:
        return stored, ()
    if stored.is_approved:
        raise Withheld(f"{stored.key} was approved, and since then {'; '.join(withdrawn)}. Build and approve it again.")
    return draft(newsroom, stored.key, over_approved=False).stored, tuple(withdrawn)


def _not_approved(newsroom: Newsroom, stored: StoredEdition, needed: int) -> str:
    with newsroom.reading() as conn:
        have = len(store.approvers(conn, stored.id, stored.content_hash))
    return (
        f"{stored.key} was not approved: {have} of {needed} approvals, and unless_approved is “hold”. "
        f"Look at it with `{stored.key.command('preview')}`, let it go with `digest approve {stored.key}`."
    )


def _too_thin(newsroom: Newsroom, stored: StoredEdition, printed: int, minimum: int) -> str:
    edition = stored.edition
    names = ", ".join(s.name for s in newsroom.settings.sources) or "none"
    last = edition.left_out[-1] if edition.left_out else None
    example = f" (as “{last.headline}”, {last.reason})" if last is not None else ""
    return (
        f"Edition {stored.key} has {plural(printed, 'story', 'stories')} and needs {max(1, minimum)}: "
        f"of the sources ({names}) {len(edition.left_out)} more were offered between "
        f"{edition.since:%Y-%m-%d %H:%M} and {edition.until:%Y-%m-%d %H:%M} UTC and left out{example}. "
        f"Look at `{edition.key.command('build')}`, gather again, or lower minimum_stories."
    )
