"""What normalisation makes of given answers is what this version of it has always made of them.

Cassandra keeps the newest write timestamp of a cell, and a better parser would write the same one: old and new values
would mix. So other output is another NORMALISATION_VERSION, in a keyspace of its own that is rebuilt from the lake.
`python packages/contract/tests/test_golden_output.py` writes the cases that the version's golden file does not have.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_contract.models import Event, Granularity, Signal
from gridpulse_contract.modes import SOURCE_NAME_BY_MODE
from gridpulse_contract.normalise import NORMALISATION_VERSION, SourceRequest, normalise

Json = dict[str, Any]

RECEIVED_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
POWER: Final = SourceRequest(Signal.POWER_BREAKDOWN, "DE")
LIFECYCLE: Final = SourceRequest(Signal.CARBON_INTENSITY, "DE", variant="lifecycle")
FORECAST: Final = SourceRequest(Signal.CARBON_INTENSITY_FORECAST, "DE", variant="lifecycle")
MIX: Final = SourceRequest(Signal.ELECTRICITY_MIX, "DE", variant="normal")
TRACED: Final = SourceRequest(Signal.ELECTRICITY_MIX, "DE", variant="flow-traced")
FLOWS: Final = SourceRequest(Signal.ELECTRICITY_FLOWS, "DE")
DIRECT: Final = SourceRequest(Signal.CARBON_INTENSITY, "DE", Granularity.MINUTES_5, "direct")
GOLDEN: Final = Path(__file__).parent / "golden" / f"normalised.v{NORMALISATION_VERSION}.json"
ADVICE: Final = (
    "Normalisation gives other output than this version of it gave. If that is meant, raise NORMALISATION_VERSION, "
    "write its golden file, and rebuild into a keyspace of its own: docs/operations.md."
)


def power_row(**members: object) -> Json:
    """A row of the source in which every mode says another number; `members` replace or add to its own."""
    by_mode = {name: 100.25 * number for number, name in enumerate(SOURCE_NAME_BY_MODE.values())}
    return {
        "zone": "DE",
        "datetime": "2026-03-01T10:00:00.000Z",
        "updatedAt": "2026-03-01T10:48:27.926Z",
        "createdAt": "2026-02-26T10:46:59.534Z",
        "powerProductionBreakdown": by_mode,
        "powerConsumptionBreakdown": {name: value / 2 for name, value in by_mode.items()},
        "powerImportBreakdown": {"FR": 500, "NL": 0.125},
        "powerExportBreakdown": {"FR": 0, "NL": None},
        "powerProductionTotal": sum(by_mode.values()),
        "powerConsumptionTotal": sum(by_mode.values()) + 500.125,
        "powerImportTotal": 500.125,
        "powerExportTotal": 0,
        "fossilFreePercentage": 71,
        "renewablePercentage": 70.5,
        "isEstimated": False,
        "estimationMethod": None,
    } | members


def carbon_row(**members: object) -> Json:
    """A row of the source; `members` replace or add to its own."""
    return {
        "zone": "DE",
        "carbonIntensity": 412,
        "datetime": "2026-03-01T10:00:00Z",
        "updatedAt": "2026-03-01T10:48:27Z",
        "isEstimated": True,
        "estimationMethod": "ESTIMATED_FORECASTS_HIERARCHY",
    } | members


def cases() -> Iterator[tuple[str, SourceRequest, object]]:
    """Name, request and answer: bytes, or what JSON is made of."""
    yield "bare object", POWER, power_row()
    for envelope in ("data", "history", "forecast"):
        yield f"power in {envelope}", POWER, {"zone": "DE", "temporalGranularity": "hourly", envelope: [power_row()]}
    row = power_row()
    del row["zone"]
    yield (
        "zone and granularity of the envelope",
        POWER,
        {"zone": "DE", "temporalGranularity": "15_minutes", "data": [row]},
    )
    yield "everything null", POWER, power_row(**{
        **{name: None for name in power_row() if name.startswith("power") or name.endswith("Percentage")},
        "powerProductionBreakdown": dict.fromkeys(SOURCE_NAME_BY_MODE.values()),
    })  # fmt: skip
    yield (
        "pumping and charging",
        POWER,
        power_row(powerProductionBreakdown={"hydro discharge": -2000, "battery discharge": -3.5, "wind": 1}),
    )
    yield "a mode that nobody knows", POWER, power_row(powerProductionBreakdown={"fusion": 5, "wind": 1})
    yield "a member that nobody knows", POWER, power_row(somethingNew=[1, 2])
    yield "totals that do not add up", POWER, power_row(powerProductionTotal=1)
    yield "a negative production", POWER, power_row(powerProductionBreakdown={"coal": -1})
    yield "beyond every grid", POWER, power_row(powerConsumptionTotal=1e9, renewablePercentage=101)
    for method in ("TIME_SLICER_AVERAGE", "ESTIMATED_MODE_BREAKDOWN", "MEASURED", None):
        for said in (True, False, None):
            yield f"estimated {said}, {method}", POWER, power_row(isEstimated=said, estimationMethod=method)
    for text in ("2026-03-01T11:48:27.926999+01:00", "2026-03-01T10:48Z", "2026-03-01T10:48:27.9Z", "2026-03-01", 5):
        yield f"updated at {text}", POWER, power_row(updatedAt=text)
    yield "updated tomorrow", POWER, power_row(updatedAt="2026-03-03T12:00:00Z")
    yield "of another zone", POWER, power_row(zone="FR")
    yield "of a day", POWER, power_row(temporalGranularity="daily")
    yield "a number as text", POWER, power_row(powerImportTotal="500")
    yield (
        "a number too large",
        POWER,
        b'{"zone": "DE", "data": [%b]}' % json.dumps(power_row()).encode().replace(b"500.125", b"1e999"),
    )
    yield "not JSON", POWER, b"<html><body>Bad gateway</body></html>"
    yield "cut short", POWER, json.dumps(power_row()).encode()[:-20]
    yield "an error", POWER, {"error": "Not found"}
    yield "twice the same row, and a broken one", POWER, {"zone": "DE", "history": [power_row(), power_row(), 7]}
    yield "sandbox", POWER, power_row(estimationMethod="SANDBOX_MODE_DATA", isEstimated=True)
    yield "carbon intensity", LIFECYCLE, {"zone": "DE", "history": [carbon_row(), carbon_row(carbonIntensity=None)]}
    yield "its factors named", LIFECYCLE, carbon_row(emissionFactorType="lifecycle", flowTraced=True)
    yield "others' factors", LIFECYCLE, carbon_row(emissionFactorType="direct")
    yield "not flow-traced", LIFECYCLE, carbon_row(flowTraced=False)
    yield "direct, of five minutes", DIRECT, carbon_row(emissionFactorType="direct", temporalGranularity="5_minutes")
    yield "negative intensity", DIRECT, carbon_row(carbonIntensity=-0.1)
    yield from cases_of_later_signals()


def mix_row(mix: object, **members: object) -> Json:
    """A row of the source; `members` replace or add to its own."""
    times = {"datetime": "2026-03-01T10:00:00.000Z", "updatedAt": "2026-03-01T11:24:08.708Z"}
    return times | {"estimationMethod": "MEASURED", "breakdownType": "normal", "mix": mix} | members


def cases_of_later_signals() -> Iterator[tuple[str, SourceRequest, object]]:
    """As `cases`."""
    hours = [{"carbonIntensity": 77, "datetime": f"2026-03-0{day}T17:00:00.000Z"} for day in (1, 2)]
    forecast = {
        "zone": "DE",
        "forecast": [*hours, {**hours[0], "carbonIntensity": None}],
        "updatedAt": "2026-03-01T10:34Z",
    }
    yield "forecast", FORECAST, forecast
    yield "forecast of nobody knows when", FORECAST, {"zone": "DE", "forecast": hours}
    yield "forecast asked for, observations given", FORECAST, {"zone": "DE", "history": [carbon_row()]}
    yield "observations asked for, forecast given", LIFECYCLE, forecast
    mix: Json = {name: 1.5 + number for number, name in enumerate(SOURCE_NAME_BY_MODE.values()) if " " not in name}
    for case, charge, discharge in (
        ("no storage", 0, None),
        ("charging", 1239.5, None),
        ("discharging", 0, 2.5),
        ("both", 3.5, 2),
        ("neither known", None, None),
    ):
        storage = {"charge": charge, "discharge": discharge}
        flows = {"exports": 74, "imports": 744}
        rows = [mix_row(mix | {"hydro storage": storage, "battery storage": storage, "flows": flows})]
        yield f"mix, {case}", MIX, {"zone": "DE", "temporalGranularity": "hourly", "unit": "MW", "history": rows}
    traced = mix_row(mix | {"hydro storage": {"discharge": 2}}, breakdownType="flow-traced", isEstimated=True)
    yield "mix, flow-traced", TRACED, {"zone": "DE", "data": [traced]}
    yield "mix of the other breakdown", MIX, {"zone": "DE", "data": [traced]}
    yield "mix, flow-traced, charging", TRACED, {"zone": "DE", "data": [
        mix_row({"hydro storage": {"charge": 5}}, breakdownType="flow-traced"),
    ]}  # fmt: skip
    yield "mix of null", MIX, {"zone": "DE", "data": [mix_row(None), mix_row({}), mix_row([])]}
    yield "mix of nobody knows what", MIX, {"zone": "DE", "data": [
        mix_row({"fusion": 1, "flows": {"transit": 2}, "hydro storage": {"spill": 3}}), mix_row({"coal": -1}),
        mix_row({"coal": 1e9}), mix_row({"flows": 7}), mix_row({"hydro storage": {"charge": "5"}}),
    ]}  # fmt: skip
    exchange = {"datetime": "2026-03-01T10:00:00.000Z", "updatedAt": "2026-03-01T11:24:08.708Z"}
    yield "flows", FLOWS, {"zone": "DE", "data": [
        exchange | {"import": {"FR": 561, "NL": None}, "export": {"PL": 335.5}},
        exchange | {"import": {"FR": -1}, "export": {"PL": 1e6}}, exchange | {"import": {}}, exchange,
    ]}  # fmt: skip


def output(request: SourceRequest, answer: object) -> Json:
    """All that the stores keep of an answer, in JSON."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    result = normalise(body, request, received_at=RECEIVED_AT)
    return {
        "events": [_kept(event) for event in result.events],
        "rejected": [rejection.reason.value for rejection in result.rejections],
        "unrecognised": sorted(result.unrecognised),
    }


def _kept(event: Event) -> Json:
    return {
        **event.model_dump(mode="json", exclude={"raw"}),  # which is the row as it came: tested elsewhere
        "event_id": str(event.event_id()),
        "write_timestamp_us": event.write_timestamp_us(),
        "quality": sorted(event.quality_flags()),
    }


@pytest.mark.parametrize(("name", "request_", "answer"), [*cases()], ids=[name for name, *_ in cases()])
def test_output_is_that_of_this_version(name: str, request_: SourceRequest, answer: object) -> None:
    golden: dict[str, Json] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert output(request_, answer) == golden[name], ADVICE


def test_golden_file_holds_these_cases_alone() -> None:
    names = [name for name, *_ in cases()]
    assert len(set(names)) == len(names)
    assert json.loads(GOLDEN.read_text(encoding="utf-8")).keys() == set(names), ADVICE


if __name__ == "__main__":
    golden_output: dict[str, Json] = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    for case, asked, given in cases():  # what is there stays: a version's output never changes
        golden_output.setdefault(case, output(asked, given))
    GOLDEN.write_text(json.dumps(golden_output, indent=1) + "\n", encoding="utf-8")
