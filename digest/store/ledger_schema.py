"""The tables of the ledger: who gets an edition, what was claimed of it, how each ended, who sends, what was asked.

The audience of an edition is written once, and so is how each delivery ended; between the two a *batch* says who is
sending which range of it, and *unsettled* names the few that needed more than one plain step. A delivery stands in
one place at a time: settled; or unsettled; or in the range of an open batch; or beyond what has been claimed. Triggers
of the database itself refuse what would open a settled one again, whatever program asks. Times are ``Moment``
(microseconds, UTC).
"""

from __future__ import annotations

from enum import IntEnum

import sqlalchemy as sa

from digest.store.schema import Moment, metadata


class State(IntEnum):
    """Where a delivery stands. The numbers are in the database: never change one.

    pending → claimed → accepted · rejected · failed · skipped (all four final, and only they stand in ``settled``),
    deferred (claimed again when its time has come) or ambiguous (held until evidence or the operator decides).
    What is pending or claimed for the first time is written nowhere: audience and open batches say it.
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

# The readers as frozen with the edition: a later change of address does not move a mail that may have left. Rows are
# never changed but by erasure, which empties address and name; and nothing is claimed without an address.
delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("edition_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subscriber_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("text_only", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("sections", sa.Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

# How far an edition's audience has been claimed for the first time. Its row is also the lock under which the writers
# of one edition take turns on PostgreSQL.
audience = sa.Table(
    "audience",
    metadata,
    sa.Column("edition_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("claimed_through", sa.BigInteger, nullable=False),
)

# One row a fresh claim: a range of subscribers. ``open_count`` are those of it that stand in neither settled nor
# unsettled yet: what its owner has to account for.
batch = sa.Table(
    "batch",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("edition_id", sa.BigInteger, nullable=False),
    sa.Column("first_id", sa.BigInteger, nullable=False),
    sa.Column("last_id", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.BigInteger, nullable=False),
    sa.Column("open_count", sa.Integer, nullable=False),
    sa.CheckConstraint("open_count >= 0", name="batch_open_count"),
    sa.Index(
        "batch_open",
        "owner",
        "edition_id",
        sqlite_where=sa.text("open_count > 0"),
        postgresql_where=sa.text("open_count > 0"),
    ),
)

# Deliveries that needed more than one plain step: given back, deferred, ambiguous, or claimed again. A row goes in the
# transaction that settles it, so this table stays small.
unsettled = sa.Table(
    "unsettled",
    metadata,
    sa.Column("edition_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subscriber_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("owner", sa.BigInteger),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", Moment),
    sa.Column("at", Moment),
    sa.Column("code", sa.String(16), nullable=False, server_default=""),
    sa.Column("reply", sa.Text, nullable=False, server_default=""),
    sa.Column("provider_id", sa.Text, nullable=False, server_default=""),
    sa.CheckConstraint("state IN (0, 1, 2, 5)", name="unsettled_state"),
    sa.CheckConstraint("state <> 1 OR owner IS NOT NULL", name="unsettled_claimed_by"),
    sa.CheckConstraint("state <> 2 OR next_at IS NOT NULL", name="unsettled_deferred_until"),
    sa.Index(
        "unsettled_pending",
        "edition_id",
        "subscriber_id",
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    ),
    sa.Index(
        "unsettled_claimed",
        "owner",
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    ),
    sa.Index(
        "unsettled_deferred",
        "edition_id",
        "next_at",
        sqlite_where=sa.text("state = 2"),
        postgresql_where=sa.text("state = 2"),
    ),
    sqlite_with_rowid=False,
)

# How each delivery ended. Rows are only added: the key makes "twice" impossible, and only a reply can be emptied.
settled = sa.Table(
    "settled",
    metadata,
    sa.Column("edition_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subscriber_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("code", sa.String(16), nullable=False, server_default=""),
    sa.Column("reply", sa.Text, nullable=False, server_default=""),
    sa.Column("provider_id", sa.Text, nullable=False, server_default=""),
    # Comparisons and no list: SQLite builds a table of a list for every row, which doubles what recording costs.
    sa.CheckConstraint("state = 3 OR state = 4 OR state = 6 OR state = 7", name="settled_state"),
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

TABLES = (delivery, audience, batch, unsettled, settled, attempt, send_owner, api_call)
"""The ledger's tables, in the order to create them."""

_FIXED = "edition_id, subscriber_id, state, at, attempts, code, provider_id"
_KNOWN = "EXISTS (SELECT 1 FROM settled WHERE edition_id = NEW.edition_id AND subscriber_id = NEW.subscriber_id)"

RULES: dict[str, tuple[str, ...]] = {
    "sqlite": (
        f"""CREATE TRIGGER settled_unchanged BEFORE UPDATE OF {_FIXED} ON settled
            BEGIN SELECT RAISE(ABORT, 'a settled delivery stays settled'); END""",
        """CREATE TRIGGER settled_kept BEFORE DELETE ON settled
            BEGIN SELECT RAISE(ABORT, 'a settled delivery stays settled'); END""",
        f"""CREATE TRIGGER settled_not_opened BEFORE INSERT ON unsettled WHEN {_KNOWN}
            BEGIN SELECT RAISE(ABORT, 'a settled delivery stays settled'); END""",
        """CREATE TRIGGER audience_forward BEFORE UPDATE ON audience WHEN NEW.claimed_through < OLD.claimed_through
            BEGIN SELECT RAISE(ABORT, 'what was claimed stays claimed'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION delivery_stays_settled() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION 'a settled delivery stays settled' USING ERRCODE = 'check_violation'; END $$""",
        f"""CREATE FUNCTION delivery_not_opened() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN IF {_KNOWN} THEN
           RAISE EXCEPTION 'a settled delivery stays settled' USING ERRCODE = 'check_violation'; END IF;
           RETURN NEW; END $$""",
        """CREATE FUNCTION delivery_stays_claimed() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION 'what was claimed stays claimed' USING ERRCODE = 'check_violation'; END $$""",
        f"""CREATE TRIGGER settled_unchanged BEFORE UPDATE OF {_FIXED} ON settled
            FOR EACH ROW EXECUTE FUNCTION delivery_stays_settled()""",
        """CREATE TRIGGER settled_kept BEFORE DELETE ON settled
            FOR EACH ROW EXECUTE FUNCTION delivery_stays_settled()""",
        """CREATE TRIGGER settled_not_opened BEFORE INSERT ON unsettled
            FOR EACH ROW EXECUTE FUNCTION delivery_not_opened()""",
        """CREATE TRIGGER audience_forward BEFORE UPDATE ON audience
            FOR EACH ROW WHEN (NEW.claimed_through < OLD.claimed_through)
            EXECUTE FUNCTION delivery_stays_claimed()""",
    ),
}
"""Statements that make final states final, by dialect; run each once, after the tables exist."""


def create(connection: sa.Connection) -> None:
    """Create the ledger's tables and triggers: for the first migration, and for tests of the ledger alone."""
    metadata.create_all(connection, tables=TABLES, checkfirst=False)
    for statement in RULES[connection.dialect.name]:
        connection.exec_driver_sql(statement)
