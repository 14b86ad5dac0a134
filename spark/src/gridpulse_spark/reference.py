"""The contract's zones as rows, for whatever is asked beside the data: `zones` and `zone_neighbours`."""

from pyspark.sql import SparkSession

from gridpulse_contract.zones import load_zones
from gridpulse_spark.frames import make_frame

__all__ = ["reference_rows", "register_reference_views"]


def reference_rows() -> dict[str, list[dict[str, str | None]]]:
    """Table -> its rows; all columns are text."""
    zones = load_zones().values()
    return {
        "zones": [
            {"key": z.key, "name": z.name, "country": z.country, "timezone": z.timezone, "parent": z.parent}
            for z in zones
        ],
        "zone_neighbours": [{"zone": z.key, "neighbour": neighbour} for z in zones for neighbour in z.neighbours],
    }


def register_reference_views(session: SparkSession) -> None:
    """Each table as a temporary view."""
    for name, rows in reference_rows().items():
        columns = ", ".join(f"{column} string" for column in rows[0])
        make_frame(session, [tuple(row.values()) for row in rows], columns).createOrReplaceTempView(name)
