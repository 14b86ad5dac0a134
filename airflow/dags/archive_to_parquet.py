"""
### Kafka to Parquet, every hour

`archive` puts an hour of append time, and whatever hours before it are missing, into the lake. `check_archive` then
counts the rows in the files themselves and compares them with Kafka's own offsets. After the last hour of a day
`announce_day` tells the DAGs that wait for whole days; in other hours it is skipped.

Hours that were missed are caught up one after the other. Doing an hour again changes nothing. When it fails with the
words "no longer has the offsets", Kafka's retention was shorter than the outage: see docs/operations.md.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable, task
from airflow.sdk.exceptions import AirflowSkipException

from gridpulse_dags.days import LAKE_DAY, day_extra
from gridpulse_dags.pods import DEFAULT_ARGS, spark_task
from gridpulse_dags.settings import SETTINGS

HOUR = "{{ data_interval_start.strftime('%Y-%m-%dT%H:00Z') }}"


@task(outlets=[LAKE_DAY])
def announce_day(*, data_interval_start: Any = None, outlet_events: Any = None) -> None:
    """An event for the day whose last hour this was."""
    if data_interval_start.hour != 23:
        raise AirflowSkipException("The day has hours to come.")
    outlet_events[LAKE_DAY].extra = day_extra(data_interval_start.date())


with DAG(
    "archive_to_parquet",
    doc_md=__doc__,
    # Five minutes past the hour: brokers' clocks differ, and the hour has to be over for all of them.
    schedule=CronDataIntervalTimetable("5 * * * *", timezone="UTC"),
    start_date=SETTINGS.start_date,
    catchup=True,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["gridpulse", "lake"],
):
    archive = spark_task(
        "archive",
        "archive_to_parquet",
        ["--hour", HOUR],
        settings_prefix="GRIDPULSE_ARCHIVE",
        timeout=timedelta(hours=2),
    )
    check = spark_task(
        "check_archive",
        "check_archive",
        ["--hour", HOUR],
        settings_prefix="GRIDPULSE_ARCHIVE",
        timeout=timedelta(minutes=30),
    )
    archive >> check >> announce_day()
