"""One pipeline for what people look at, the dashboards and the page. It ends with the folder."""

from collections.abc import Generator

import pytest

from harness.pipeline import Pipeline, running_pipeline


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Pipeline]:
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("ELECTRICITY_MAPS_TOKEN", raising=False)
        environment.setenv("GRIDPULSE_INGESTER_STARTUP_SPREAD_SECONDS", "1")
        environment.setenv("GRIDPULSE_STREAMING_TRIGGER_INTERVAL_MS", "2000")  # a day comes in few batches
        with running_pipeline(tmp_path_factory.mktemp("pipeline")) as pipeline:
            yield pipeline
