"""Make the first tables.

Revision 0001, the first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
# The column of an older SQLite database is called JSON; it holds the same text.
ATTRIBUTES = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Bring an empty database to this revision."""
    _create_lists_and_subscribers()
    _create_subscriptions()
    _create_suppression()
    _create_bookkeeping()


def _create_lists_and_subscribers() -> None:
    """Make the tables of who there is."""
    op.create_table(
        "list",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("double_opt_in", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("wire_address", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attributes", ATTRIBUTES, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_subscriber_hash",
        "subscriber",
        ["key_hash"],
        unique=False,
        sqlite_where=sa.text("key_hash IS NOT NULL"),
        postgresql_where=sa.text("key_hash IS NOT NULL"),
    )
    op.create_table(
        "subscriber_tag",
        sa.Column("subscriber_id", BIG, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subscriber_id", "tag"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subscriber_tag_tag", "subscriber_tag", ["tag", "subscriber_id"], unique=False)


def _create_subscriptions() -> None:
    """Make the tables of who joined what, and the evidence."""
    op.create_table(
        "subscription",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("paused_until", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text_only", sa.Boolean(), nullable=False),
        sa.Column("sections", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("import_line", sa.Integer(), nullable=True),
        sa.Column("imported_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("list_id", "subscriber_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_subscription_choice",
        "subscription",
        ["list_id", "subscriber_id"],
        unique=False,
        sqlite_where=sa.text("sections <> ''"),
        postgresql_where=sa.text("sections <> ''"),
    )
    op.create_index(
        "ix_subscription_left",
        "subscription",
        ["list_id", "since", "subscriber_id"],
        unique=False,
        sqlite_where=sa.text("status <> 'active'"),
        postgresql_where=sa.text("status <> 'active'"),
    )
    op.create_table(
        "consent",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subscriber_id", BIG, nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("wording_version", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("confirmed_ip", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["list.id"]),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_consent_subscriber_id", "consent", ["subscriber_id"], unique=False)


def _create_suppression() -> None:
    """Make the tables that outlive a person's rows."""
    op.create_table(
        "suppression",
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", "list_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_suppression_at", "suppression", ["at"], unique=False)
    op.create_table(
        "erased",
        sa.Column("subscriber_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_erased_at", "erased", ["at"], unique=False)


def _create_bookkeeping() -> None:
    """Make the tables about imports and about this database."""
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_import_run_file_hash", "import_run", ["file_hash"], unique=False)
    op.create_table(
        "subscribers_setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
