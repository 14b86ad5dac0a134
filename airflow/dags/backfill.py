"""
### Read a span of the past, by hand

In the mode `all` it reads [`start`, `end`) of some zones, or of all, through the source's `past-range`; in the mode
`gaps` only the hours that the query API lacks; in the mode `check` none. Then `check_range` asks the query API, so it
sees what readers see: are `min_percent` of the rows of every zone and signal there?

The hours are archived with the next hours of append time. Answers for days that have passed follow after that with a
run of `analytics` by hand. Running this twice, or beside the ingester, is harmless.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.python import BranchPythonOperator
from airflow.sdk import DAG, Param

from gridpulse_dags.pods import DEFAULT_ARGS, ingester_task
from gridpulse_dags.settings import SETTINGS

INSTANT: dict[str, Any] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$",  # the format alone takes a date, too
}
ZONES = "--zones={{ params.zones | join(',') }}"
SPAN = ["--start", "{{ params.start }}", "--end", "{{ params.end }}", ZONES]
PARAMS: Any = {
    "mode": Param("all", type="string", enum=["all", "gaps", "check"], description="What of the span to fetch."),
    "zones": Param(
        [],
        type="array",
        items={"type": "string", "pattern": "^[A-Z0-9]+(-[A-Z0-9]+)*$"},
        uniqueItems=True,
        description="Some of the configured zones, as DE or IT-NO; none: all of them.",
    ),
    "start": Param(None, **INSTANT, description="First instant, with its offset: 2026-11-01T00:00:00Z."),
    "end": Param(None, **INSTANT, description="Instant before which to end, with its offset."),
    "min_percent": Param(90, type="number", minimum=0, maximum=100, description="Rows that must be there in the end."),
}


def days_between(start: str, end: str) -> int:
    """Whole days that hold the span; for templates."""
    return -((datetime.fromisoformat(start) - datetime.fromisoformat(end)) // timedelta(days=1))


def choose_task(params: Any) -> str:
    """What comes first in this mode."""
    return {"all": "fetch_all", "gaps": "fill_gaps", "check": "check_range"}[params["mode"]]


with DAG(
    "backfill",
    doc_md=__doc__,
    schedule=None,
    start_date=SETTINGS.start_date,
    max_active_runs=1,  # it shares the source's quota with whatever else runs
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    params=PARAMS,
    user_defined_macros={"days_between": days_between},
    tags=["gridpulse", "ingest"],
):
    choose = BranchPythonOperator(task_id="choose", python_callable=choose_task)
    fetch_all = ingester_task("fetch_all", ["backfill", *SPAN], timeout=timedelta(hours=12))
    days = "{{ days_between(params.start, params.end) }}"
    fill_gaps = ingester_task(
        "fill_gaps",
        ["repair", "--days", days, "--end", "{{ params.end }}", ZONES, "--query-api-url", SETTINGS.query_api_url],
        timeout=timedelta(hours=12),
    )
    check = ingester_task(
        "check_range",
        ["check-range", *SPAN, "--min-percent", "{{ params.min_percent }}", "--query-api-url", SETTINGS.query_api_url],
        timeout=timedelta(hours=1),
        trigger_rule="none_failed",
    )
    choose >> [fetch_all, fill_gaps, check]
    [fetch_all, fill_gaps] >> check
