"""The SQL of a load, in GoogleSQL: one MERGE, and the questions that prove it. (Names are quoted: AT is a keyword.)"""

from collections.abc import Sequence
from typing import Final

from gridpulse_spark.warehouse.checksum import row_hash_sql
from gridpulse_spark.warehouse.tables import WRITE_TIMESTAMP, Table
from gridpulse_spark.warehouse.window import Window

__all__ = ["merge_statement", "presence_query", "replace_statement", "staged_sums_query"]

_NEWEST: Final = f"updated_at DESC, {WRITE_TIMESTAMP} DESC"


def merge_statement(table: Table, target: str, staged: str, window: Window) -> str:
    """Bring the staged rows into the table: of each key once, and only where they are newer than what is there.

    The range of `at` is literal, so that BigQuery reads the window's partitions only. A row that is as new as the
    staged one and yet differs is written again: two contents of one write time, of which Cassandra has chosen, or a
    row that somebody has changed by hand.
    """
    others = [name for name in table.column_names if name not in table.key]
    names, values = (", ".join(f"{alias}`{name}`" for name in table.column_names) for alias in ("", "S."))
    stamp = WRITE_TIMESTAMP
    staged_hash, hash_there = (row_hash_sql(table.fields, alias) for alias in ("S", "T"))
    return f"""\
MERGE `{target}` AS T
USING (
  {_each_key_once(table, staged, window)}
) AS S
ON {_in_window("T", window)} AND {_same_key(table)}
WHEN MATCHED AND (
  S.updated_at > T.updated_at
  OR (S.updated_at = T.updated_at AND S.{stamp} > T.{stamp})
  OR (S.{stamp} = T.{stamp} AND {staged_hash} != {hash_there})
) THEN UPDATE SET {", ".join(f"`{name}` = S.`{name}`" for name in others)}
WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"""  # noqa: S608 - names of ours


def replace_statement(table: Table, target: str, staged: str) -> str:
    """Put the staged rows in the place of all that is in a small table, at once."""
    names = ", ".join(f"`{name}`" for name in table.column_names)
    return (
        f"MERGE `{target}` AS T USING `{staged}` AS S ON FALSE "  # noqa: S608
        f"WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({names})"
    )


def staged_sums_query(table: Table, staged: str) -> str:
    """One row (row_count, checksum): what the load job has put into the staging table."""
    row_hash = row_hash_sql(table.fields, "S")
    return f"SELECT COUNT(*) AS row_count, IFNULL(SUM({row_hash}), 0) AS checksum FROM `{staged}` AS S"  # noqa: S608


def presence_query(table: Table, target: str, staged: str, window: Window) -> str:
    """One row: what the table has of the staged keys, after the merge.

    row_count: keys that are there (a key that is there twice counts twice); newer_count: those with a newer revision
    than the staged one, which is no error, since another load may have brought it; older_count: those with an older
    one, which is; checksum: of what is there, save that a staged row stands in for a newer one.
    """
    stamp = WRITE_TIMESTAMP
    row_hash = f"IF(T.{stamp} > S.{stamp}, {row_hash_sql(table.fields, 'S')}, {row_hash_sql(table.fields, 'T')})"
    return f"""\
SELECT
  COUNT(*) AS row_count,
  COUNTIF(T.{stamp} > S.{stamp}) AS newer_count,
  COUNTIF(T.{stamp} < S.{stamp}) AS older_count,
  IFNULL(SUM({row_hash}), 0) AS checksum
FROM `{target}` AS T
JOIN (
  {_each_key_once(table, staged, window)}
) AS S ON {_same_key(table)}
WHERE {_in_window("T", window)}"""  # noqa: S608


def _each_key_once(table: Table, staged: str, window: Window) -> str:
    key = ", ".join(f"R.`{name}`" for name in table.key)
    return (
        f"SELECT * FROM `{staged}` AS R WHERE {_in_window('R', window)} "  # noqa: S608
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {_NEWEST}) = 1"
    )


def _in_window(alias: str, window: Window) -> str:
    start, end = (instant.strftime("%Y-%m-%d %H:%M:%S+00") for instant in (window.start, window.end))
    return f"{alias}.`at` >= TIMESTAMP '{start}' AND {alias}.`at` < TIMESTAMP '{end}'"


def _same_key(table: Table) -> str:
    keys: Sequence[str] = table.key
    return " AND ".join(f"T.`{name}` = S.`{name}`" for name in keys)
