"""The statements of the ledger's hot path, written by hand, one pair for the two databases where they differ.

States stand as literals (see ``ledger_schema.State``): SQLite uses a partial index only for a literal.
"""

from __future__ import annotations

from sqlalchemy import bindparam, text

# Take fresh deliveries. The index is named because SQLite else walks the primary key past every settled delivery,
# slower with each batch; PostgreSQL finds it, and passes over rows another sender is just taking.
CLAIM_FRESH = {
    "sqlite": text(
        """UPDATE delivery SET state = 1, owner = :owner, fence = fence + 1, attempts = attempts + 1
        WHERE edition_id = :edition AND subscriber_id IN (
            SELECT subscriber_id FROM delivery INDEXED BY delivery_todo
            WHERE edition_id = :edition AND state = 0 ORDER BY subscriber_id LIMIT :limit)
        RETURNING subscriber_id, address, name, text_only, sections, fence, attempts"""
    ),
    "postgresql": text(
        """WITH due AS (
            SELECT subscriber_id AS who FROM delivery WHERE edition_id = :edition AND state = 0
            ORDER BY subscriber_id LIMIT :limit FOR UPDATE SKIP LOCKED)
        UPDATE delivery SET state = 1, owner = :owner, fence = fence + 1, attempts = attempts + 1
        FROM due WHERE edition_id = :edition AND subscriber_id = who
        RETURNING subscriber_id, address, name, text_only, sections, fence, attempts"""
    ),
}

# Take deferred deliveries whose time has come, the longest waiting first.
CLAIM_DEFERRED = {
    "sqlite": text(
        """UPDATE delivery SET state = 1, owner = :owner, fence = fence + 1, attempts = attempts + 1, next_at = NULL
        WHERE edition_id = :edition AND subscriber_id IN (
            SELECT subscriber_id FROM delivery INDEXED BY delivery_deferred
            WHERE edition_id = :edition AND state = 2 AND next_at <= :now ORDER BY next_at LIMIT :limit)
        RETURNING subscriber_id, address, name, text_only, sections, fence, attempts"""
    ),
    "postgresql": text(
        """WITH due AS (
            SELECT subscriber_id AS who FROM delivery WHERE edition_id = :edition AND state = 2 AND next_at <= :now
            ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED)
        UPDATE delivery SET state = 1, owner = :owner, fence = fence + 1, attempts = attempts + 1, next_at = NULL
        FROM due WHERE edition_id = :edition AND subscriber_id = who
        RETURNING subscriber_id, address, name, text_only, sections, fence, attempts"""
    ),
}

# Take the deliveries of one interrupted call out of their ambiguity, to repeat it.
CLAIM_CALL = text(
    """UPDATE delivery SET state = 1, owner = :owner, fence = fence + 1, attempts = attempts + 1, next_at = NULL
    WHERE edition_id = :edition AND subscriber_id IN :who AND state = 5
    RETURNING subscriber_id, address, name, text_only, sections, fence, attempts"""
).bindparams(bindparam("who", expanding=True))

# Hold claimed deliveries of a call as ambiguous.
HOLD_CALL = text(
    """UPDATE delivery SET state = 5 WHERE edition_id = :edition AND subscriber_id IN :who
    AND state = 1 AND owner = :owner"""
).bindparams(bindparam("who", expanding=True))

# Write outcomes down. Only the holder of the claim is heard; a late answer of its may still close what was taken
# for ambiguous meanwhile.
RECORD_SQLITE = """UPDATE delivery
    SET state = ?, next_at = ?, code = ?, reply = ?, provider_id = ?, at = ?
    WHERE subscriber_id = ? AND edition_id = ? AND owner = ? AND fence = ? AND state IN (1, 5)"""
RECORD_POSTGRES = """UPDATE delivery
    SET state = o.new_state, next_at = o.new_next, code = o.new_code, reply = o.new_reply,
        provider_id = o.new_provider, at = %(at)s
    FROM unnest(%(who)s::bigint[], %(fences)s::int[], %(states)s::smallint[], %(nexts)s::bigint[], %(codes)s::text[],
        %(replies)s::text[], %(providers)s::text[])
        AS o(who, new_fence, new_state, new_next, new_code, new_reply, new_provider)
    WHERE edition_id = %(edition)s AND subscriber_id = o.who AND owner = %(owner)s AND fence = o.new_fence
        AND state IN (1, 5)"""

# Add a trouble to the list of attempts, if the one who tells it is heard (run it before RECORD).
ATTEMPT = text(
    """INSERT INTO attempt (edition_id, subscriber_id, at, owner, fate, code, reply)
    SELECT edition_id, subscriber_id, :at, owner, :fate, :code, :reply FROM delivery
    WHERE edition_id = :edition AND subscriber_id = :who AND owner = :owner AND fence = :fence AND state IN (1, 5)"""
)

# Give a claim back as if it had never been taken.
RELEASE = text(
    """UPDATE delivery SET state = :state, owner = NULL, attempts = attempts - 1
    WHERE edition_id = :edition AND subscriber_id = :who AND owner = :owner AND fence = :fence AND state = 1"""
)

# Give back all a dead sender had claimed and never begun.
UNTOUCHED = text(
    """UPDATE delivery SET state = 0, owner = NULL, attempts = attempts - 1 WHERE state = 1 AND owner = :owner"""
)

# Hold all a dead sender had claimed, because nothing tells how far it came.
HELD = text("UPDATE delivery SET state = 5, reply = :why, at = :now WHERE state = 1 AND owner = :owner")

# Fail what waits for a retry that comes too late.
GIVE_UP = text(
    """UPDATE delivery SET state = 7, next_at = NULL, at = :now, reply = substr(:reason || reply, 1, :limit)
    WHERE edition_id = :edition AND state = 2"""
)

# When is the first retry due?
NEXT_DUE = text("SELECT min(next_at) FROM delivery WHERE edition_id = :edition AND state = 2")
