"""The tables of the newsroom: stories and their versions, editions, acts of editors, the run log.

Times are stored as whole microseconds since 1970 in UTC (see ``Moment``), so that both databases compare and keep
them alike. Deliveries stand in ``ledger_schema`` on the same metadata.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware moment kept as integer microseconds: no driver's idea of time zones takes part."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Turn an aware moment into microseconds; a naive one is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Turn microseconds back into an aware UTC moment."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


story = sa.Table(
    "story",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("url_key", sa.Text, nullable=False, server_default=""),
    sa.Column("url", sa.Text, nullable=False, server_default=""),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("known_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("headline", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    # What an editor ordered on the command line stands above what the source says.
    sa.Column("ordered_status", sa.String(16), nullable=True),
    # When it last became usable after a hold or a kill; with the embargo, what lets an old story into a new edition.
    sa.Column("released_at", Moment),
    sa.Column("embargo_until", Moment),
    # An editor's embargo stands above the source's; one that is past lifts it.
    sa.Column("ordered_embargo", Moment),
    sa.Index("story_known_at", "known_at"),
    sa.Index("story_url_key", "url_key"),
    sa.Index("story_embargo_until", "embargo_until"),
    sa.Index("story_ordered_embargo", "ordered_embargo"),
    sa.Index("story_changed_at", "changed_at"),
    sa.Index("story_released_at", "released_at"),
)

# Ids under which a source offered a story before or after the one it is kept under: a feed that changes its guids.
story_alias = sa.Table(
    "story_alias",
    metadata,
    sa.Column("alias", sa.String(32), primary_key=True),
    sa.Column("story_id", sa.String(32), sa.ForeignKey("story.id"), nullable=False),
)

story_version = sa.Table(
    "story_version",
    metadata,
    sa.Column("story_id", sa.String(32), sa.ForeignKey("story.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)

source_state = sa.Table(
    "source_state",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

picture = sa.Table(
    "picture",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

edition = sa.Table(
    "edition",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("newsletter", sa.String(100), nullable=False),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("slot", sa.String(60), nullable=False),
    # draft → frozen → sent; or held, expired, stopped. See editions.State.
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
    sa.Column("built_at", Moment, nullable=False),
    sa.Column("frozen_at", Moment),
    sa.Column("finished_at", Moment),
    sa.Column("deadline", Moment),
    sa.Column("expected_count", sa.Integer),
    # How many messages were accepted when the sending ended; until then null.
    sa.Column("accepted_count", sa.Integer),
    sa.Column("headers", sa.Text, nullable=False, server_default=""),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("stop_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("approved_hash", sa.String(64)),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("newsletter", "day", "slot", name="edition_key"),
    # Signed links name an edition by its number for years: it is never given twice.
    sqlite_autoincrement=True,
)

# Which stories an edition prints: the newsletter's memory, and what a kill must look up.
edition_story = sa.Table(
    "edition_story",
    metadata,
    sa.Column("edition_id", sa.Integer, sa.ForeignKey("edition.id"), primary_key=True),
    sa.Column("story_id", sa.String(32), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("headline", sa.Text, nullable=False),
    # Where it stands in reading order, from 0; 0 as well for what was left out.
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("printed", sa.Boolean, nullable=False),
    sa.Index("edition_story_story", "story_id"),
)

editorial_act = sa.Table(
    "editorial_act",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("newsletter", sa.String(100), nullable=False),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("slot", sa.String(60), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("act", sa.String(40), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("editorial_act_edition", "newsletter", "day", "slot"),
)

plan = sa.Table(
    "plan",
    metadata,
    sa.Column("newsletter", sa.String(100), primary_key=True),
    sa.Column("since_day", sa.String(10), nullable=False),
    sa.Column("last_planned", sa.String(10)),
    sa.Column("rule", sa.Text, nullable=False, server_default=""),
    # When the rule was last changed after the first time it was seen; null until then.
    sa.Column("edited_at", Moment),
)

run_log = sa.Table(
    "run_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("newsletter", sa.String(100), nullable=False, server_default=""),
    sa.Column("edition", sa.String(200), nullable=False, server_default=""),
    sa.Column("what", sa.String(40), nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Index("run_log_at", "at"),
)

# Who approved which content of an edition; the edition's approved_hash is set once enough of them did.
approval = sa.Table(
    "approval",
    metadata,
    sa.Column("edition_id", sa.Integer, sa.ForeignKey("edition.id"), primary_key=True),
    sa.Column("content_hash", sa.String(64), primary_key=True),
    sa.Column("author", sa.Text, primary_key=True),
    sa.Column("at", Moment, nullable=False),
)

# Days that an editor took out of a calendar or added to it; ``due`` is set for an extra edition alone.
special_day = sa.Table(
    "special_day",
    metadata,
    sa.Column("newsletter", sa.String(100), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("slot", sa.String(60), primary_key=True),
    sa.Column("due", Moment),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

# When each alarm was last told, so that a trouble that lasts is not told at every tick.
alarm = sa.Table(
    "alarm",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("ended_at", Moment),
)

# What an edition printed wrongly: a block of the next edition says so, and a slot of its own may.
correction = sa.Table(
    "correction",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("newsletter", sa.String(100), nullable=False),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("slot", sa.String(60), nullable=False),
    sa.Column("story_id", sa.String(32), nullable=False),
    sa.Column("headline", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("correction_edition", "newsletter", "day", "slot"),
)
