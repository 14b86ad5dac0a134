"""The contract's quality flags as Spark expressions: `Event.quality_flags` is what they are equal to."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import Kind, format_instant
from gridpulse_contract.quality import EARLIEST_AT, MAX_MEASURED_AHEAD, Quality

__all__ = ["quality_flags"]


def quality_flags(checks: dict[Quality, Column], event: Column, at: Column, updated_at: Column) -> Column:
    """The flags of an event, of whose values these are the checks, as texts without nulls; empty where all is well."""
    is_early = at < F.lit(format_instant(EARLIEST_AT)).cast("timestamp")
    ahead_ms = F.unix_millis(at) - F.unix_millis(updated_at)
    max_ahead_ms = int(MAX_MEASURED_AHEAD.total_seconds() * 1000)
    failed = checks | {
        Quality.RANGE: checks[Quality.RANGE] | is_early,
        Quality.AHEAD: (event["kind"] == Kind.MEASURED.value) & (ahead_ms > max_ahead_ms),
    }
    flags = F.array(*(F.when(is_set, flag.value) for flag, is_set in failed.items()))
    # Not array_compact: a higher-order function has no generated code, nor then has anything that it is given.
    return F.array_except(flags, F.array(F.lit(None).cast("string")))
