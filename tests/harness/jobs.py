"""Batch jobs as a scheduler runs them, with their arguments and settings, to their exit code."""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gridpulse_platform import CassandraNode, ensure_jars
from harness.warm_jobs import WarmJobs

__all__ = ["cassandra_settings", "finished_job", "kept_warm", "run_job"]

_JOBS: Final = Path(__file__).parents[2] / "spark" / "jobs"
_DEADLINE_SECONDS: Final = 600
_warm: WarmJobs | None = None


@contextmanager
def kept_warm() -> Generator[None]:
    """Meanwhile jobs are not processes of their own, but share one: see `harness.warm_jobs`."""
    global _warm
    with WarmJobs() as _warm:
        yield
    _warm = None


def finished_job(
    name: str, arguments: Sequence[str], settings: Mapping[str, str], prefix: str
) -> subprocess.CompletedProcess[str]:
    """Run a job to its end, good or bad; `settings` are named without GRIDPULSE_ and the job's prefix."""
    values = {"JARS_DIR": str(ensure_jars("spark")), **settings}
    environment = {**os.environ, **{f"GRIDPULSE_{prefix}_{key}": value for key, value in values.items()}}
    if _warm is not None:
        return _warm.finish(_JOBS / name, arguments, environment, _DEADLINE_SECONDS)
    command = [sys.executable, str(_JOBS / name), *arguments]
    return subprocess.run(
        command, check=False, env=environment, capture_output=True, text=True, timeout=_DEADLINE_SECONDS
    )


def run_job(name: str, arguments: Sequence[str], settings: Mapping[str, str], prefix: str) -> str:
    """Run a job to its good end; returns its log."""
    done = finished_job(name, arguments, settings, prefix)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stderr


def cassandra_settings(cassandra: CassandraNode) -> dict[str, str]:
    """Where the node is."""
    return {
        "CASSANDRA_CONTACT_POINTS": cassandra.contact_points,
        "CASSANDRA_PORT": str(cassandra.port),
        "CASSANDRA_LOCAL_DATACENTER": cassandra.local_datacenter,
    }
