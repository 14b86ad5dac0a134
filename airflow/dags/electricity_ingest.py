"""
### Collect everything once, every quarter of an hour

For those who prefer a schedule to the ingester's Deployment. **Paused by default**: with both at work the quota of the
source is used twice over. `check_fresh` asks the query API, so it sees what readers see: data of every zone that are
not older than six hours.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from gridpulse_dags.pods import DEFAULT_ARGS, ingester_task
from gridpulse_dags.settings import SETTINGS

with DAG(
    "electricity_ingest",
    doc_md=__doc__,
    # It polls what is there now, so there is no interval, and nothing to catch up.
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
    start_date=SETTINGS.start_date,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    default_args=DEFAULT_ARGS,
    tags=["gridpulse", "ingest"],
):
    collect = ingester_task("collect", ["run", "--once"], timeout=timedelta(minutes=10))
    check = ingester_task(
        "check_fresh",
        ["check-fresh", "--query-api-url", SETTINGS.query_api_url, "--max-age-hours", "6"],
        timeout=timedelta(minutes=10),
    )
    collect >> check
