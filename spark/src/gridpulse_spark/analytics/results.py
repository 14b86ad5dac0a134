"""Results as Parquet: `<location>/<question>/day=2026-01-31/rows.parquet`, or `month=2026-01-01`."""

import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from pyspark.sql import DataFrame

from gridpulse_spark.errors import LakeError
from gridpulse_spark.java import java_errors
from gridpulse_spark.lake.files import LakeFiles

__all__ = ["clean_staging", "write_results"]

_STAGING: Final = "_staging"
_FILE_NAME: Final = "rows.parquet"
_STALE_STAGING: Final = timedelta(days=1)
_log = logging.getLogger(__name__)


def write_results(rows: DataFrame, files: LakeFiles, name: str, period: str) -> list[str]:
    """Replace the result of every value of the column `period`; returns those values, in order.

    Spark would delete a result before it writes the next one. So the rows are written aside, a file for each period,
    and each file is then renamed over the one before. A value without rows keeps the result that it has. Raises
    LakeError.
    """
    staging = f"{_STAGING}/{name}-{uuid.uuid4().hex}"
    uri = files.uri(staging)
    try:
        with java_errors(LakeError, f"{name} could not be written to {uri}"):
            rows.repartition(1).write.partitionBy(period).option("compression", "zstd").parquet(uri)
        folders = [folder for folder in files.names(staging) if folder.startswith(f"{period}=")]
        for folder in folders:
            (part,) = (part for part in files.names(f"{staging}/{folder}") if part.endswith(".parquet"))
            files.move(f"{staging}/{folder}/{part}", f"{name}/{folder}/{_FILE_NAME}")
    finally:
        files.delete(staging)
    return [folder.removeprefix(f"{period}=") for folder in folders]


def clean_staging(files: LakeFiles) -> None:
    """Remove what runs that were killed long ago left behind."""
    for name in files.names_before(_STAGING, datetime.now(UTC) - _STALE_STAGING):
        _log.warning("removing what a run that was killed left in %s", files.uri(f"{_STAGING}/{name}"))
        files.delete(f"{_STAGING}/{name}")
