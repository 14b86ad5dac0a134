"""
### Fill gaps and fetch revisions, every day

`fill_gaps` asks the query API which hours of the last week are missing and fetches them; it also fetches the days of
one week, one month and three months ago again, since the source goes on revising. What a key does not open is told in
the log, and no failure. `check_fresh` asks the query API for the data of every zone.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from gridpulse_dags.pods import DEFAULT_ARGS, ingester_task
from gridpulse_dags.settings import SETTINGS

with DAG(
    "repair",
    doc_md=__doc__,
    # It looks back from now: there is no interval, and a missed run is made up for by the next.
    schedule=CronTriggerTimetable("30 3 * * *", timezone="UTC"),
    start_date=SETTINGS.start_date,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["gridpulse", "ingest"],
):
    repair = ingester_task(
        "fill_gaps",
        ["repair", "--days", "7", "--refresh", "7,30,90", "--query-api-url", SETTINGS.query_api_url],
        timeout=timedelta(hours=3),
    )
    check = ingester_task(
        "check_fresh",
        ["check-fresh", "--query-api-url", SETTINGS.query_api_url, "--max-age-hours", "6"],
        timeout=timedelta(minutes=10),
    )
    repair >> check
