"""What the lake holds, as DataFrames and as the views that analytics ask. Only what manifests vouch for is read."""

from collections.abc import Iterable, Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it
from pyspark.sql.types import StructType
from pyspark.sql.window import Window

from gridpulse_contract.models import EVENT_MODELS, Signal
from gridpulse_spark.errors import LakeError
from gridpulse_spark.frames import make_frame
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.layout import MODELS, signal_folder
from gridpulse_spark.lake.manifest import Manifest
from gridpulse_spark.lake.manifests import read_manifests
from gridpulse_spark.reference import register_reference_views
from gridpulse_spark.transforms.lake import column_types, event_of, lake_type
from gridpulse_spark.transforms.missing import nan_to_null
from gridpulse_spark.transforms.rows import WRITE_TIMESTAMP_US, event_rows
from gridpulse_spark.transforms.signals import TRANSFORMS

__all__ = ["Lake"]


class Lake:
    """A lake for reading. Raises LakeError for a folder that is no lake of ours."""

    def __init__(self, session: SparkSession, files: LakeFiles) -> None:
        files.check_mark()
        self._session = session
        self._files = files

    def manifests(self, signal: str) -> list[Manifest]:
        """Every hour of a signal (or of the dead letters), in order, each following on the one before.

        Raises LakeError when they do not join, or when a file is missing or of another size than its manifest says.
        """
        manifests = read_manifests(self._files, signal)
        sizes_bytes = self._files.sizes_bytes(f"{signal_folder(signal)}/append_date=*/append_hour=*/p*.parquet")
        for manifest in manifests:
            for path, offsets in manifest.files().items():
                size_bytes = sizes_bytes.get(path)
                if size_bytes != offsets.size_bytes:
                    raise LakeError(
                        f"{self._files.uri(path)} has {'no' if size_bytes is None else size_bytes} bytes in place of "
                        f"the {offsets.size_bytes} of its manifest."
                    )
        return manifests

    def rows(self, signal: str, manifests: list[Manifest]) -> DataFrame:
        """The rows of these hours, as `transforms.lake.lake_rows` made them.

        Raises LakeError where an hour has a column that this program does not know, or that is of another type.
        """
        expected = lake_type(MODELS[signal])
        for manifest in manifests:
            _check_columns(manifest.columns, expected, self._files.uri(manifest.folder))
        paths = [self._files.uri(path) for manifest in manifests for path in manifest.files()]
        reader = self._session.read.schema(expected)
        return reader.parquet(*paths) if paths else make_frame(self._session, [], expected)

    def revisions(self, signal: Signal) -> DataFrame:
        """Every distinct revision: the columns of the Cassandra tables (year and month too), missing numbers null."""
        rows = self.rows(signal.value, self.manifests(signal.value)).where(F.col("problem").isNull())
        events = nan_to_null(event_rows(rows, signal, event_of(EVENT_MODELS[signal])))
        return _newest(events, *TRANSFORMS[signal].key, "updated_at")

    def register_views(self, signals: Iterable[Signal] = tuple(Signal)) -> None:
        """Temporary views of the newest revision of each key, of all revisions, and of the contract's zones.

        Of each signal every manifest is read, and a hole in one is an error: a job asks for what it needs.
        """
        for signal in signals:
            name = signal.value.replace("-", "_")
            revisions = self.revisions(signal)
            revisions.createOrReplaceTempView(f"{name}_revisions")
            _newest(revisions, *TRANSFORMS[signal].key).createOrReplaceTempView(name)
        register_reference_views(self._session)


def _newest(rows: DataFrame, *key: str) -> DataFrame:
    # The write timestamp grows with updated_at and settles which of two contents of one updated_at is the newer.
    newest_first = Window.partitionBy(*key).orderBy(F.col(WRITE_TIMESTAMP_US).desc())
    return rows.withColumn("_place", F.row_number().over(newest_first)).where("_place = 1").drop("_place")


def _check_columns(columns: Mapping[str, str], expected: StructType, where: str) -> None:
    known = column_types(expected)
    for name, kind in columns.items():
        if name not in known:
            raise LakeError(f"{where} has a column {name}, which this program does not know: it is too old.")
        if kind != known[name]:
            raise LakeError(f"{where} has the column {name} as {kind}, not as {known[name]}.")
