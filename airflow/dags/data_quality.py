"""
### A verdict on every zone's day, every day

Starts when a day of append time is in the lake, and judges the day before it: the rows of a day's last hours are
published in the hours after it. Findings are no failure of the run; they are in Cassandra, in the query API and in the
metrics. `check_verdicts` looks whether every zone with data of the day has got its verdicts.

By hand: give `last_day`, the day after the one to judge.
"""

from datetime import timedelta

from airflow.sdk import DAG

from gridpulse_dags.days import LAKE_DAY, LAST_DAY_PARAM, MACROS
from gridpulse_dags.pods import DEFAULT_ARGS, spark_task
from gridpulse_dags.settings import SETTINGS

DAY = "{{ last_day(triggering_asset_events, params, days_after=-1) }}"

with DAG(
    "data_quality",
    doc_md=__doc__,
    schedule=[LAKE_DAY],
    start_date=SETTINGS.start_date,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    params=LAST_DAY_PARAM,
    user_defined_macros=MACROS,
    tags=["gridpulse", "quality"],
):
    judge = spark_task(
        "judge", "data_quality", ["--day", DAY], settings_prefix="GRIDPULSE_DATA_QUALITY", timeout=timedelta(hours=2)
    )
    check = spark_task(
        "check_verdicts",
        "check_data_quality",
        ["--day", DAY],
        settings_prefix="GRIDPULSE_DATA_QUALITY",
        timeout=timedelta(minutes=30),
    )
    judge >> check
