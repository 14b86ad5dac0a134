"""
### Cassandra to BigQuery, every day

Starts when the analytics have answered a day. `load` reads 100 days around it by key, merges them into the tables,
and makes the subtables anew. `check_warehouse` then asks BigQuery itself, apart from the load: every table has rows of
the window, and its subtable of daily energy agrees with Cassandra's.

By hand: give `last_day`. Doing a day again changes nothing.
"""

from datetime import timedelta

from airflow.sdk import DAG

from gridpulse_dags.days import ANALYTICS_DAY, LAST_DAY_PARAM, MACROS
from gridpulse_dags.pods import DEFAULT_ARGS, spark_task
from gridpulse_dags.settings import SETTINGS

DAY = "{{ last_day(triggering_asset_events, params) }}"

with DAG(
    "load_bigquery",
    doc_md=__doc__,
    schedule=[ANALYTICS_DAY],
    start_date=SETTINGS.start_date,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    params=LAST_DAY_PARAM,
    user_defined_macros=MACROS,
    tags=["gridpulse", "warehouse"],
):
    load = spark_task(
        "load", "load_bigquery", ["--day", DAY], settings_prefix="GRIDPULSE_WAREHOUSE", timeout=timedelta(hours=4)
    )
    check = spark_task(
        "check_warehouse",
        "check_warehouse",
        ["--day", DAY],
        settings_prefix="GRIDPULSE_WAREHOUSE",
        timeout=timedelta(hours=1),
    )
    load >> check
