"""One pipeline for all tests of this folder: each leaves it running, with a pinned clock and no faults.

It ends with the folder: it would go on polling beside the tests of others, and its environment would be theirs.
"""

from collections.abc import Generator

import pytest

from gridpulse_contract.models import Signal
from harness.pipeline import Pipeline, running_pipeline


@pytest.fixture(scope="package")
def shared_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Generator[Pipeline]:
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("ELECTRICITY_MAPS_TOKEN", raising=False)
        environment.setenv("GRIDPULSE_INGESTER_SIGNALS", ",".join(Signal))
        environment.setenv("GRIDPULSE_INGESTER_REFUSED_PERIOD_SECONDS", "1")
        environment.setenv("GRIDPULSE_INGESTER_STARTUP_SPREAD_SECONDS", "1")
        environment.setenv("GRIDPULSE_INGESTER_RETRY_WAIT_INITIAL_SECONDS", "0.1")
        environment.setenv("GRIDPULSE_INGESTER_READ_TIMEOUT_SECONDS", "3")
        environment.setenv("GRIDPULSE_STREAMING_BATCH_TIMEOUT_SECONDS", "60")
        environment.setenv("GRIDPULSE_STREAMING_STOP_TIMEOUT_SECONDS", "5")  # of batches whose node was killed
        # On a fast clock there is always something new: batches one after the other would take a core and more.
        environment.setenv("GRIDPULSE_STREAMING_TRIGGER_INTERVAL_MS", "2000")
        with running_pipeline(tmp_path_factory.mktemp("pipeline")) as pipeline:
            yield pipeline


@pytest.fixture
def pipeline(shared_pipeline: Pipeline) -> Generator[Pipeline]:
    shared_pipeline.revive()
    try:
        yield shared_pipeline
    finally:
        shared_pipeline.revive()
        shared_pipeline.clear_faults()
        shared_pipeline.set_clock(speed=0)
