"""Every DAG on this machine, by the newcomer's command: real engines, and the pods' commands as processes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_platform import ensure_jars, free_port
from gridpulse_platform.bigquery import ensure_bigquery
from gridpulse_platform.errors import PreflightError
from gridpulse_platform.jars import DEFAULT_HOME
from gridpulse_platform.settings import PlatformSettings

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(900)]

RUN_SECONDS: Final = 840
ZONES: Final = ("DE", "FR")
SKIPPED: Final = {
    "backfill": {"fill_gaps"},  # the mode was another
    "archive_to_parquet": {"announce_day"},  # of most hours of a day
}
FOUND: Final = {
    "archive_to_parquet": r"rows in the files are as in Kafka",
    "analytics": r"\b[1-9]\d* rows of daily energy are the same",
    "data_quality": r"\b2 zones have all verdicts",
    "load_bigquery": r"BigQuery has [1-9]\d* hourly rows",
    "electricity_ingest": r"check-fresh: well, all 6 series",
    "backfill": r"check-range: well, all 3 series",
    "repair": r"repair: .* 6 series: \d+ hours were missing",
}


def test_every_dag_runs_to_its_end_and_its_check_has_seen_data(tmp_path: Path) -> None:
    for name in ("kafka", "cassandra", "spark"):
        ensure_jars(name)
    expected = set(FOUND)
    try:
        ensure_bigquery()
    except PreflightError:
        expected.remove("load_bigquery")  # and the command says what is missing
    for name in ("jars", "environments"):
        (tmp_path / name).symlink_to(DEFAULT_HOME / name)
    ports = [name for name in PlatformSettings.model_fields if name.endswith("_port")]
    environment = {
        **{name: value for name, value in os.environ.items() if name != "ELECTRICITY_MAPS_TOKEN"},
        **{f"GRIDPULSE_PLATFORM_{name.upper()}": str(free_port()) for name in ports},
        "GRIDPULSE_PLATFORM_HOME": str(tmp_path),
        "GRIDPULSE_PLATFORM_HISTORY_DAYS": "2",
        "GRIDPULSE_STREAMING_TRIGGER_INTERVAL_MS": "2000",  # two days come in few batches
    }
    command = [sys.executable, "-m", "gridpulse_platform", "airflow", "--once", "--zones", ",".join(ZONES)]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS)
    log_path = tmp_path / "logs" / "airflow.log"
    log = log_path.read_text(encoding="utf-8") if log_path.is_file() else ""
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-3000:]}{log[-6000:]}"
    results = (tmp_path / "data" / "standin" / "airflow" / "once.jsonl").read_text(encoding="utf-8")
    runs: dict[str, Any] = {run["dag"]: run for run in map(json.loads, results.splitlines())}
    assert set(runs) == expected
    for name, run in runs.items():
        assert run["state"] == "success", run
        not_run = {task for task, state in run["tasks"].items() if state != "success"}
        assert not_run <= SKIPPED.get(name, set()), run
        assert re.search(FOUND[name], log), name
        assert re.search(rf"{name} .*success", done.stdout), done.stdout
