"""The tables of the warehouse, as `bigquery/tables.json` and the schema files beside it say: their one home."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from gridpulse_spark.errors import ConfigurationError

__all__ = ["WRITE_TIMESTAMP", "Field", "Table", "read_tables"]

WRITE_TIMESTAMP: Final = "write_timestamp_us"
Mode = Literal["REQUIRED", "NULLABLE", "REPEATED"]


@dataclass(frozen=True)
class Field:
    """A column, or a member of a RECORD; types are those of BigQuery's API (FLOAT is FLOAT64, INTEGER is INT64)."""

    name: str
    type: str
    mode: Mode
    description: str
    fields: tuple["Field", ...] = ()

    def resource(self) -> dict[str, Any]:
        """As BigQuery's API takes it."""
        members = {"fields": [field.resource() for field in self.fields]} if self.fields else {}
        return {"name": self.name, "type": self.type, "mode": self.mode, "description": self.description, **members}

    def optional(self) -> "Field":
        """The same, allowed to be null: Parquet files of Spark do not say what is required."""
        mode: Mode = "NULLABLE" if self.mode == "REQUIRED" else self.mode
        return replace(self, mode=mode, fields=tuple(field.optional() for field in self.fields))


@dataclass(frozen=True)
class Table:
    """One table. Rows of equal `key` are revisions of one row; without `partition_by_day` it is small."""

    name: str
    description: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    partition_by_day: str | None
    cluster_by: tuple[str, ...]
    require_partition_filter: bool

    @property
    def column_names(self) -> tuple[str, ...]:
        """All columns in their order."""
        return tuple(field.name for field in self.fields)


def read_tables(folder: Path) -> Mapping[str, Table]:
    """Every table by its name. Raises ConfigurationError naming the file that can't be read."""
    entries: dict[str, dict[str, Any]] = _read_json(folder / "tables.json")
    return {name: _table(folder, name, entry) for name, entry in entries.items()}


def _table(folder: Path, name: str, entry: dict[str, Any]) -> Table:
    return Table(
        name=name,
        description=entry["description"],
        fields=_fields(_read_json(folder / entry["schema"])),
        key=tuple(entry["key"]),
        partition_by_day=entry.get("partition_by_day"),
        cluster_by=tuple(entry.get("cluster_by", ())),
        require_partition_filter=entry.get("require_partition_filter", False),
    )


def _fields(resources: Sequence[dict[str, Any]]) -> tuple[Field, ...]:
    return tuple(
        Field(entry["name"], entry["type"], entry["mode"], entry["description"], _fields(entry.get("fields", ())))
        for entry in resources
    )


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from None
