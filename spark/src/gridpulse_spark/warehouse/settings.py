"""Settings of the warehouse load, from GRIDPULSE_WAREHOUSE_* variables."""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict

from gridpulse_spark.settings import BatchSettings, CassandraSettings, PositiveInt

__all__ = ["WarehouseSettings"]


def _split_commas(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


_FROM_COMMAS: Final = BeforeValidator(_split_commas)
_Seconds = Annotated[float, Field(gt=0)]
_Dataset = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,1000}$")]


class WarehouseSettings(CassandraSettings, BatchSettings):
    """What the load needs to know."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_WAREHOUSE_")

    keyspace: str = "power"
    concurrent_reads: PositiveInt = 16
    """Partitions that each task reads at once."""
    zones: Annotated[tuple[str, ...], NoDecode, _FROM_COMMAS] = ()
    """Zones to load, comma separated; all of the reference if empty."""

    stage_location: str
    """Folder or URI (gs://bucket/folder) for the Parquet files on their way; what is kept there is kept for nothing."""

    project: str
    """Google Cloud project."""
    dataset: _Dataset = "power"
    """Dataset of the tables; made if it is missing."""
    staging_dataset: _Dataset = "power_staging"
    """Dataset of the tables that rows are loaded to before the merge; made if it is missing."""
    location: str = "EU"
    """Where BigQuery keeps the datasets and runs the jobs."""
    api_endpoint: str = ""
    """Address of a stand-in for BigQuery, used without credentials; empty: Google's, with the environment's own."""
    request_timeout_seconds: _Seconds = 60.0
    """For one request."""
    retry_seconds: _Seconds = 120.0
    """How long a request is repeated while BigQuery does not answer or says that it is busy."""
    job_timeout_seconds: _Seconds = 1800.0
    """How long one job may take."""
    staging_hours: PositiveInt = 48
    """A staging table that a failed run left behind lasts this long."""
    require_partition_filter: bool = True
    """Refuse queries without a range of `at`. Off only where a stand-in for BigQuery can't MERGE with it."""
    subtables_start: date = date(2015, 1, 1)
    """First day of the subtables."""
