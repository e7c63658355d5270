"""An attribute is in the text exactly when it is one: nothing within another's value passes for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from subscribers import open_engine, reading, schema, upgrade, writing, written
from subscribers.database import VERSION_TABLE

# Few signs, so that names and values often hold each other and whatever separates them.
_TEXT = st.text(alphabet='a"\\ {}:,\n', max_size=6)
_VALUE = st.recursive(
    _TEXT | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_ATTRIBUTES = st.dictionaries(_TEXT, _VALUE, max_size=4)


@given(_ATTRIBUTES, _TEXT, _TEXT)
def test_a_text_is_found_where_it_is_the_value_of_the_name_and_nowhere_else(
    said: dict[str, object], name: str, value: str
) -> None:
    for searched in (
        said,
        {**said, name: value},
        {"a": {**said, name: value}},
        {"a": [written.attributes({name: value})]},
    ):
        found = written.attribute(name) + json.dumps(value) in written.attributes(searched)

        assert found == (searched.get(name) == value)


@given(_ATTRIBUTES)
def test_what_is_written_is_the_same_object_in_json(said: dict[str, object]) -> None:
    assert json.loads(written.attributes(said)) == said


def test_attributes_of_an_older_file_are_written_anew(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/older.db")
    upgrade(engine)
    said = {"city": "Turin", "at": {"city": "Lyon"}}
    row = {
        "key": "ann@example.org",
        "address": "",
        "wire_address": "",
        "name": "",
        "created_at": datetime(2026, 1, 5, tzinfo=UTC),
    }
    with writing(engine) as conn:
        conn.execute(sa.insert(schema.subscriber).values(**row, attributes=said))
        conn.execute(sa.text("UPDATE subscriber SET attributes = :said"), {"said": json.dumps(said)})
        conn.exec_driver_sql("DROP TABLE import_filled")
        conn.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0001'")

    upgrade(engine)

    with reading(engine) as conn:
        assert conn.exec_driver_sql("SELECT attributes FROM subscriber").scalar() == written.attributes(said)
