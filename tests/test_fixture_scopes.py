"""Fixtures of a folder end with it."""

from pathlib import Path
from typing import Final

import pytest

from gridpulse_platform.jars import REPOSITORY

PARTS: Final = ("airflow", "grafana", "local", "packages", "services", "spark", "tests")
CONFTESTS: Final = [path for part in PARTS for path in sorted((REPOSITORY / part).rglob("conftest.py"))]


@pytest.mark.parametrize("conftest", CONFTESTS, ids=lambda path: str(path.parent.relative_to(REPOSITORY)))
def test_a_folder_with_fixtures_of_its_own_scope_is_a_package(conftest: Path) -> None:
    """Elsewhere pytest lets them last until the end of the run: three pipelines once ran beside all tests."""
    if 'scope="package"' in conftest.read_text(encoding="utf-8"):
        assert conftest.with_name("__init__.py").exists()
