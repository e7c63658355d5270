"""Write every attribute so that it is found without reading JSON: SQLite only.

Revision 0002, after 0001.
"""

import json

from alembic import op

from subscribers import written

revision = "0002"
down_revision = "0001"

_ROWS = 10_000


def upgrade() -> None:
    """Write anew what is kept as text; PostgreSQL keeps JSONB."""
    conn = op.get_bind()
    if conn.dialect.name != "sqlite":
        return
    some = "SELECT id, attributes FROM subscriber WHERE id > ? AND attributes <> '{}' ORDER BY id LIMIT ?"
    last = 0
    while rows := conn.exec_driver_sql(some, (last, _ROWS)).all():
        anew = [(written.attributes(json.loads(said)), person) for person, said in rows]
        conn.exec_driver_sql("UPDATE subscriber SET attributes = ? WHERE id = ?", anew)
        last = rows[-1][0]
