"""What can go wrong with the warehouse, below the errors of all jobs.

SparkJobError
└── WarehouseError
    ├── WarehouseUnavailableError  BigQuery does not answer, or refuses our credentials; a retry may help
    ├── SchemaMismatchError        a table is not as its schema file says; a retry can't help, nothing was written
    ├── JobFailedError             BigQuery ended a job with an error, or a job took too long
    └── VerificationError          rows were lost, doubled or changed between Cassandra and the table
"""

from gridpulse_spark.errors import SparkJobError

__all__ = [
    "JobFailedError",
    "SchemaMismatchError",
    "VerificationError",
    "WarehouseError",
    "WarehouseUnavailableError",
]


class WarehouseError(SparkJobError):
    """Base of the warehouse's errors."""


class WarehouseUnavailableError(WarehouseError):
    """BigQuery does not answer, or refuses our credentials."""


class SchemaMismatchError(WarehouseError):
    """A table is not as its schema file says; nothing was written."""


class JobFailedError(WarehouseError):
    """BigQuery ended a job with an error, or a job took too long."""


class VerificationError(WarehouseError):
    """Rows were lost, doubled or changed between Cassandra and the table."""
