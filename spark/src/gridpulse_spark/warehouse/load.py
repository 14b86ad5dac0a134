"""Loads one window, table after table: read, stage, load, merge, and prove it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession

from gridpulse_contract.zones import load_zones
from gridpulse_spark.reference import reference_rows
from gridpulse_spark.warehouse.client import BigQuery
from gridpulse_spark.warehouse.errors import VerificationError
from gridpulse_spark.warehouse.files import StageFolder
from gridpulse_spark.warehouse.reading import read_window
from gridpulse_spark.warehouse.settings import WarehouseSettings
from gridpulse_spark.warehouse.staging import Manifest, Sums, stage, stage_uri
from gridpulse_spark.warehouse.statements import merge_statement, presence_query, replace_statement, staged_sums_query
from gridpulse_spark.warehouse.tables import Table
from gridpulse_spark.warehouse.window import Window

__all__ = ["Load", "Loaded"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """What one table's load did, all of it counted in the stores: `newer` rows were there in a newer revision."""

    table: str
    read: int
    staged: int
    present: int
    newer: int


class Load:
    """The load of one window. `run` is unlike that of any other load, so that two of them never mix."""

    def __init__(
        self,
        session: SparkSession,
        bigquery: BigQuery,
        settings: WarehouseSettings,
        tables: Mapping[str, Table],
        window: Window,
        run: str,
    ) -> None:
        self._session = session
        self._bigquery = bigquery
        self._settings = settings
        self._tables = tables
        self._window = window
        self._run = run

    def prepare(self) -> None:
        """Make what is missing, and check what is there. Raises SchemaMismatchError before anything is written."""
        for dataset in (self._settings.dataset, self._settings.staging_dataset):
            self._bigquery.make_dataset(dataset)
        for table in self._tables.values():
            self._bigquery.make_table(table)

    def load_reference(self) -> None:
        """The contract's zones and their neighbours."""
        for name, rows in reference_rows().items():
            table, job = self._tables[name], f"gridpulse-{name}-{self._run}"
            staged = self._bigquery.make_staging_table(table, self._run)
            self._bigquery.load_rows(f"{job}-load", rows, table, staged)
            self._bigquery.execute(f"{job}-replace", replace_statement(table, self._bigquery.name_of(table), staged))
            self._bigquery.drop_table(staged)

    def load_tables(self) -> Iterator[Loaded]:
        """Load the tables of the data; gives each table's outcome. Raises VerificationError where rows went astray."""
        zones: Sequence[str] = self._settings.zones or tuple(load_zones())
        for table in self._tables.values():
            if table.partition_by_day:  # the others are of the contract
                rows = read_window(self._session, table, self._window, keyspace=self._settings.keyspace, zones=zones)
                yield self.load_table(table, rows)

    def load_table(self, table: Table, rows: DataFrame) -> Loaded:
        """Load rows of the window into one table. Raises VerificationError where rows went astray."""
        location = self._settings.stage_location
        manifest = stage(self._session, rows, table, self._window, location=location, run=self._run)
        name = f"gridpulse-{table.name}-{self._window.day:%Y%m%d}-{manifest.digest}"
        target = self._bigquery.name_of(table)
        staged = self._bigquery.make_staging_table(table, f"{self._window.day:%Y%m%d}_{manifest.digest}")
        self._fill(name, table, manifest, staged)
        self._check_staged(table, manifest, staged)
        self._bigquery.execute(f"{name}-merge", merge_statement(table, target, staged, self._window))
        loaded = self._check_present(table, manifest, target, staged)
        # Kept after a failure, for whoever looks into it.
        self._bigquery.drop_table(staged)
        StageFolder(self._session, stage_uri(location, table, self._window, self._run)).delete("")
        _log.info("%s: %s", table.name, loaded)
        return loaded

    def _fill(self, name: str, table: Table, manifest: Manifest, staged: str) -> None:
        uris = [file.uri for file in manifest.files]
        if uris and urlsplit(uris[0]).scheme == "gs":
            self._bigquery.load_objects(f"{name}-load", uris, table, staged)
            return
        for number, uri in enumerate(uris):
            path = Path(urlsplit(uri).path)
            self._bigquery.load_file(f"{name}-load-{number}", path, table, staged, is_first=number == 0)

    def _check_staged(self, table: Table, manifest: Manifest, staged: str) -> None:
        (found,) = self._bigquery.ask(staged_sums_query(table, staged))
        loaded = Sums(found["row_count"], found["checksum"])
        if loaded != manifest.sums:
            raise VerificationError(f"{table.name}: {manifest.sums} were staged, but {loaded} are in {staged}.")

    def _check_present(self, table: Table, manifest: Manifest, target: str, staged: str) -> Loaded:
        (found,) = self._bigquery.ask(presence_query(table, target, staged, self._window))
        present = Sums(found["row_count"], found["checksum"])
        if present != manifest.sums or found["older_count"]:
            raise VerificationError(
                f"{table.name}: {manifest.sums} were staged, but {present} are in {target} after the merge, "
                f"{found['older_count']} of them in an older revision."
            )
        rows = manifest.sums.rows
        return Loaded(table.name, read=rows, staged=rows, present=present.rows, newer=found["newer_count"])
