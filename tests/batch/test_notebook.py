"""The notebook runs from its first cell to its last on a lake, and is committed without what it showed somebody."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from pyspark.sql import SparkSession

from harness.histories import history
from harness.lakes import make_lake

NOTEBOOK: Final = Path(__file__).parents[2] / "notebooks" / "exploration.ipynb"
PLOTS: Final = 3
UNTYPED: Final[Any] = nbformat


def read_notebook() -> Any:
    return UNTYPED.read(NOTEBOOK, as_version=4)


def run(client: Any, zone: str) -> list[Any]:
    """The outputs of every cell, executed in the client's kernel, which stays."""
    client.nb = notebook = read_notebook()
    notebook.cells.insert(0, UNTYPED.v4.new_code_cell(f"%env GRIDPULSE_ZONE={zone}"))
    for number, cell in enumerate(notebook.cells):
        client.execute_cell(cell, number)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_no_output_is_committed() -> None:
    cells = [cell for cell in read_notebook().cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)


@pytest.mark.engines
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_the_notebook_runs_on_a_lake_and_names_a_zone_that_it_has_not(spark: SparkSession, tmp_path: Path) -> None:
    make_lake(spark, str(tmp_path / "lake"), {datetime(2026, 1, 3, 9, tzinfo=UTC): history(2, hours=30)})
    client: Any = NotebookClient(read_notebook(), timeout=120, kernel_name="python3")
    kernel = {**os.environ, "GRIDPULSE_LAKE_LOCATION": str(tmp_path / "lake"), "SPARK_LOCAL_IP": "127.0.0.1"}
    with client.setup_kernel(env=kernel):
        with pytest.raises(CellExecutionError, match="has no hours of PT: choose another zone with GRIDPULSE_ZONE"):
            run(client, "PT")
        outputs = run(client, "FR")  # as somebody goes on who was told so
    assert sum("image/png" in output.get("data", {}) for output in outputs) == PLOTS
    text = "".join(output.get("text", "") for output in outputs if output.get("name") == "stdout")
    assert all(f"|{zone} " in text for zone in ("DE", "ES", "FR", "IT"))
    assert "TIME_SLICER_AVERAGE" in text
