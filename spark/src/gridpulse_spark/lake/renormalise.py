"""Archived rows of the source, read again by this program's parser."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pyspark.sql import DataFrame, Row, SparkSession

from gridpulse_contract.models import EVENT_MODELS, Granularity, Header, Signal, format_instant
from gridpulse_contract.normalise import SourceRequest, answer_of_row, normalise
from gridpulse_spark.transforms.lake import lake_rows

__all__ = ["renormalised"]

# Of Kafka's source, what `lake_rows` reads.
_MESSAGE: Final = (
    "key binary, value binary, partition int, offset bigint, timestamp timestamp, "
    "headers array<struct<key: string, value: binary>>"
)


def renormalised(session: SparkSession, archived: DataFrame, signal: Signal) -> DataFrame:
    """Rows of the lake as they would be had today's parser read the `raw` of `archived` ones, which are events.

    Where the parser refuses a row there is a `problem`, and `value` is the parser's reason. What the answer's envelope
    said is not archived: the row's own zone, granularity and variant stand for the request, and `updated_at` for what
    the envelope said of it.
    """

    def read_again(rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            value, headers = _message(row, signal)
            yield row.key and row.key.encode(), value, row.partition, row.offset, row.append_time, headers

    messages: Any = archived.rdd.mapPartitions(read_again)
    untyped: Any = session
    return lake_rows(untyped.createDataFrame(messages, _MESSAGE, verifySchema=False), EVENT_MODELS[signal])


def _message(row: Row, signal: Signal) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Value and headers as the ingester makes them."""
    request = SourceRequest(signal, row.zone, Granularity(row.granularity), getattr(row, "variant", ""))
    fetched_at: Any = row.fetched_at or row.append_time
    # It has been accepted before, so sandbox numbers were welcome if it has some.
    answer = answer_of_row(row.raw, request, format_instant(row.updated_at.astimezone()))
    result = normalise(answer, request, received_at=fetched_at.astimezone(), accept_sandbox=True)
    if len(result.events) != 1:
        return "; ".join(f"{one.reason}: {one.detail}" for one in result.rejections).encode(), []
    (event,) = result.events
    fetched = (Header.FETCHED_AT.value, format_instant(fetched_at.astimezone()).encode())
    return event.model_dump_json().encode(), [(Header.EVENT_ID.value, str(event.event_id()).encode()), fetched]
