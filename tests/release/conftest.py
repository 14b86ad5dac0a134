"""The chart."""

from pathlib import Path

import pytest

from harness.chart import Chart


@pytest.fixture(scope="session")
def chart(helm: Path) -> Chart:
    """Helm on the chart."""
    return Chart(helm)
