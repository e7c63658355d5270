"""The newsroom's database: stories, editions, editors' acts, plans, the run log and the ledger of deliveries.

Functions take a Connection and never commit; ``job`` and ``engine`` own the transactions. All times are aware UTC.
"""

from sqlalchemy import Connection

from digest.store.acts import Act, ActName, acts, add_act, remove_act, remove_acts
from digest.store.database import VERSION_TABLE, check, is_empty, migrations_dir, upgrade
from digest.store.editions import (
    Flags,
    State,
    StoredEdition,
    approve,
    content_hash,
    edition_states,
    editions_with,
    expire,
    finish,
    flags,
    get_edition,
    iter_editions,
    last_cutoff,
    load,
    load_id,
    mark_frozen,
    next_number,
    printed,
    reopen,
    save_draft,
    set_flag,
    unfinished,
)
from digest.store.pictures import get_picture, put_picture
from digest.store.plans import Plan, advance, ensure_plan
from digest.store.runlog import LogLine, iter_log, last_log, log
from digest.store.state import SqlSourceState
from digest.store.stories import (
    Saved,
    find_story,
    get_story,
    held_over,
    iter_stories,
    order_status,
    resolve,
    save,
)

__all__ = [
    "VERSION_TABLE",
    "Act",
    "ActName",
    "Connection",
    "Flags",
    "LogLine",
    "Plan",
    "Saved",
    "SqlSourceState",
    "State",
    "StoredEdition",
    "acts",
    "add_act",
    "advance",
    "approve",
    "check",
    "content_hash",
    "edition_states",
    "editions_with",
    "ensure_plan",
    "expire",
    "find_story",
    "finish",
    "flags",
    "get_edition",
    "get_picture",
    "get_story",
    "held_over",
    "is_empty",
    "iter_editions",
    "iter_log",
    "iter_stories",
    "last_cutoff",
    "last_log",
    "load",
    "load_id",
    "log",
    "mark_frozen",
    "migrations_dir",
    "next_number",
    "order_status",
    "printed",
    "put_picture",
    "remove_act",
    "remove_acts",
    "reopen",
    "resolve",
    "save",
    "save_draft",
    "set_flag",
    "unfinished",
    "upgrade",
]
