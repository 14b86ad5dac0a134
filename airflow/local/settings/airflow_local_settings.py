"""Airflow's cluster policy on one machine: the pods of the DAGs run as processes. For `make airflow` and tests only."""

from datetime import timedelta
from typing import Any

__all__ = ["task_policy"]


def task_policy(task: Any) -> None:
    """Let a task that would make a pod run that pod's command here; a failure shows soon, after one more try."""
    # Imported late: Airflow reads this file while it is still setting itself up.
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    from local_pods import run_here

    if isinstance(task, KubernetesPodOperator):
        task.execute = run_here
        task.retries = 1
        task.retry_delay = timedelta(seconds=5)
