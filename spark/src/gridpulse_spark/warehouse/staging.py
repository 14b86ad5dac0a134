"""Stages rows as Parquet files with a manifest, each run of a window in a folder of its own."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.java import java_errors
from gridpulse_spark.warehouse.checksum import row_hash
from gridpulse_spark.warehouse.errors import VerificationError, WarehouseError
from gridpulse_spark.warehouse.files import StagedFile, StageFolder
from gridpulse_spark.warehouse.tables import Table
from gridpulse_spark.warehouse.window import Window

__all__ = ["Manifest", "Sums", "stage", "stage_uri"]

_log = logging.getLogger(__name__)
_MANIFEST_NAME: Final = "_manifest.json"
_ID_DIGITS: Final = 12


@dataclass(frozen=True)
class Sums:
    """How many rows, and their checksum (`gridpulse_spark.warehouse.checksum`)."""

    rows: int
    checksum: int


@dataclass(frozen=True)
class Manifest:
    """What was staged, for one table, window and run."""

    table: str
    day: str
    start: str
    end: str
    run: str
    sums: Sums
    files: Sequence[StagedFile]

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @property
    def digest(self) -> str:
        """The first digits of the SHA-256 of the text: names everything that is made from these files."""
        return hashlib.sha256(self.text().encode()).hexdigest()[:_ID_DIGITS]


def stage_uri(location: str, table: Table, window: Window, run: str) -> str:
    """The folder of one table, window and run."""
    return f"{location.rstrip('/')}/{table.name}/day={window.day}/run={run}"


def stage(session: SparkSession, rows: DataFrame, table: Table, window: Window, *, location: str, run: str) -> Manifest:
    """Write the rows, read them back, and write the manifest.

    Raises VerificationError when what is read back is not what went in, and WarehouseError when the folder can't be
    used or holds files already.
    """
    uri = stage_uri(location, table, window, run)
    observed = Observation()
    with java_errors(WarehouseError, f"{table.name} can't be staged to {uri}"):
        (rows.observe(observed, *_sums(table)).write.mode("error").option("compression", "zstd").parquet(uri))
    read = _as_sums(observed.get)
    staged = _staged_sums(session, uri, table)
    if read != staged:
        raise VerificationError(f"{table.name}: read {read} from Cassandra, but {staged} are in {uri}.")
    folder = StageFolder(session, uri)
    files = folder.parquet_files() if staged.rows else ()
    manifest = Manifest(
        table=table.name,
        day=str(window.day),
        start=window.start.isoformat(),
        end=window.end.isoformat(),
        run=run,
        sums=staged,
        files=files,
    )
    folder.write(_MANIFEST_NAME, manifest.text())
    _log.info("%s: %d rows staged in %d files in %s", table.name, staged.rows, len(files), uri)
    return manifest


def _staged_sums(session: SparkSession, uri: str, table: Table) -> Sums:
    with java_errors(WarehouseError, f"What is staged in {uri} can't be read"):
        (row,) = session.read.parquet(uri).agg(*_sums(table)).collect()
    return _as_sums(row.asDict())


def _sums(table: Table) -> list[Any]:
    return [F.count(F.lit(1)).alias("rows"), F.sum(row_hash(table.fields)).alias("checksum")]


def _as_sums(values: dict[str, Any]) -> Sums:
    return Sums(values["rows"] or 0, values["checksum"] or 0)
