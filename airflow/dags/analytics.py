"""
### The questions of `spark/sql`, every day

Starts when a day of append time is in the lake, and answers for that day and the week before it, since the source goes
on revising. `check_analytics` asks the answers themselves: every zone and day that the lake has must be there, and
Cassandra's `power_daily` must say the same as the Parquet files.

By hand: give `first_day` and `last_day`, for example after a backfill or the daily repair of older windows.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task

from gridpulse_dags.days import ANALYTICS_DAY, DAY_PARAMS, LAKE_DAY, MACROS, day_extra
from gridpulse_dags.pods import DEFAULT_ARGS, spark_task
from gridpulse_dags.settings import SETTINGS

LAST = "{{ last_day(triggering_asset_events, params) }}"
WINDOW = [
    "--start",
    "{{ first_day(triggering_asset_events, params, days_before=7) }}",
    "--end",
    "{{ last_day(triggering_asset_events, params, days_after=1) }}",
]


@task(outlets=[ANALYTICS_DAY])
def announce_day(day: str, *, outlet_events: Any = None) -> None:
    """An event for the newest day that was answered."""
    outlet_events[ANALYTICS_DAY].extra = day_extra(day)


with DAG(
    "analytics",
    doc_md=__doc__,
    schedule=[LAKE_DAY],
    start_date=SETTINGS.start_date,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    params=DAY_PARAMS,
    user_defined_macros=MACROS,
    tags=["gridpulse", "analytics"],
):
    answer = spark_task(
        "answer", "analytics", WINDOW, settings_prefix="GRIDPULSE_ANALYTICS", timeout=timedelta(hours=4)
    )
    check = spark_task(
        "check_analytics",
        "check_analytics",
        WINDOW,
        settings_prefix="GRIDPULSE_ANALYTICS",
        timeout=timedelta(hours=1),
    )
    answer >> check >> announce_day(LAST)
