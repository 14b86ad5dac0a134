"""Answers as files that are replaced whole, and as rows of a real Cassandra."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from pyspark.sql import SparkSession

from gridpulse_spark.analytics.answering import answer_questions, first_look
from gridpulse_spark.analytics.questions import QUESTIONS
from gridpulse_spark.analytics.results import write_results
from gridpulse_spark.analytics.window import Window
from gridpulse_spark.errors import LakeError
from gridpulse_spark.frames import make_frame
from gridpulse_spark.lake.files import LakeFiles
from harness.tables import Cell, Key, table_cells

from .conftest import HOUR, KEYSPACE, SQL_DIR, Lake, Made, made, utc

MIDNIGHT: Final = utc(2026, 6, 10)
WINDOW: Final = Window(date(2026, 6, 10), date(2026, 6, 11))


def results(spark: SparkSession, root: Path) -> LakeFiles:
    return LakeFiles(spark, str(root / "results"))


def write(spark: SparkSession, files: LakeFiles, rows: Iterable[tuple[str, str]]) -> list[str]:
    frame = make_frame(spark, [(date.fromisoformat(day), zone) for day, zone in rows], "day date, zone string")
    return write_results(frame, files, "answer", "day")


def read(spark: SparkSession, root: Path) -> set[tuple[str, str]]:
    rows = spark.read.parquet(str(root / "results" / "answer")).collect()
    return {(row["day"].isoformat(), row["zone"]) for row in rows}


def test_a_result_is_replaced_day_by_day(spark: SparkSession, tmp_path: Path) -> None:
    files = results(spark, tmp_path)
    assert write(spark, files, [("2026-06-01", "DE"), ("2026-06-02", "DE")]) == ["2026-06-01", "2026-06-02"]
    assert write(spark, files, [("2026-06-02", "FR"), ("2026-06-02", "ES"), ("2026-06-03", "DE")])
    expected = {("2026-06-01", "DE"), ("2026-06-02", "FR"), ("2026-06-02", "ES"), ("2026-06-03", "DE")}
    assert read(spark, tmp_path) == expected
    assert write(spark, files, []) == []
    assert read(spark, tmp_path) == expected
    written = [path.name for path in (tmp_path / "results").rglob("*.parquet")]
    assert written == ["rows.parquet"] * 3
    assert not list((tmp_path / "results" / "_staging").iterdir())


def test_a_run_that_fails_leaves_the_results_before(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = results(spark, tmp_path)
    write(spark, files, [("2026-06-01", "DE"), ("2026-06-02", "DE")])
    moves: list[str] = []
    move = files.move

    def fail_at_the_second(source: str, target: str) -> None:
        moves.append(target)
        if len(moves) == 2:
            raise LakeError("gone")
        move(source, target)

    monkeypatch.setattr(files, "move", fail_at_the_second)
    with pytest.raises(LakeError, match="gone"):
        write(spark, files, [("2026-06-01", "FR"), ("2026-06-02", "FR")])
    assert read(spark, tmp_path) == {("2026-06-01", "FR"), ("2026-06-02", "DE")}
    monkeypatch.undo()
    write(spark, files, [("2026-06-01", "FR"), ("2026-06-02", "FR")])
    assert read(spark, tmp_path) == {("2026-06-01", "FR"), ("2026-06-02", "FR")}


def day_of(zone: str, first: int, last: int, wind_mw: float, updated_at: datetime | None = None) -> list[Made]:
    return [
        made(
            zone,
            MIDNIGHT + hour * HOUR,
            updated_at,
            prod_wind_mw=wind_mw,
            production_total_mw=wind_mw,
            consumption_total_mw=100,
            renewable_percent=70,
            import_total_mw=5,
            export_total_mw=2,
            import_mw={"FR": 5.0},
            export_mw={"FR": 2.0},
        )
        for hour in range(first, last)
    ]


@pytest.mark.engines
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_answers_are_stored_and_converge(
    spark: SparkSession, session: Any, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carbon = [made("DE", MIDNIGHT + hour * HOUR, None, carbon_intensity_gco2eq_per_kwh=300) for hour in range(24)]
    french = [
        {**row, "zone": "FR", "import_mw": {"DE": 2.0}, "export_mw": {"DE": 5.0}} for row in day_of("FR", 0, 24, 1)
    ]
    newest = MIDNIGHT + 30 * HOUR
    some = [*day_of("DE", 3, 24, 10, newest), *french]
    everything = [*day_of("DE", 0, 24, 10, newest), *french]

    def run(power: Iterable[Made]) -> dict[Key, dict[str, Cell]]:
        lake(power, carbon)
        answer_questions(spark, results(spark, tmp_path), SQL_DIR, WINDOW, KEYSPACE)
        return table_cells(session, KEYSPACE, "power_daily")

    def wind(cells: dict[Key, dict[str, Cell]]) -> tuple[object, object]:
        (row,) = (row for key, row in cells.items() if key[:2] == ("DE", "utc") and key[-2:] == ("production", "wind"))
        return row["energy_mwh"].value, row["coverage_percent"].value

    with monkeypatch.context() as only_cassandra:
        only_cassandra.setattr("gridpulse_spark.analytics.answering.QUESTIONS", ())
        before = run(some)
    assert wind(before) == (210, 87.5)
    after = run(everything)
    assert wind(after) == (240, 100)
    # Of the runs from here on only what they do to Cassandra is looked at: one question stands for all.
    monkeypatch.setattr("gridpulse_spark.analytics.answering.QUESTIONS", QUESTIONS[:1])
    assert run(some) == after  # an old retry
    lake(day_of("DE", 0, 24, 99, newest + HOUR), carbon)
    answer_questions(spark, results(spark, tmp_path / "parquet-only"), SQL_DIR, WINDOW, None)
    assert table_cells(session, KEYSPACE, "power_daily") == after
    assert all(cell.value is not None for row in after.values() for cell in row.values())

    stored = {path.name: path for path in (tmp_path / "results").iterdir() if path.name != "_staging"}
    assert stored.keys() == {question.name for question in QUESTIONS}
    for question in QUESTIONS:
        period = "2026-06-10" if question.period == "day" else "2026-06-01"
        folders = sorted(path.name for path in stored[question.name].iterdir())
        assert folders == [f"{question.period}={period}"], question.name
        assert spark.read.parquet(str(stored[question.name])).count() > 0
    balance = spark.read.parquet(str(stored["exchange_balance"])).collect()
    assert {(row["exporter"], row["importer"], row["difference_mwh"]) for row in balance} == {
        ("DE", "FR", 0),
        ("FR", "DE", 0),
    }
    assert first_look(spark, results(spark, tmp_path), date(2026, 6, 10)) == ["  1 DE           300 gCO2eq/kWh"]
    assert first_look(spark, results(spark, tmp_path), date(2026, 6, 9)) == []
