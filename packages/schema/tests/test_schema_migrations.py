"""The DDL says what the contract says, and migration files are read strictly."""

import re

import pytest

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_schema import SchemaError, load_migrations
from gridpulse_schema.migrations import in_order, parse_migration


def tables() -> dict[str, tuple[dict[str, str], str]]:
    """Columns with their types, and the primary key, of every table of the current schema."""
    found: dict[str, tuple[dict[str, str], str]] = {}
    for migration in load_migrations():
        for statement in migration.statements("ks"):
            match = re.match(
                r"CREATE TABLE IF NOT EXISTS ks\.(\w+) \(\n(.*),\n\s+PRIMARY KEY \((.*)\)\n\)", statement, re.DOTALL
            )
            assert match is not None, statement
            lines = [line.strip().removesuffix(",") for line in match[2].splitlines()]
            found[match[1]] = ({line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines}, match[3])
    return found


def test_power_columns_are_those_of_the_contract() -> None:
    current, key = tables()["power_breakdown"]
    assert key == "(zone, granularity, year), at"
    numbers = [name for name, kind in current.items() if kind == "double"]
    assert numbers == list(POWER_NUMBER_COLUMNS)
    maps = [name for name, kind in current.items() if kind == "frozen<map<text, double>>"]
    assert maps == ["import_mw", "export_mw"]


@pytest.mark.parametrize(
    ("table", "current_key", "revisions_key"),
    [
        ("power_breakdown", "(zone, granularity, year), at", "(zone, granularity, month), at, updated_at"),
        (
            "carbon_intensity",
            "(zone, variant, granularity, year), at",
            "(zone, variant, granularity, month), at, updated_at",
        ),
    ],
)
def test_revisions_hold_the_columns_of_the_current_table(table: str, current_key: str, revisions_key: str) -> None:
    current, key_of_current = tables()[table]
    revisions, key_of_revisions = tables()[f"{table}_revisions"]
    assert (key_of_current, key_of_revisions) == (current_key, revisions_key)
    assert current.pop("year") == revisions.pop("month") == "int"
    assert current == revisions


def test_no_collection_can_leave_a_tombstone() -> None:
    for columns, _ in tables().values():
        for name, kind in columns.items():
            assert kind.startswith("frozen<") or "<" not in kind, name


@pytest.mark.parametrize(
    ("file_name", "text"),
    [
        ("1_x.cql", "CREATE;\n"),
        ("0001_x.sql", "CREATE;\n"),
        ("0001_x.cql", ""),
        ("0001_x.cql", "-- nothing\n"),
        ("0001_x.cql", "CREATE;\nDROP\n"),
    ],
)
def test_a_migration_file_that_is_not_right_is_refused(file_name: str, text: str) -> None:
    with pytest.raises(SchemaError):
        parse_migration(file_name, text)


def test_a_gap_in_the_versions_is_refused() -> None:
    first, third = (parse_migration(f"000{version}_x.cql", "SELECT 1;") for version in (1, 3))
    with pytest.raises(SchemaError, match=r"\[1, 3\]"):
        in_order([third, first])


def test_comments_go_and_the_keyspace_comes_in() -> None:
    migration = parse_migration("0001_x.cql", "-- a; b\nCREATE TABLE $keyspace.a\n  (b int);\n\nDROP TABLE x;\n")
    assert migration.statements("power") == ("CREATE TABLE power.a\n  (b int)", "DROP TABLE x")
