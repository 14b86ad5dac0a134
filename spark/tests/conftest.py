"""What several test modules of this part have in common."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import pytest
from pyspark.sql import DataFrame, SparkSession

from gridpulse_spark.frames import make_frame

MESSAGE_TYPE: Final = (
    "key binary, value binary, topic string, partition int, offset bigint, timestamp timestamp, timestampType int, "
    "headers array<struct<key: string, value: binary>>"
)
APPENDED_AT: Final = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture(scope="session")
def kafka_messages(spark: SparkSession) -> Callable[[Iterable[bytes | None], Iterable[str | None]], DataFrame]:
    """Makes what Kafka's source would give: one row for each value, with its event-id header (None: no headers)."""

    def make(values: Iterable[bytes | None], event_ids: Iterable[str | None]) -> DataFrame:
        rows = [
            (b"DE", value, "some.topic", 3, offset, APPENDED_AT, 1, _headers(event_id))
            for offset, (value, event_id) in enumerate(zip(values, event_ids, strict=True))
        ]
        return make_frame(spark, rows, MESSAGE_TYPE)

    return make


def _headers(event_id: str | None) -> list[tuple[str, bytes]] | None:
    return None if event_id is None else [("schema", b"some.v1"), ("event-id", event_id.encode())]
