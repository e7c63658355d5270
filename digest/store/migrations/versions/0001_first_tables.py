"""Make the first tables.

Revision 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.BigInteger()
NO = sa.false()

# What a settled delivery says is said for good, whatever program asks; only erasure may empty its reply.
FIXED = "edition_id, subscriber_id, state, at, attempts, code, provider_id"
KNOWN = "EXISTS (SELECT 1 FROM settled WHERE edition_id = NEW.edition_id AND subscriber_id = NEW.subscriber_id)"
RULES = {
    "sqlite": (
        f"""CREATE TRIGGER settled_unchanged BEFORE UPDATE OF {FIXED} ON settled
            BEGIN SELECT RAISE(ABORT, 'a settled delivery stays settled'); END""",
        """CREATE TRIGGER settled_kept BEFORE DELETE ON settled
            BEGIN SELECT RAISE(ABORT, 'a settled delivery stays settled'); END""",
        f"""CREATE TRIGGER settled_not_opened BEFORE INSERT ON unsettled WHEN {KNOWN}
            BEGIN SELECT RAISE(ABORT, 'a settled delivery stays settled'); END""",
        """CREATE TRIGGER audience_forward BEFORE UPDATE ON audience WHEN NEW.claimed_through < OLD.claimed_through
            BEGIN SELECT RAISE(ABORT, 'what was claimed stays claimed'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION delivery_stays_settled() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION 'a settled delivery stays settled' USING ERRCODE = 'check_violation'; END $$""",
        f"""CREATE FUNCTION delivery_not_opened() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN IF {KNOWN} THEN
           RAISE EXCEPTION 'a settled delivery stays settled' USING ERRCODE = 'check_violation'; END IF;
           RETURN NEW; END $$""",
        """CREATE FUNCTION delivery_stays_claimed() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION 'what was claimed stays claimed' USING ERRCODE = 'check_violation'; END $$""",
        f"""CREATE TRIGGER settled_unchanged BEFORE UPDATE OF {FIXED} ON settled
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


def upgrade() -> None:
    """Bring an empty database to this revision."""
    _create_stories()
    _create_editions()
    _create_schedule()
    _create_desk()
    _create_ledger()
    _create_senders()
    for statement in RULES[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def _create_stories() -> None:
    """Make the tables of what sources brought."""
    op.create_table(
        "story",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("known_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("ordered_status", sa.String(length=16), nullable=True),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.Column("embargo_until", MOMENT, nullable=True),
        sa.Column("ordered_embargo", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("story_embargo_until", "story", ["embargo_until"], unique=False)
    op.create_index("story_ordered_embargo", "story", ["ordered_embargo"], unique=False)
    op.create_index("story_known_at", "story", ["known_at"], unique=False)
    op.create_index("story_changed_at", "story", ["changed_at"], unique=False)
    op.create_index("story_released_at", "story", ["released_at"], unique=False)
    op.create_index("story_url_key", "story", ["url_key"], unique=False)
    op.create_table(
        "story_alias",
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.Column("story_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("alias"),
    )
    op.create_table(
        "story_version",
        sa.Column("story_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("story_id", "version"),
    )
    op.create_table(
        "source_state",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "name"),
    )
    op.create_table(
        "picture",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _create_editions() -> None:
    """Make the tables of what is printed, and the editors' acts."""
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("slot", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("built_at", MOMENT, nullable=False),
        sa.Column("frozen_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("deadline", MOMENT, nullable=True),
        sa.Column("expected_count", sa.Integer(), nullable=True),
        sa.Column("accepted_count", sa.Integer(), nullable=True),
        sa.Column("headers", sa.Text(), server_default="", nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("stop_requested", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("held", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("approved_hash", sa.String(length=64), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("newsletter", "day", "slot", name="edition_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "edition_story",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("printed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["edition.id"],
        ),
        sa.PrimaryKeyConstraint("edition_id", "story_id"),
    )
    op.create_index("edition_story_story", "edition_story", ["story_id"], unique=False)
    op.create_table(
        "editorial_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("slot", sa.String(length=60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("editorial_act_edition", "editorial_act", ["newsletter", "day", "slot"], unique=False)


def _create_schedule() -> None:
    """Make the tables of the schedule and of what was decided."""
    op.create_table(
        "plan",
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("since_day", sa.String(length=10), nullable=False),
        sa.Column("last_planned", sa.String(length=10), nullable=True),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("edited_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("newsletter"),
    )
    op.create_table(
        "run_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("newsletter", sa.String(length=100), server_default="", nullable=False),
        sa.Column("edition", sa.String(length=200), server_default="", nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("run_log_at", "run_log", ["at"], unique=False)


def _create_desk() -> None:
    """Make the tables of editors' orders: approvals, special days, alarms told, corrections."""
    op.create_table(
        "approval",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"]),
        sa.PrimaryKeyConstraint("edition_id", "content_hash", "author"),
    )
    op.create_table(
        "special_day",
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("slot", sa.String(length=60), nullable=False),
        sa.Column("due", MOMENT, nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "day", "slot"),
    )
    op.create_table(
        "alarm",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("slot", sa.String(length=60), nullable=False),
        sa.Column("story_id", sa.String(length=32), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("correction_edition", "correction", ["newsletter", "day", "slot"], unique=False)


def _create_ledger() -> None:
    """Make the tables of who got what."""
    op.create_table(
        "delivery",
        sa.Column("edition_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("text_only", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("sections", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("edition_id", "subscriber_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audience",
        sa.Column("edition_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimed_through", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id"),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("open_count >= 0", name="batch_open_count"),
        sa.PrimaryKeyConstraint("id"),
    )
    _create_index("batch_open", "batch", ["owner", "edition_id"], where="open_count > 0")
    _create_outcomes()
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=True),
        sa.Column("fate", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=16), server_default="", nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("attempt_delivery", "attempt", ["edition_id", "subscriber_id"], unique=False)


def _create_outcomes() -> None:
    """Make the tables of deliveries under way and of those that are through."""
    op.create_table(
        "unsettled",
        sa.Column("edition_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("at", MOMENT, nullable=True),
        sa.Column("code", sa.String(length=16), server_default="", nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_id", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state <> 1 OR owner IS NOT NULL", name="unsettled_claimed_by"),
        sa.CheckConstraint("state <> 2 OR next_at IS NOT NULL", name="unsettled_deferred_until"),
        sa.CheckConstraint("state IN (0, 1, 2, 5)", name="unsettled_state"),
        sa.PrimaryKeyConstraint("edition_id", "subscriber_id"),
        sqlite_with_rowid=False,
    )
    _create_index("unsettled_pending", "unsettled", ["edition_id", "subscriber_id"], where="state = 0")
    _create_index("unsettled_claimed", "unsettled", ["owner"], where="state = 1")
    _create_index("unsettled_deferred", "unsettled", ["edition_id", "next_at"], where="state = 2")
    op.create_table(
        "settled",
        sa.Column("edition_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), server_default="", nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_id", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state = 3 OR state = 4 OR state = 6 OR state = 7", name="settled_state"),
        sa.PrimaryKeyConstraint("edition_id", "subscriber_id"),
        sqlite_with_rowid=False,
    )


def _create_index(name: str, table: str, columns: list[str], *, where: str) -> None:
    """Make an index over the few rows that a condition picks, on either database."""
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition)


def _create_senders() -> None:
    """Make the tables of who sends and what providers were asked."""
    op.create_table(
        "send_owner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("boot_id", sa.String(length=64), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "send_owner_open",
        "send_owner",
        ["id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "api_call",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("subscribers", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("protected_until", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('asked', 'answered', 'interrupted')", name="api_call_state"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(
        "api_call_interrupted",
        "api_call",
        ["edition_id"],
        unique=False,
        sqlite_where=sa.text("state = 'interrupted'"),
        postgresql_where=sa.text("state = 'interrupted'"),
    )
