"""Schema files, windows and statements agree with the contract and with one another."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_schema.migrations import load_migrations
from gridpulse_spark.errors import BadInputError, ConfigurationError
from gridpulse_spark.warehouse.statements import merge_statement, presence_query, replace_statement, staged_sums_query
from gridpulse_spark.warehouse.subtables import Subtables
from gridpulse_spark.warehouse.tables import read_tables
from gridpulse_spark.warehouse.window import DAYS_AFTER, DAYS_BEFORE, parse_day, window_of

from .conftest import DEFINITIONS, TABLES, WINDOW

SPARK_SQL: Final = Path(__file__).parents[2] / "sql"
# Reserved in GoogleSQL, and names in this platform: as columns they must be quoted or follow a dot.
RESERVED: Final = re.compile(r"(?<![.`\w])at(?![`\w])", re.IGNORECASE)


def without_literals(sql: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"|--[^\n]*|AT TIME ZONE", "", sql)


def test_the_power_tables_have_every_number_of_the_contract() -> None:
    fields = {field.name: field for field in TABLES["power_breakdown"].fields}
    numbers = [name for name, field in fields.items() if field.type == "FLOAT"]
    assert numbers == list(POWER_NUMBER_COLUMNS)
    assert all(fields[name].mode == "NULLABLE" for name in numbers)


@pytest.mark.parametrize(
    "name", ["power_breakdown", "power_breakdown_revisions", "carbon_intensity", "carbon_intensity_revisions"]
)
def test_a_table_has_the_columns_of_cassandra(name: str) -> None:
    text = "\n".join(statement for migration in load_migrations() for statement in migration.statements("power"))
    body = re.search(rf"\.{name} \((.*?)PRIMARY KEY", text, re.DOTALL)
    assert body
    columns = {line.split()[0] for line in body[1].strip().splitlines() if line.strip()}
    assert set(TABLES[name].column_names) == columns - {"year", "month"} | {"write_timestamp_us"}


def test_every_column_is_described_and_every_key_is_required() -> None:
    for table in TABLES.values():
        fields = {field.name: field for field in table.fields}
        assert all(field.description and field.mode for field in fields.values())
        assert {fields[name].mode for name in table.key} == {"REQUIRED"}
        assert set(table.cluster_by) <= fields.keys()


def test_the_subtables_are_the_questions_of_spark_sql() -> None:
    subtables = Subtables(DEFINITIONS)
    of_spark_alone = {"asked_power", "asked_carbon", "power_daily"}
    assert {path.stem for path in SPARK_SQL.glob("*.sql")} - of_spark_alone == {
        path.stem for path in DEFINITIONS.glob("*.sql")
    } - {"days"}
    assert subtables.names.index("energy_daily") < subtables.names.index("energy_monthly")
    assert subtables.names.index("shares_daily") < subtables.names.index("ranking_daily")


@pytest.mark.parametrize("name", Subtables(DEFINITIONS).names)
def test_a_subtable_reads_a_literal_range_of_partitions(name: str) -> None:
    statement = Subtables(DEFINITIONS).statement(name, date(2026, 3, 1), date(2026, 5, 1))
    assert statement.startswith(f"CREATE OR REPLACE TABLE {name}\nPARTITION BY DATE_TRUNC(")
    for table in (name for name, table in TABLES.items() if table.partition_by_day):
        for found in re.finditer(rf"FROM {table} AS (\w+)\b(.*?)(\)|UNION|granularity)", statement, re.DOTALL):
            assert re.search(rf"{found[1]}\.at >= TIMESTAMP", found[2]), statement
    assert not re.search(r"\$(start|end)", statement)


@pytest.mark.parametrize("path", sorted(DEFINITIONS.glob("*.sql")), ids=lambda path: path.stem)
def test_no_reserved_word_stands_alone(path: Path) -> None:
    assert not RESERVED.findall(without_literals(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.partition_by_day])
def test_statements_quote_what_is_reserved_and_name_the_range(name: str) -> None:
    table = TABLES[name]
    merge = merge_statement(table, "p.d.t", "p.s.t", WINDOW)
    present = presence_query(table, "p.d.t", "p.s.t", WINDOW)
    for sql in (merge, present, staged_sums_query(table, "p.s.t"), replace_statement(table, "p.d.t", "p.s.t")):
        assert not RESERVED.findall(without_literals(sql))
    literal = "T.`at` >= TIMESTAMP '2025-12-21 00:00:00+00' AND T.`at` < TIMESTAMP '2026-04-04 00:00:00+00'"
    assert f"ON {literal}" in merge
    assert f"WHERE {literal}" in present
    assert merge.count("MERGE") == 1


@given(st.dates(date(2016, 1, 1), date(2090, 1, 1)))
def test_a_window_holds_its_days_years_and_months(day: date) -> None:
    window = window_of(day, datetime(2100, 1, 1, tzinfo=UTC))
    days = [datetime.fromordinal(day.toordinal() + offset) for offset in range(-DAYS_BEFORE, DAYS_AFTER)]
    assert window.start.date() == days[0].date()
    assert (window.end - window.start).days == len(days)
    assert list(window.years) == sorted({instant.year for instant in days})
    assert list(window.months) == sorted({instant.year * 100 + instant.month for instant in days})


def test_a_day_in_the_future_or_none_at_all_is_refused() -> None:
    now = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    assert window_of(date(2026, 3, 31), now).day == date(2026, 3, 31)
    with pytest.raises(BadInputError, match="2026-04-01 is in the future"):
        window_of(date(2026, 4, 1), now)
    with pytest.raises(BadInputError, match="'yesterday' is no day"):
        parse_day("yesterday")


def test_files_that_are_missing_or_needed_in_a_circle_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"tables\.json can't be read"):
        read_tables(tmp_path)
    with pytest.raises(ConfigurationError, match=r"subtables\.json can't be read"):
        Subtables(tmp_path)
    (tmp_path / "subtables.json").write_text(
        '{"a": {"description": "", "partition_by_month_of": "", "cluster_by": []}}'
    )
    with pytest.raises(ConfigurationError, match="lists a, which"):
        Subtables(tmp_path)
    (tmp_path / "a.sql").write_text("SELECT * FROM b")
    (tmp_path / "b.sql").write_text("SELECT * FROM a -- and of a")
    with pytest.raises(ConfigurationError, match="in a circle: "):
        Subtables(tmp_path)
