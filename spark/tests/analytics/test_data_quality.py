"""The rules, each on a day that breaks it and on one that does not; and where their verdicts go."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from prometheus_client import generate_latest
from pyspark.sql import SparkSession

from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.quality.facts import gathered_facts
from gridpulse_spark.quality.judging import judge
from gridpulse_spark.quality.reporting import DataQualityMetrics, report_day
from gridpulse_spark.quality.rules import RULES
from harness.tables import table_cells

from .conftest import HOUR, KEYSPACE, Lake, Made, made, utc

DAY: Final = date(2026, 6, 10)
MIDNIGHT: Final = utc(2026, 6, 10)
ONE_DAY: Final = timedelta(days=1)
OK: Final = ("ok", 0, "")

Verdict = tuple[str, int, str]
Verdicts = dict[tuple[str, str], Verdict]


class Written(NamedTuple):
    severity: str
    findings: int
    detail: str


def load_mw(hour: int, day: int = 0) -> float:
    """No two hours are alike, nor the same hour of two days."""
    return 1000.0 + 10 * hour + 0.5 * (day + 10)


def full_day(zone: str, day: int = 0, hours: Iterable[int] = range(24), *, kind: str = "measured") -> list[Made]:
    start = MIDNIGHT + day * ONE_DAY
    return [
        {
            **made(zone, start + hour * HOUR, None, consumption_total_mw=load_mw(hour, day), prod_wind_mw=5 * hour),
            "kind": kind,
        }
        for hour in hours
    ]


def flagged(row: Made, *flags: str) -> Made:
    return {**row, "quality": list(flags)}


def copied(zone: str, hours: int) -> list[Made]:
    """A day whose first hours are those of three days before."""
    new = [{**row, "at": row["at"] + 3 * ONE_DAY} for row in full_day(zone, -3, range(hours))]
    return [*full_day(zone, -3), *full_day(zone, -1), *new, *full_day(zone, 0, range(hours, 24))]


def stuck(zone: str, hours: Iterable[int], value: float | None) -> list[Made]:
    return [{**row, "consumption_total_mw": value} if row["at"].hour in hours else row for row in full_day(zone)]


def first_told(zone: str, hour: int, wait: timedelta) -> Made:
    at = MIDNIGHT + hour * HOUR
    return made(zone, at, at + HOUR + wait, consumption_total_mw=load_mw(hour))


def told(zone: str, hour: int, *values: float | None) -> list[Made]:
    """The revisions of an hour."""
    at = MIDNIGHT + hour * HOUR
    return [made(zone, at, at + (1 + number) * HOUR, consumption_total_mw=value) for number, value in enumerate(values)]


def all_power() -> list[Made]:
    """Zones by what is wrong with them: a zone's verdicts depend on no other zone."""
    first, second, third, *rest = full_day("FLAGGED")
    guesses = partial(full_day, kind="estimated")
    return [
        *(row for day in range(-7, 1) for row in full_day("GOOD", day)),
        flagged(first, "balance"), flagged(second, "balance", "sign"), flagged(third, "ahead"), *rest,
        *copied("REPEAT-24", 24), *copied("REPEAT-6", 6), *copied("REPEAT-5", 5),
        *(made("SILENT", MIDNIGHT + day * ONE_DAY + hour * HOUR, None) for day in (-1, 0) for hour in range(24)),
        *stuck("FLAT-12", range(3, 15), 500.0),
        *stuck("FLAT-6", range(3, 9), 500.0),
        *stuck("FLAT-5", range(3, 8), 500.0),
        *(row for row in stuck("FLAT-GAP", range(3, 12), 500.0) if row["at"].hour != 7),
        *stuck("FLAT-ZERO", range(3, 20), 0.0),
        *stuck("FLAT-NULL", range(3, 20), None),
        *full_day("GAP-2", 0, range(2, 24)),
        *full_day("GAP-EMPTY", 0, [hour for hour in range(24) if hour != 5]),
        made("GAP-EMPTY", MIDNIGHT + 5 * HOUR, None, prod_wind_mw=3),
        *full_day("GAP-DAY", -2),  # it had rows in the week before
        first_told("LATE", 0, timedelta(hours=6, seconds=1)),
        first_told("LATE", 1, timedelta(hours=6)),
        made("LATE", MIDNIGHT + HOUR, MIDNIGHT + 40 * HOUR, consumption_total_mw=3),  # revised late, told in time
        *full_day("LATE", 0, range(2, 24)),
        *told("FLIP", 0, 5.0, 6.0, 5.0),  # and back
        *told("FLIP", 1, 5.0, 6.0, 7.0),
        *told("FLIP", 2, 5.0, 5.0, 5.0),  # touched without a change
        *told("FLIP", 3, 5.0, None, 5.0),  # taken back, and said again
        *told("FLIP", 4, 5.0, 6.0),
        *full_day("FLIP", 0, range(5, 24)),
        *(row for day in range(-7, 1) for row in guesses("GUESS-8", day)),
        *full_day("GUESS-2", -2), *guesses("GUESS-2", -1), *guesses("GUESS-2", 0),
        *guesses("GUESS-BEFORE", -1), *full_day("GUESS-BEFORE"),
        *({**row, "kind": "measured" if row["at"].hour == 4 else "estimated"} for row in full_day("GUESS-SOME")),
        *({**row, "granularity": "15_minutes"} for row in full_day("QUARTERS")),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession, lake: Lake) -> Verdicts:
    """By zone and rule."""
    carbon = [flagged(made(zone, MIDNIGHT + 9 * HOUR, None), "sign") for zone in ("FLAGGED", "CARBON-ONLY")]
    lake(all_power(), carbon)
    with gathered_facts(spark, DAY) as facts:
        rows = judge(facts).collect()
    assert {row["day"] for row in rows} == {DAY}
    assert all(row["write_timestamp_us"] > 0 for row in rows)
    return {(row["zone"], row["rule"]): (row["severity"], row["findings"], row["detail"]) for row in rows}


def test_a_good_day_passes_every_rule(verdicts: Verdicts) -> None:
    good = {rule: verdict for (zone, rule), verdict in verdicts.items() if zone == "GOOD"}
    assert good == {rule.name: OK for rule in RULES}


def test_hours_of_power_are_judged_and_nothing_else(verdicts: Verdicts) -> None:
    zones = {zone for zone, _ in verdicts}
    assert zones == {row["zone"] for row in all_power()} - {"QUARTERS"}
    assert len(verdicts) == len(zones) * len(RULES)


def test_flagged_rows_are_counted_by_rule(verdicts: Verdicts) -> None:
    assert verdicts["FLAGGED", "balance"] == (
        "warning",
        2,
        "totals differ from their sums by more than 5 MW: 00:00, 01:00",
    )
    assert verdicts["FLAGGED", "sign"][:2] == ("warning", 2)
    assert verdicts["FLAGGED", "sign"][2].endswith(": 01:00, 09:00")
    assert verdicts["FLAGGED", "range"][:2] == ("error", 1)


def test_a_day_that_repeats_an_earlier_one(verdicts: Verdicts) -> None:
    severity, findings, detail = verdicts["REPEAT-24", "repeat"]
    assert (severity, findings) == ("error", 24)
    assert detail.startswith("all numbers are those of an earlier day: 00:00 as on 2026-06-07, ")
    assert verdicts["REPEAT-6", "repeat"][:2] == ("warning", 6)
    assert verdicts["REPEAT-5", "repeat"][:2] == ("ok", 5)
    assert verdicts["SILENT", "repeat"] == OK


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [
        ("FLAT-12", ("error", 12)),
        ("FLAT-6", ("warning", 6)),
        ("FLAT-5", ("ok", 0)),
        ("FLAT-GAP", ("ok", 0)),
        ("FLAT-ZERO", ("ok", 0)),
        ("FLAT-NULL", ("ok", 0)),
    ],
)
def test_consumption_that_stands_still(verdicts: Verdicts, zone: str, verdict: tuple[str, int]) -> None:
    assert verdicts[zone, "flat"][:2] == verdict


def test_gaps(verdicts: Verdicts) -> None:
    assert verdicts["GAP-2", "gaps"] == ("warning", 2, "there is no row, or one without totals: 00:00, 01:00")
    assert verdicts["GAP-EMPTY", "gaps"][:2] == ("warning", 1)
    assert verdicts["GAP-DAY", "gaps"][:2] == ("error", 24)


def test_late_data(verdicts: Verdicts) -> None:
    assert verdicts["LATE", "late"] == ("warning", 1, "the first value came more than 6 hours after the end: 00:00")


def test_revisions_that_go_back(verdicts: Verdicts) -> None:
    expected = ("warning", 2, "a revision went back to the values of one before: 00:00, 03:00")
    assert verdicts["FLIP", "flip_flop"] == expected


def test_a_zone_fed_by_estimates_only(verdicts: Verdicts) -> None:
    assert verdicts["GUESS-8", "estimates_only"][:2] == ("error", 8)
    assert verdicts["GUESS-2", "estimates_only"][:2] == ("warning", 2)
    assert verdicts["GUESS-2", "estimates_only"][2].endswith(": 2026-06-09, 2026-06-10")
    assert verdicts["GUESS-BEFORE", "estimates_only"] == OK
    assert verdicts["GUESS-SOME", "estimates_only"] == OK


@pytest.mark.engines
@pytest.mark.slow
def test_verdicts_are_stored_and_converge(spark: SparkSession, session: Any, lake: Lake, tmp_path: Path) -> None:
    def run(power: list[Made]) -> tuple[list[str], str, Any]:
        lake(power)
        metrics = DataQualityMetrics()
        lines = report_day(spark, LakeFiles(spark, str(tmp_path)), DAY, KEYSPACE, metrics)
        return lines, generate_latest(metrics.registry).decode(), table_cells(session, KEYSPACE, "data_quality")

    def gaps(cells: Any) -> Written:
        (row,) = (row for key, row in cells.items() if key[0] == "DE" and key[-1] == "gaps")
        return Written(*(row[name].value for name in Written._fields))

    some = full_day("DE", 0, range(2, 24))
    everything = full_day("DE")
    lines, metrics, before = run(some)
    assert lines == ["warning: DE gaps (2): there is no row, or one without totals: 00:00, 01:00"]
    assert 'gridpulse_data_quality_findings{rule="gaps",severity="warning",zone="DE"} 2.0' in metrics
    assert gaps(before) == ("warning", 2, "there is no row, or one without totals: 00:00, 01:00")
    lines, _, after = run(everything)
    assert lines == []
    assert gaps(after) == ("ok", 0, "")
    assert len(after) == len(RULES)
    verdicts = spark.read.parquet(str(tmp_path / "data_quality")).collect()
    assert {(row["zone"], row["day"], row["severity"]) for row in verdicts} == {("DE", DAY, "ok")}
    assert len(verdicts) == len(RULES)
    _, _, retried = run(some)  # an old retry
    assert retried == after
