"""Errors of the Spark jobs.

SparkJobError
├── ConfigurationError   a setting that can't be right; a restart can't help (exit code 2)
│   └── BadInputError    an argument that can't be right, such as an hour in the future (exit code 2)
├── CheckpointBusyError  another driver holds the checkpoint; a restart helps when that one has ended (exit code 1)
├── KafkaUnavailableError the broker does not answer; a restart may help (exit code 1)
├── CheckFailedError     the stores do not hold what a run should have left there (exit code 1)
├── LakeError            what is in the lake, or in Kafka's log, is not what it should be; nothing was overwritten (1)
├── RefusedRowsError      the present parser refuses rows of the lake; all others were written (exit code 1)
├── StoreError           Cassandra does not answer, or has not the tables; nothing was written (exit code 1)
└── QueryEndedError      a streaming query failed or ended; a restart goes on from its checkpoint (exit code 1)
"""

__all__ = [
    "BadInputError",
    "CheckFailedError",
    "CheckpointBusyError",
    "ConfigurationError",
    "KafkaUnavailableError",
    "LakeError",
    "QueryEndedError",
    "RefusedRowsError",
    "SparkJobError",
    "StoreError",
]


class SparkJobError(Exception):
    """Base of this package's errors; its text is a sentence for an operator."""


class ConfigurationError(SparkJobError):
    """A setting that can't be right: a restart can't help."""


class BadInputError(ConfigurationError):
    """An argument that can't be right: a restart can't help."""


class CheckFailedError(SparkJobError):
    """The stores do not hold what a run should have left there."""


class CheckpointBusyError(SparkJobError):
    """Another driver holds the checkpoint: two would write its logs over each other."""


class KafkaUnavailableError(SparkJobError):
    """The broker does not answer."""


class LakeError(SparkJobError):
    """What is in the lake, or in Kafka's log, is not what it should be. Nothing was overwritten."""


class QueryEndedError(SparkJobError):
    """A streaming query failed, or ended by itself: a restart goes on from its checkpoint."""


class RefusedRowsError(SparkJobError):
    """The present parser refuses rows that were events when they were archived. All others were written."""


class StoreError(SparkJobError):
    """Cassandra does not answer, or has not the tables. Nothing was written."""
