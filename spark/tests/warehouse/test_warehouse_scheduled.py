"""The subtables as one script, for a scheduled query of BigQuery."""

import re
from pathlib import Path

import pytest

from gridpulse_spark.warehouse import scheduled
from gridpulse_spark.warehouse.subtables import Subtables

DEFINITIONS = Path(__file__).parents[3] / "bigquery"


def test_it_makes_every_subtable_after_those_that_it_reads() -> None:
    made = re.findall(r"^CREATE OR REPLACE TABLE DATASET\.(\w+)$", scheduled.script(DEFINITIONS), re.MULTILINE)
    assert tuple(made) == Subtables(DEFINITIONS).names


def test_days_are_variables_and_no_day_is_left_over() -> None:
    text = scheduled.script(DEFINITIONS)
    assert text.count("DECLARE ") == 2
    assert "0001-01-0" not in text
    assert "$start" not in text
    assert "$end" not in text
    assert "TIMESTAMP(first_day)" in text
    assert "DATE_SUB(end_day, INTERVAL 1 DAY)" in text


def test_a_file_that_is_not_fresh_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "subtables.sql"

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["scheduled", str(DEFINITIONS), str(file), *arguments])
        return scheduled.main()

    assert run() == 0
    assert run("--check") == 0
    file.write_text(file.read_text(encoding="utf-8").replace("first_day", "last_day"), encoding="utf-8")
    assert run("--check") == 1
