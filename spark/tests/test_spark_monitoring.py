"""Spark's progress becomes metrics: lag by topic, newest data by signal."""

from typing import Any

from prometheus_client import CollectorRegistry

from gridpulse_spark.monitoring import ProgressListener, StreamingMetrics

TOPIC = "electricity.power-breakdown.v1"


def progress(**changes: Any) -> dict[str, Any]:
    return {
        "name": "power-breakdown",
        "timestamp": "2026-03-01T12:00:00.500Z",
        "numInputRows": 7,
        "durationMs": {"triggerExecution": 420},
        "sources": [
            {
                "startOffset": None,
                "endOffset": {TOPIC: {"0": 5, "1": 7}},
                "latestOffset": {TOPIC: {"0": 5, "1": 10, "2": 4}},
            }
        ],
        "observedMetrics": {
            "batch": {"dead_letters": 2, "newest_at_ms": 1_772_366_400_000, "newest_updated_at_ms": 1_772_366_500_000}
        },
        **changes,
    }


def test_progress_becomes_metrics() -> None:
    registry = CollectorRegistry()
    listener = ProgressListener(StreamingMetrics(registry))
    listener.record(progress())
    older = {"dead_letters": 1, "newest_at_ms": 5, "newest_updated_at_ms": None}
    listener.record(progress(observedMetrics={"batch": older}))
    listener.record(progress(numInputRows=0, observedMetrics={}, durationMs={}, sources=[]))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"gridpulse_streaming_{name}", labels)

    signal = {"signal": "power-breakdown"}
    assert value("input_rows_total", **signal) == 14
    assert value("dead_letters_total", **signal) == 3
    assert value("batch_duration_seconds_count", **signal) == 2
    assert value("offsets_behind_latest", topic=TOPIC) == 7
    assert value("newest_at_timestamp_seconds", **signal) == 1_772_366_400
    assert value("newest_updated_at_timestamp_seconds", **signal) == 1_772_366_500
    assert value("last_progress_timestamp_seconds", **signal) == 1_772_366_400.5
