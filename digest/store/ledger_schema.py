"""The tables of the ledger: one row a delivery, who is sending, and what providers were asked.

A settled delivery (accepted, skipped, rejected, failed) is settled for good: triggers of the database itself refuse
to open it again, whatever program asks. Times are ``Moment`` (microseconds, UTC).
"""

from __future__ import annotations

from enum import IntEnum

import sqlalchemy as sa

from digest.store.schema import Moment, metadata


class State(IntEnum):
    """Where a delivery stands. The numbers are in the database: never change one.

    pending → claimed → accepted · rejected · failed · skipped (all four final), deferred (claimed again when its
    time has come) or ambiguous (held until evidence or the operator decides).
    """

    PENDING = 0
    CLAIMED = 1
    DEFERRED = 2
    ACCEPTED = 3
    SKIPPED = 4
    AMBIGUOUS = 5
    REJECTED = 6
    FAILED = 7


FINAL = (State.ACCEPTED, State.SKIPPED, State.REJECTED, State.FAILED)
"""States that nothing leaves."""

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("edition_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subscriber_id", sa.BigInteger, primary_key=True, autoincrement=False),
    # The reader as frozen with the edition: a later change of address does not move a mail that may have left.
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("text_only", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("sections", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("owner", sa.BigInteger),
    sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", Moment),
    sa.Column("at", Moment),
    sa.Column("code", sa.String(16), nullable=False, server_default=""),
    sa.Column("reply", sa.Text, nullable=False, server_default=""),
    sa.Column("provider_id", sa.Text, nullable=False, server_default=""),
    sa.CheckConstraint("state BETWEEN 0 AND 7", name="delivery_state"),
    sa.CheckConstraint("state <> 1 OR owner IS NOT NULL", name="delivery_claimed_by"),
    sa.CheckConstraint("state <> 2 OR next_at IS NOT NULL", name="delivery_deferred_until"),
    # Partial indexes stay as small as what is still to do, so a claim costs the same at the end of a long list.
    sa.Index(
        "delivery_todo",
        "edition_id",
        "subscriber_id",
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    ),
    sa.Index(
        "delivery_claimed",
        "owner",
        "edition_id",
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    ),
    sa.Index(
        "delivery_deferred",
        "edition_id",
        "next_at",
        sqlite_where=sa.text("state = 2"),
        postgresql_where=sa.text("state = 2"),
    ),
    sqlite_with_rowid=False,
)

# Every try that did not end in plain acceptance, in order; rows are only added.
attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("edition_id", sa.BigInteger, nullable=False),
    sa.Column("subscriber_id", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("owner", sa.BigInteger),
    sa.Column("fate", sa.String(12), nullable=False),
    sa.Column("code", sa.String(16), nullable=False, server_default=""),
    sa.Column("reply", sa.Text, nullable=False, server_default=""),
    sa.Index("attempt_delivery", "edition_id", "subscriber_id"),
)

# One row a sending process. Its number is never used twice; ``ended_at`` is set by itself or by who buried it.
send_owner = sa.Table(
    "send_owner",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("boot_id", sa.String(64), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("token", sa.String(32), nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("lease_until", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index(
        "send_owner_open",
        "id",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

# A provider's request, stored before it is made, so that it can be repeated unchanged while its key protects it.
api_call = sa.Table(
    "api_call",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("edition_id", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.BigInteger, nullable=False),
    # asked → answered; or interrupted → asked again with the same key.
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("subscribers", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("protected_until", Moment, nullable=False),
    sa.Column("next_at", Moment),
    sa.CheckConstraint("state IN ('asked', 'answered', 'interrupted')", name="api_call_state"),
    sa.Index(
        "api_call_interrupted",
        "edition_id",
        sqlite_where=sa.text("state = 'interrupted'"),
        postgresql_where=sa.text("state = 'interrupted'"),
    ),
)

TABLES = (delivery, attempt, send_owner, api_call)
"""The ledger's tables, in the order to create them."""

_WAS_FINAL = " OR ".join(f"OLD.state = {int(state)}" for state in FINAL)

# Comparisons and no list: SQLite builds a table of a list for every row, which doubled what recording costs.
RULES: dict[str, tuple[str, ...]] = {
    "sqlite": (
        f"""CREATE TRIGGER delivery_final BEFORE UPDATE OF state ON delivery
            WHEN ({_WAS_FINAL}) AND NEW.state <> OLD.state
            BEGIN SELECT RAISE(ABORT, 'a settled delivery stays settled'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION delivery_stays_settled() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION 'a settled delivery stays settled' USING ERRCODE = 'check_violation'; END $$""",
        f"""CREATE TRIGGER delivery_final BEFORE UPDATE OF state ON delivery FOR EACH ROW
            WHEN (({_WAS_FINAL}) AND NEW.state <> OLD.state)
            EXECUTE FUNCTION delivery_stays_settled()""",
        # Room in each page for the row's later states, so that recording seldom moves it.
        "ALTER TABLE delivery SET (fillfactor = 70)",
    ),
}
"""Statements that make final states final, by dialect; run each once, after the tables exist."""


def create(connection: sa.Connection) -> None:
    """Create the ledger's tables and triggers: for the first migration, and for tests of the ledger alone."""
    metadata.create_all(connection, tables=TABLES, checkfirst=False)
    for statement in RULES[connection.dialect.name]:
        connection.exec_driver_sql(statement)
