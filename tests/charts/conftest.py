"""The chart, each profile rendered once."""

from functools import cache
from pathlib import Path
from typing import Protocol

import pytest

from harness.chart import Chart, Resource


class Rendered(Protocol):
    """The resources of a profile, which tests only look at."""

    def __call__(self, profile: str) -> list[Resource]: ...


@pytest.fixture(scope="session")
def chart(helm: Path) -> Chart:
    """Helm on the chart."""
    return Chart(helm)


@pytest.fixture(scope="session")
def rendered(chart: Chart) -> Rendered:
    """Renders a profile when it is first asked for."""
    return cache(chart.template)
