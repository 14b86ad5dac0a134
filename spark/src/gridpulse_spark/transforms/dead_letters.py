"""Messages that are no events, as the contract's dead letters: the same message always gives the same bytes."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import DeadLetter, Origin, Reason, Signal

__all__ = ["dead_letter"]


def dead_letter(signal: Signal, problem: Column) -> Column:
    """JSON of a DeadLetter for a row of Kafka's source, null where `problem` is.

    `received_at` is the time that Kafka gave the message, not that of our reading it.
    """
    value = F.coalesce(F.col("value"), F.lit(b""))
    head = F.substring(value, 1, DeadLetter.MAX_BODY_BYTES)
    fields = {
        "origin": F.lit(Origin.STREAMING.value),
        "reason": F.lit(Reason.SCHEMA_MISMATCH.value),
        "detail": problem,
        "received_at": F.date_format("timestamp", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"),
        "signal": F.lit(signal.value),
        "zone": F.col("key").cast("string"),
        "source_topic": F.col("topic"),
        "source_partition": F.col("partition"),
        "source_offset": F.col("offset"),
        "body_base64": F.translate(F.base64(head), "\r\n", ""),  # Spark may cut it into lines, as for mail
        "body_length": F.length(value),
        "body_sha256": F.sha2(value, 256),
    }
    json = F.to_json(F.struct(*(column.alias(name) for name, column in fields.items())))
    return F.when(problem.isNotNull(), json)
