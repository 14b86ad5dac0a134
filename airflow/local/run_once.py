"""Runs every DAG once in this process, each after those that it needs, and writes down what became of each task.

    python run_once.py --zones DE,FR --results FILE [--skip DAG ...] [--only DAG ...]

Days and hours are those around now: the archive's hour is the last one that is over, and the past to fill is six hours
of yesterday. The exit code is 1 when a DAG has failed. Needs Airflow's settings in the environment, and either
`airflow_local_settings` on the path or a cluster for the pods.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

ORDER: Final = (
    "electricity_ingest",
    "repair",
    "backfill",
    "archive_to_parquet",
    "analytics",
    "data_quality",
    "load_bigquery",
)


def parameters(now: datetime, zones: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What a person would give to each DAG that asks for something."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday, today = midnight - timedelta(days=1), str(now.date())
    span = {"start": yesterday.isoformat(), "end": (yesterday + timedelta(hours=6)).isoformat()}
    return {
        "backfill": {"zones": list(zones[:1]), **span},
        "analytics": {"first_day": str(yesterday.date()), "last_day": today},
        "data_quality": {"last_day": today},
        "load_bigquery": {"last_day": today},
    }


def main() -> int:
    """Run them; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run every DAG once.")
    parser.add_argument("--zones", required=True, help="comma separated; the past of the first one is filled")
    parser.add_argument("--results", type=Path, required=True, help="a line of JSON for each DAG is added to this file")
    parser.add_argument("--skip", nargs="*", choices=ORDER, default=[], metavar="DAG", help="do not run these")
    parser.add_argument("--only", nargs="*", choices=ORDER, default=ORDER, metavar="DAG", help="run none but these")
    arguments = parser.parse_args()

    from airflow.configuration import conf
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.utils.db import initdb

    initdb()
    configuration: Any = conf  # typed in part
    folder = Path(configuration.get("core", "dags_folder"))
    bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
    if bag.import_errors or set(bag.dags) != set(ORDER):
        sys.stderr.write(f"{sorted(bag.dags)}: {bag.import_errors}\n")
        return 1
    now = datetime.now(UTC)
    given = parameters(now, arguments.zones.split(","))
    has_failed = False
    for name in ORDER:
        if name in arguments.skip or name not in arguments.only:
            continue
        began = datetime.now(UTC)
        dag: Any = bag.dags[name]  # typed in part
        run = dag.test(logical_date=now, run_conf=given.get(name))
        tasks = {task.task_id: str(task.state) for task in run.get_task_instances()}
        seconds = round((datetime.now(UTC) - began).total_seconds(), 1)
        line = {"dag": name, "state": str(run.state), "tasks": tasks, "seconds": seconds}
        with arguments.results.open("a", encoding="utf-8") as results:
            results.write(json.dumps(line) + "\n")
        has_failed = has_failed or str(run.state) != "success"
    return int(has_failed)


if __name__ == "__main__":
    sys.exit(main())
