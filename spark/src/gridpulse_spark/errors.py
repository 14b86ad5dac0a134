"""Errors of the Spark jobs.

SparkJobError
├── ConfigurationError   a setting that can't be right; a restart can't help (exit code 2)
├── CheckpointBusyError  another driver holds the checkpoint; a restart helps when that one has ended (exit code 1)
└── QueryEndedError      a streaming query failed or ended; a restart goes on from its checkpoint (exit code 1)
"""

__all__ = ["CheckpointBusyError", "ConfigurationError", "QueryEndedError", "SparkJobError"]


class SparkJobError(Exception):
    """Base of this package's errors; its text is a sentence for an operator."""


class ConfigurationError(SparkJobError):
    """A setting that can't be right: a restart can't help."""


class CheckpointBusyError(SparkJobError):
    """Another driver holds the checkpoint: two would write its logs over each other."""


class QueryEndedError(SparkJobError):
    """A streaming query failed, or ended by itself: a restart goes on from its checkpoint."""
