"""The statements of the ledger's hot path, written by hand, one pair for the two databases where they differ.

States stand as literals (see ``ledger_schema.State``): SQLite uses a partial index only for a literal. Where an index
is named, SQLite else walks the primary key past everything else that is unsettled.
"""

from __future__ import annotations

from sqlalchemy import bindparam, text

# Wait until no other sender writes to these editions. SQLite has one writer anyway.
TAKE_TURN = text("SELECT 1 FROM audience WHERE edition_id IN :editions ORDER BY edition_id FOR UPDATE").bindparams(
    bindparam("editions", expanding=True)
)

# The next of the audience that nobody has claimed yet. Who was erased before has no address and is settled.
FRESH = text(
    """SELECT subscriber_id, address, name, text_only, sections FROM delivery
    WHERE edition_id = :edition AND address <> ''
        AND subscriber_id > (SELECT claimed_through FROM audience WHERE edition_id = :edition)
    ORDER BY subscriber_id LIMIT :limit"""
)

# Write down who sends that range, and that it is claimed.
ADD_BATCH = text(
    """INSERT INTO batch (edition_id, first_id, last_id, owner, open_count)
    VALUES (:edition, :first, :last, :owner, :count)"""
)
CLAIMED_THROUGH = text("UPDATE audience SET claimed_through = :last WHERE edition_id = :edition")

_WAITING = """SELECT u.subscriber_id, d.address, d.name, d.text_only, d.sections, u.fence + 1, u.attempts + 1
    FROM unsettled AS u {index} CROSS JOIN delivery AS d
    WHERE u.edition_id = :edition AND {due} AND d.edition_id = u.edition_id AND d.subscriber_id = u.subscriber_id
    ORDER BY {order} LIMIT :limit"""
_DEFERRED = {"due": "u.state = 2 AND u.next_at <= :now", "order": "u.next_at"}
_PENDING = {"due": "u.state = 0", "order": "u.subscriber_id"}

# Deferred deliveries whose time has come, the longest waiting first; and those that were given back.
WAITING = (
    {
        "sqlite": text(_WAITING.format(index="INDEXED BY unsettled_deferred", **_DEFERRED)),
        "postgresql": text(_WAITING.format(index="", **_DEFERRED)),
    },
    {
        "sqlite": text(_WAITING.format(index="INDEXED BY unsettled_pending", **_PENDING)),
        "postgresql": text(_WAITING.format(index="", **_PENDING)),
    },
)

# The deliveries of one interrupted call, those of them that are still held and still have an address.
OF_CALL = text(
    """SELECT u.subscriber_id, d.address, d.name, d.text_only, d.sections, u.fence + 1, u.attempts + 1
    FROM unsettled AS u CROSS JOIN delivery AS d
    WHERE u.edition_id = :edition AND u.subscriber_id IN :who AND u.state = 5
        AND d.edition_id = u.edition_id AND d.subscriber_id = u.subscriber_id AND d.address <> ''"""
).bindparams(bindparam("who", expanding=True))

# Claim what waits or is held.
CLAIM_AGAIN = text(
    """UPDATE unsettled SET state = 1, owner = :owner, fence = fence + 1, attempts = attempts + 1, next_at = NULL
    WHERE edition_id = :edition AND subscriber_id = :who"""
)

# Prolong a sender's lease, unless somebody has buried it.
PROLONG = text("UPDATE send_owner SET lease_until = :until WHERE id = :owner AND ended_at IS NULL")

# What an owner has to account for, of one edition; and who of it needs more than one step.
OPEN_BATCHES = text(
    """SELECT id, first_id, last_id FROM batch
    WHERE owner = :owner AND edition_id = :edition AND open_count > 0 ORDER BY first_id"""
)
STRAYED = text(
    """SELECT u.subscriber_id FROM batch AS b CROSS JOIN unsettled AS u
    WHERE b.owner = :owner AND b.edition_id = :edition AND b.open_count > 0
        AND u.edition_id = b.edition_id AND u.subscriber_id BETWEEN b.first_id AND b.last_id"""
)
ACCOUNT = text("UPDATE batch SET open_count = open_count - :count WHERE id = :batch")

# How a delivery ended. Whoever comes second changes nothing and is not counted. SQLite takes fifty rows at a time for
# two thirds of what they cost one by one; PostgreSQL takes all, as one text that costs us less than lists of columns.
# Not OR IGNORE: that would pass over a broken rule as well.
SETTLE_ROWS = 50
_SETTLE = """INSERT INTO settled (edition_id, subscriber_id, state, at, attempts, code, reply, provider_id)
    VALUES {rows} ON CONFLICT DO NOTHING"""
SETTLE_SQLITE = {
    count: _SETTLE.format(rows=", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * count)) for count in (1, SETTLE_ROWS)
}
SETTLE_POSTGRES = """INSERT INTO settled (edition_id, subscriber_id, state, at, attempts, code, reply, provider_id)
    SELECT (o->>0)::bigint, (o->>1)::bigint, (o->>2)::smallint, (o->>3)::bigint, (o->>4)::int, o->>5, o->>6, o->>7
    FROM json_array_elements(%(rows)s::json) AS o ON CONFLICT DO NOTHING"""
FORGET = text("DELETE FROM unsettled WHERE edition_id = :edition AND subscriber_id = :who")

# Where each of these deliveries stands: whether it is settled, and what is unsettled about it.
STANDING = text(
    """SELECT d.subscriber_id, s.state, u.state, u.owner, u.fence, u.attempts FROM delivery AS d
    LEFT JOIN settled AS s ON s.edition_id = d.edition_id AND s.subscriber_id = d.subscriber_id
    LEFT JOIN unsettled AS u ON u.edition_id = d.edition_id AND u.subscriber_id = d.subscriber_id
    WHERE d.edition_id = :edition AND d.subscriber_id IN :who"""
).bindparams(bindparam("who", expanding=True))

# Leave a delivery unsettled, with what was said of it; or put a claim back with the words it had before.
LEAVE = text(
    """INSERT INTO unsettled
        (edition_id, subscriber_id, state, owner, fence, attempts, next_at, at, code, reply, provider_id)
    VALUES (:edition, :who, :state, :owner, :fence, :attempts, :next_at, :at, :code, :reply, :provider)
    ON CONFLICT (edition_id, subscriber_id) DO UPDATE SET state = excluded.state, next_at = excluded.next_at,
        at = excluded.at, code = excluded.code, reply = excluded.reply, provider_id = excluded.provider_id"""
)
PUT_BACK = text(
    """INSERT INTO unsettled (edition_id, subscriber_id, state, owner, fence, attempts)
    VALUES (:edition, :who, :state, :owner, :fence, :attempts)
    ON CONFLICT (edition_id, subscriber_id) DO UPDATE SET state = excluded.state, owner = excluded.owner,
        attempts = excluded.attempts"""
)

# Add a trouble to the list of attempts.
ATTEMPT = text(
    """INSERT INTO attempt (edition_id, subscriber_id, at, owner, fate, code, reply)
    VALUES (:edition, :who, :at, :owner, :fate, :code, :reply)"""
)

# All a dead sender had claimed, of every edition: first what it had claimed again, then the rest of its batches.
CLAIMED_OF = text("SELECT count(*) FROM unsettled WHERE state = 1 AND owner = :owner")
AGAIN_UNTOUCHED = text(
    "UPDATE unsettled SET state = 0, owner = NULL, attempts = attempts - 1 WHERE state = 1 AND owner = :owner"
)
AGAIN_HELD = text("UPDATE unsettled SET state = 5, reply = :why, at = :now WHERE state = 1 AND owner = :owner")
_REST = """INSERT INTO unsettled (edition_id, subscriber_id, {columns})
    SELECT d.edition_id, d.subscriber_id, {values} FROM batch AS b CROSS JOIN delivery AS d
    WHERE b.owner = :owner AND b.open_count > 0
        AND d.edition_id = b.edition_id AND d.subscriber_id BETWEEN b.first_id AND b.last_id
        AND NOT EXISTS (SELECT 1 FROM settled AS s
            WHERE s.edition_id = d.edition_id AND s.subscriber_id = d.subscriber_id)
        AND NOT EXISTS (SELECT 1 FROM unsettled AS u
            WHERE u.edition_id = d.edition_id AND u.subscriber_id = d.subscriber_id)"""
REST_UNTOUCHED = text(_REST.format(columns="state, fence, attempts", values="0, 1, 0"))
REST_HELD = text(
    _REST.format(
        columns="state, owner, fence, attempts, reply, at",
        values="5, b.owner, 1, 1, CAST(:why AS TEXT), CAST(:now AS BIGINT)",
    )
)
CLOSE_BATCHES = text("UPDATE batch SET open_count = 0 WHERE owner = :owner AND open_count > 0")
OPEN_OF = text("SELECT count(*) FROM batch WHERE owner = :owner AND open_count > 0")
EDITIONS_OF = text(
    """SELECT edition_id FROM batch WHERE owner = :owner AND open_count > 0
    UNION SELECT edition_id FROM unsettled WHERE state = 1 AND owner = :owner
    UNION SELECT edition_id FROM api_call WHERE owner = :owner AND state = 'asked'"""
)

# Settle what waits, all of it in one state; run FORGET_STATE after it.
_SETTLE_STATE = """INSERT INTO settled (edition_id, subscriber_id, state, at, attempts, code, reply, provider_id)
    SELECT edition_id, subscriber_id, 7, CAST(:now AS BIGINT), attempts, code, {reply}, provider_id
    FROM unsettled WHERE edition_id = :edition AND state = {state}"""
GIVE_UP = text(_SETTLE_STATE.format(state=2, reply="substr(CAST(:reason AS TEXT) || reply, 1, :limit)"))
FORGET_DEFERRED = text("DELETE FROM unsettled WHERE edition_id = :edition AND state = 2")

# When is the first retry due?
NEXT_DUE = text("SELECT min(next_at) FROM unsettled WHERE edition_id = :edition AND state = 2")

# One call that was broken off and may be repeated now.
INTERRUPTED = text(
    """SELECT key, subscribers FROM api_call WHERE edition_id = :edition AND state = 'interrupted'
        AND (next_at IS NULL OR next_at <= :now) AND protected_until > :now
    ORDER BY asked_at LIMIT 1"""
)
