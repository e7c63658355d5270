"""The tables of this package in SQLAlchemy Core; the history in ``migrations/`` makes them.

People's rows never refer to another package's tables. Subscriber ids are never given twice: links in old mails
carry them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from subscribers import written


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Stores aware times in UTC and gives aware times back; a naive one is a mistake of ours and raises ValueError."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn an aware time into what the database keeps: UTC, without zone on SQLite."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the time back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Attributes(sa.types.TypeDecorator[Mapping[str, Any]]):
    """A person's attributes: JSONB on PostgreSQL; on SQLite text as ``written.attributes`` writes it."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Say what the database has for it."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: sa.Dialect) -> Any:
        """Write the attributes for SQLite; the other writes them itself."""
        return value if value is None or dialect.name == "postgresql" else written.attributes(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Mapping[str, Any] | None:
        """Give the attributes back."""
        found: Mapping[str, Any] | None = json.loads(value) if isinstance(value, str) else value
        return found


metadata = sa.MetaData()

Json = sa.JSON().with_variant(JSONB(), "postgresql")

list_ = sa.Table(
    "list",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("double_opt_in", sa.Boolean, nullable=False),
)

subscriber = sa.Table(
    "subscriber",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    # Empty where the address is written like its key; `written_address` tells it of everybody.
    sa.Column("address", sa.Text, nullable=False),
    # Only for an internationalised domain: the address as a server without SMTPUTF8 takes it; else empty.
    sa.Column("wire_address", sa.Text, nullable=False),
    # There for everybody against whom something stands: nobody else has to be found by it.
    sa.Column("key_hash", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("attributes", Attributes, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("import_id", sa.Integer),
    sqlite_autoincrement=True,
)

sa.Index(
    "ix_subscriber_hash",
    subscriber.c.key_hash,
    sqlite_where=subscriber.c.key_hash.is_not(None),
    postgresql_where=subscriber.c.key_hash.is_not(None),
)


def written_address() -> sa.ColumnElement[str]:
    """Return a subscriber's address as they write it."""
    return sa.case((subscriber.c.address != "", subscriber.c.address), else_=subscriber.c.key)


subscriber_tag = sa.Table(
    "subscriber_tag",
    metadata,
    sa.Column("subscriber_id", sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Index("ix_subscriber_tag_tag", "tag", "subscriber_id"),
    sqlite_with_rowid=False,
)

subscription = sa.Table(
    "subscription",
    metadata,
    # In the order of a list's ids, so that an import of a million writes it from end to end; no index for a person,
    # who is looked up list by list (`on_any_list`). No foreign key: the list's would be looked up again for each of the
    # million, though no list is ever deleted, and the person's would read all of it for each person erased:
    # `store.delete_people` is the only way.
    sa.Column("list_id", sa.Text, primary_key=True),
    sa.Column("subscriber_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("paused_until", UtcDateTime),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("text_only", sa.Boolean, nullable=False),
    # A JSON array of section ids in text; empty for all sections.
    sa.Column("sections", sa.Text, nullable=False),
    sa.Column("import_id", sa.Integer),
    # The evidence of a plain imported row, which says no more than where it stood and when they joined: empty when
    # that is when we first knew them.
    sa.Column("import_line", sa.Integer),
    sa.Column("imported_at", UtcDateTime),
    # Who chose sections: few, so that an import of a million touches nothing here.
    sa.Index(
        "ix_subscription_choice",
        "list_id",
        "subscriber_id",
        sqlite_where=sa.text("sections <> ''"),
        postgresql_where=sa.text("sections <> ''"),
    ),
    # Who left, by when: a sender asks at every batch, and must not walk past all who stayed.
    sa.Index(
        "ix_subscription_left",
        "list_id",
        "since",
        "subscriber_id",
        sqlite_where=sa.text("status <> 'active'"),
        postgresql_where=sa.text("status <> 'active'"),
    ),
    sqlite_with_rowid=False,
)


def on_any_list() -> sa.ColumnElement[bool]:
    """Return the condition that a subscription is to a list there is: with a subscriber's id it is found by key."""
    return subscription.c.list_id.in_(sa.select(list_.c.id))


consent = sa.Table(
    "consent",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("subscriber_id", sa.ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("list_id", sa.ForeignKey("list.id"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("wording", sa.Text, nullable=False),
    sa.Column("wording_version", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("ip", sa.Text, nullable=False),
    sa.Column("confirmed_at", UtcDateTime),
    sa.Column("confirmed_ip", sa.Text, nullable=False),
    sa.Column("provenance", sa.Text, nullable=False),
    sa.Column("import_id", sa.Integer),
    sqlite_autoincrement=True,
)

suppression = sa.Table(
    "suppression",
    metadata,
    sa.Column("key_hash", sa.Text, primary_key=True),
    # Empty: on no list at all. No foreign key: a suppression outlives its list.
    sa.Column("list_id", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("import_id", sa.Integer),
    sqlite_with_rowid=False,
)

erased = sa.Table(
    "erased",
    metadata,
    sa.Column("subscriber_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sqlite_with_rowid=False,
)

import_run = sa.Table(
    "import_run",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("list_id", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file_hash", sa.Text, nullable=False, index=True),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("undone_at", UtcDateTime),
    sa.Column("rows_done", sa.Integer, nullable=False),
    sa.Column("counts", Json, nullable=False),
    sqlite_autoincrement=True,
)

import_filled = sa.Table(
    "import_filled",
    metadata,
    # What an import filled in of people who were here: their name, the names of attributes, tags.
    sa.Column("subscriber_id", sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("import_id", sa.Integer, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sqlite_with_rowid=False,
)

setting = sa.Table(
    "subscribers_setting",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
