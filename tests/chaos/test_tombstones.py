"""The pipeline writes no tombstone, whatever was null, revised, repeated or killed on the way."""

from typing import Final

import pytest

from gridpulse_platform.waiting import wait_until
from gridpulse_schema import migrate
from harness.pipeline import Pipeline
from harness.tables import TABLES, table_cells
from harness.tombstones import tombstone_counts

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

DEADLINE_SECONDS: Final = 120


def test_the_pipeline_writes_no_tombstones(pipeline: Pipeline) -> None:
    wait_until(lambda: _has_missing_number(pipeline), DEADLINE_SECONDS, "a missing number to write")
    assert tombstone_counts(pipeline.stack.cassandra, pipeline.keyspace, TABLES) == dict.fromkeys(TABLES, 0)


def _has_missing_number(pipeline: Pipeline) -> bool:
    rows = table_cells(pipeline.session, pipeline.keyspace, "power_breakdown")
    return any(cell.value == "NaN" for row in rows.values() for cell in row.values())


def test_the_check_sees_a_null_that_was_written(pipeline: Pipeline) -> None:
    """One null written among good values: the check above can fail."""
    keyspace = "tombstone_check"
    migrate(pipeline.session, keyspace=keyspace, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
    pipeline.session.execute(
        f"INSERT INTO {keyspace}.carbon_intensity (zone, variant, granularity, year, at, kind, "  # noqa: S608
        "carbon_intensity_gco2eq_per_kwh) VALUES ('DE', 'lifecycle', 'hourly', 2025, 0, 'measured', null)"
    )
    assert tombstone_counts(pipeline.stack.cassandra, keyspace, ["carbon_intensity"]) == {"carbon_intensity": 1}
