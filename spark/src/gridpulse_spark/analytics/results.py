"""Results as Parquet: `<location>/<question>/day=2026-01-31/rows.parquet`, or `month=2026-01-01`."""

import uuid
from typing import Final

from pyspark.sql import DataFrame

from gridpulse_spark.errors import LakeError
from gridpulse_spark.java import java_errors
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.layout import STAGING

__all__ = ["write_results"]

_FILE_NAME: Final = "rows.parquet"


def write_results(rows: DataFrame, files: LakeFiles, name: str, period: str) -> list[str]:
    """Replace the result of every value of the column `period`; returns those values, in order.

    Spark would delete a result before it writes the next one. So the rows are written aside, a file for each period,
    and each file is then renamed over the one before. A value without rows keeps the result that it has. Raises
    LakeError.
    """
    staging = f"{STAGING}/{name}-{uuid.uuid4().hex}"
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
