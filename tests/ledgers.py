"""Small helpers for tests of the ledger: tables, an audience, a second sender."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from digest.model import Claim, Fate, Outcome
from digest.store import accounts, ledger_schema
from digest.store.ledger import SqlLedger
from subscribers import writing

EDITION = 7


def prepare(engine: sa.Engine, readers: int = 0) -> sa.Engine:
    """Make the ledger's tables where no migration has, and freeze an edition to numbered readers."""
    if not sa.inspect(engine).has_table("delivery"):
        with writing(engine) as conn:
            ledger_schema.create(conn)
    if readers:
        with writing(engine) as conn:
            assert accounts.freeze(conn, EDITION, audience(readers)) == readers
    return engine


def audience(readers: int) -> sa.Select[tuple[object, ...]]:
    """Select numbered readers from 1, as ``subscribers.recipients`` would."""
    numbers = sa.text(
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {readers}) "
        "SELECT i AS subscriber_id, 'reader' || i || '@example.org' AS address, 'Reader ' || i AS name, "
        f"i % 2 = 0 AS text_only, '' AS sections FROM n"
    ).columns(
        sa.column("subscriber_id", sa.BigInteger),
        sa.column("address", sa.Text),
        sa.column("name", sa.Text),
        sa.column("text_only", sa.Boolean),
        sa.column("sections", sa.Text),
    )
    return sa.select(numbers.subquery())


def accepted(claim: Claim, reply: str = "250 ok") -> Outcome:
    return outcome(claim, Fate.ACCEPTED, reply)


def outcome(claim: Claim, fate: Fate, reply: str = "", retry_after_s: float | None = None) -> Outcome:
    return Outcome(claim.recipient.subscriber_id, fate, claim.fence, reply[:3], reply, retry_after_s)


def numbers(claims: list[Claim]) -> list[int]:
    return [claim.recipient.subscriber_id for claim in claims]


def die(sender: SqlLedger) -> None:
    """End a sender as kill -9 does: its locks go, its row, journal and claims stay."""
    sender.ring.close()
    sender._owner.close(forget=False)


def folder(engine: sa.Engine, tmp_path: Path) -> Path:
    return tmp_path / "senders"
