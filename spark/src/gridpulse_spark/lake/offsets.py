"""Which offsets the rows of Parquet files really have."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.errors import LakeError

__all__ = ["written_ranges"]


def written_ranges(rows: DataFrame) -> dict[int, tuple[int, int]]:
    """Offsets [start, end) by partition, read from the rows. Raises LakeError where one is missing or there twice."""
    offset = F.col("offset")
    counted = rows.groupBy("partition").agg(
        F.min(offset).alias("first"),
        F.max(offset).alias("last"),
        F.countDistinct(offset).alias("offsets"),
        F.count(offset).alias("rows"),
    )
    ranges: dict[int, tuple[int, int]] = {}
    for row in counted.collect():
        if not row["last"] - row["first"] + 1 == row["offsets"] == row["rows"]:
            raise LakeError(f"Partition {row['partition']} has gaps or doubles: {row}.")
        ranges[row["partition"]] = (row["first"], row["last"] + 1)
    return ranges
