"""Batch jobs in a process that stays. As processes of their own they are run by Airflow, here and in the cluster."""

from collections.abc import Generator

import pytest

from harness.jobs import kept_warm


@pytest.fixture(scope="package", autouse=True)
def warm_jobs() -> Generator[None]:
    with kept_warm():
        yield
