"""What every DAG must be, whatever it does."""

import ast
import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

import pytest

from .conftest import DAGS_FOLDER

SCHEDULED: Final = {"archive_to_parquet", "electricity_ingest", "repair"}
BY_ASSET: Final = {"analytics": "gridpulse://lake/day", "data_quality": "gridpulse://lake/day"} | {
    "load_bigquery": "gridpulse://analytics/day"
}
ALL: Final = {*SCHEDULED, *BY_ASSET, "backfill"}
LAST_CHECKS: Final = {
    "archive_to_parquet": "check_archive",
    "analytics": "check_analytics",
    "load_bigquery": "check_warehouse",
    "data_quality": "check_verdicts",
    "electricity_ingest": "check_fresh",
    "repair": "check_fresh",
    "backfill": "check_range",
}


def test_all_are_read_without_an_error_or_a_warning(bag: Any) -> None:
    assert bag.import_errors == {}
    assert bag.captured_warnings == {}
    assert set(bag.dags) == ALL
    assert {path.stem for path in DAGS_FOLDER.glob("*.py")} == ALL  # one file for each


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_dag_explains_itself_and_starts_when_it_should(bag: Any, name: str) -> None:
    dag = bag.dags[name]
    assert len(dag.doc_md) > 200
    assert dag.max_active_runs == 1
    assert dag.start_date == datetime(2026, 11, 1, tzinfo=UTC)
    assert dag.is_paused_upon_creation is (name == "electricity_ingest")
    assert dag.catchup is (name == "archive_to_parquet")
    for task in dag.tasks:
        assert task.retries == 3, task.task_id
        assert task.retry_exponential_backoff > 1, task.task_id


def test_the_archive_has_hours_and_the_others_wait_for_its_days(bag: Any) -> None:
    from airflow.sdk import CronDataIntervalTimetable

    assert isinstance(bag.dags["archive_to_parquet"].timetable, CronDataIntervalTimetable)
    for name, uri in BY_ASSET.items():
        assets = [asset.uri for asset in bag.dags[name].timetable.asset_condition.objects]
        assert assets == [uri], name
    outlets = {
        (dag.dag_id, task.task_id): [outlet.uri for outlet in task.outlets]
        for dag in bag.dags.values()
        for task in dag.tasks
        if task.outlets
    }
    assert outlets == {
        ("archive_to_parquet", "announce_day"): ["gridpulse://lake/day"],
        ("analytics", "announce_day"): ["gridpulse://analytics/day"],
    }


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_dag_ends_in_a_check_of_the_data(bag: Any, name: str) -> None:
    dag, check = bag.dags[name], LAST_CHECKS[name]
    after = dag.get_task(check).downstream_task_ids
    assert after <= {"announce_day"}  # nobody is told of data that were not looked at
    everything_else = set(dag.task_ids) - {check, "announce_day"}
    assert everything_else == {task.task_id for task in dag.get_task(check).get_flat_relatives(upstream=True)}


@pytest.mark.parametrize("path", sorted(DAGS_FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_reading_a_file_asks_nobody(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    assert not names & {"Variable", "Connection", "open", "requests", "httpx"}
    assert not attributes & {"now", "utcnow", "today", "environ"}
    assert not re.search(r"gridpulse_(spark|ingester|contract|platform)\b", text.replace('"gridpulse_ingester"', ""))


def test_days_come_from_the_events_or_from_the_parameters() -> None:
    from gridpulse_dags.days import day_extra, first_day, last_day

    events = {"lake": [SimpleNamespace(extra=day_extra(day)) for day in (date(2026, 3, 1), "2026-02-27")]}
    assert first_day(events, {}, days_before=7) == "2026-02-20"
    assert last_day(events, {}) == "2026-03-01"
    assert last_day(events, {"last_day": "2020-01-01"}, days_after=1) == "2026-03-02"
    given = {"first_day": "2026-01-31", "last_day": "2026-02-01"}
    assert first_day({}, given, days_before=7) == "2026-01-31"  # by hand, it is what was asked for
    assert last_day({}, given, days_after=-1) == "2026-01-31"
    with pytest.raises(ValueError, match="a run by hand needs the parameter last_day"):
        last_day({}, {"last_day": None})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("mode", ["all", "gaps", "check"], ["none", None]),
        ("zones", [[], ["DE", "IT-NO"]], [["de"], "DE", ["DE", "DE"], [""]]),
        ("start", ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00+01:00"], ["yesterday", "2026-11-01", None]),
        ("end", ["2026-11-01T00:00:00Z"], ["2026-11-01T00:00:00", None]),
        ("min_percent", [0, 99.5], [-1, 101, "all"]),
    ],
)
def test_a_backfill_refuses_what_can_not_be_right(bag: Any, name: str, good: list[Any], bad: list[Any]) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    param = bag.dags["backfill"].params.get_param(name)
    for value in good:
        assert param.resolve(value) == value
    for value in bad:
        with pytest.raises(ParamValidationError):
            param.resolve(value)


def test_the_days_of_a_span_are_rounded_up(bag: Any) -> None:
    days_between = bag.dags["backfill"].user_defined_macros["days_between"]
    assert days_between("2026-11-01T00:00:00Z", "2026-11-01T06:00:00Z") == 1
    assert days_between("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z") == 2
    assert days_between("2026-11-01T00:00:00+01:00", "2026-11-02T00:30:00Z") == 2


@pytest.mark.parametrize(
    ("image", "is_pinned"),
    [
        ("gridpulse/spark:1.2.3", True),
        ("host:5000/gridpulse/spark:1.2.3", True),
        (f"gridpulse/spark:latest@sha256:{'a' * 64}", True),
        ("gridpulse/spark", False),
        ("host:5000/gridpulse/spark", False),
        ("gridpulse/spark:latest", False),
        ("gridpulse/spark@sha256:abc", False),
    ],
)
def test_only_pinned_images_are_taken(image: str, is_pinned: bool) -> None:
    from pydantic import ValidationError

    from gridpulse_dags.settings import DagSettings

    values: Any = {"ingester_image": "a:1", "start_date": datetime.now(UTC) - timedelta(days=1), "query_api_url": "u"}
    if is_pinned:
        assert DagSettings(**values, spark_image=image).spark_image == image
    else:
        with pytest.raises(ValidationError, match="spark_image"):
            DagSettings(**values, spark_image=image)
