"""One zone."""

from typing import Final

from gridpulse_grafana.boards import Board, granularity, one_zone
from gridpulse_grafana.colours import COLOURS
from gridpulse_grafana.cql import INTENSITY, MODE_COLUMNS, MONTHS, ONE_ZONE, consumption_columns
from gridpulse_grafana.panels import Kind, Panel, Threshold, Unit, as_numbers, column, fixed_colours, separated
from gridpulse_grafana.queries import MAX_ROWS, ApiQuery, CqlQuery, MetricQuery

__all__ = ["ZONE"]

_CONSUMED: Final = consumption_columns()
_TOTALS: Final = {
    "Consumption": "consumption_total_mw",
    "Production": "production_total_mw",
    "Net import": "import_total_mw - export_total_mw",
}
_CONSUMPTION: Final = {"Consumption": "consumption_total_mw"}
_KINDS: Final = fixed_colours({"measured": "#3d8b4f", "estimated": "#f0a33c", "unknown": "#a3a3a3"})
_MW: Final = Unit.MEGAWATT

_production: Final = Panel(
    title="Production by mode",
    description="What goes into storage is below zero. A gap is a number that the source does not give.",
    unit=_MW,
    stacked=True,
    width=24,
    height=11,
    queries=[CqlQuery("power_breakdown", ONE_ZONE, MODE_COLUMNS)],
    transformations=[as_numbers(list(MODE_COLUMNS))],
    overrides=fixed_colours(COLOURS),
)
_totals: Final = Panel(
    title="Consumption against production",
    description="Totals of the zone, and import less export.",
    unit=_MW,
    queries=[CqlQuery("power_breakdown", ONE_ZONE, _TOTALS)],
)
_consumption: Final = Panel(
    title="Consumption by mode",
    description="Where the power that the zone consumes comes from, imports included.",
    unit=_MW,
    stacked=True,
    queries=[CqlQuery("power_breakdown", ONE_ZONE, _CONSUMED)],
    transformations=[as_numbers(list(_CONSUMED))],
    overrides=fixed_colours(COLOURS),
)
_flows: Final = Panel(
    title="Net import by neighbour",
    description="Import less export for each neighbour; below zero, the zone exports. At most 2500 intervals.",
    unit=_MW,
    queries=[
        ApiQuery(
            "/v1/zones/$zone/flows",
            [
                ("granularity", "$granularity"),
                ("start", "${__from:date:iso}"),
                ("end", "${__to:date:iso}"),
                ("limit", MAX_ROWS),
            ],
            [
                ("at", "Time", "timestamp"),
                ("neighbour", "Neighbour", "string"),
                ("net_import_mw", "Net import", "number"),
            ],
            reason="Neighbours are keys of a map: the plugin can't read one, and a missing key would be 0 MW.",
        )
    ],
    transformations=[separated()],
)
_intensity: Final = Panel(
    title="Carbon intensity",
    description="Of the power consumed: over the life cycle of the plants, and direct emissions alone.",
    unit=Unit.INTENSITY,
    minimum=0,
    queries=[
        CqlQuery(
            "carbon_intensity",
            f"variant IN ('lifecycle', 'direct') AND {ONE_ZONE}",
            {"Carbon intensity": INTENSITY},
            series="variant",
            alias="{{variant}}",
        )
    ],
)
_expected: Final = Panel(
    title="Expected carbon intensity",
    description="By the newest forecast at the end of the dashboard's range, over the life cycle; times are UTC's.",
    unit=Unit.INTENSITY,
    kind=Kind.BARS,
    minimum=0,
    runbook="forecast-old",
    queries=[
        ApiQuery(
            "/v1/zones/$zone/forecast",
            [("granularity", "$granularity"), ("as_of", "${__to:date:iso}")],
            [("at", "Time", "timestamp"), (INTENSITY, "Expected", "number")],
            reason="CQL gives the newest forecast only to who knows when it was issued.",
        )
    ],
    options={"xField": "Time"},
)
_forecast_errors: Final = Panel(
    title="Forecast error by lead time",
    description="What was expected less what came true in the range, which may be 31 days at most, by hours ahead. The "
    "mean shows a bias.",
    unit=Unit.INTENSITY,
    kind=Kind.TABLE,
    queries=[
        ApiQuery(
            "/v1/zones/$zone/forecast/errors",
            [("granularity", "$granularity"), ("start", "${__from:date:iso}"), ("end", "${__to:date:iso}")],
            [
                ("lead_hours", "Hours ahead", "string"),
                ("count", "Forecasts", "number"),
                ("mean_error_gco2eq_per_kwh", "Mean error", "number"),
                ("mean_absolute_error_gco2eq_per_kwh", "Mean absolute error", "number"),
                ("root_mean_square_error_gco2eq_per_kwh", "Root mean square error", "number"),
            ],
            reason="CQL joins no tables.",
        )
    ],
    overrides=[column("Forecasts", Unit.COUNT)],
)
_shares: Final = Panel(
    title="Renewable and fossil-free share",
    description="Of the power consumed, as the source gives it.",
    unit=Unit.PERCENT,
    minimum=0,
    maximum=100,
    queries=[
        CqlQuery("power_breakdown", ONE_ZONE, {"Renewable": "renewable_percent", "Fossil-free": "fossil_free_percent"})
    ],
)
_kinds: Final = Panel(
    title="Measured and estimated",
    description="Consumption, coloured by how the source knows it.",
    unit=_MW,
    points=True,
    queries=[CqlQuery("power_breakdown", ONE_ZONE, _CONSUMPTION, series="kind", alias="{{kind}}")],
    overrides=_KINDS,
)
_revisions: Final = Panel(
    title="Revisions",
    description="Every consumption that the source has given for an interval: points above one another are revisions.",
    unit=_MW,
    points=True,
    queries=[
        CqlQuery("power_breakdown_revisions", MONTHS, _CONSUMPTION, series="kind", alias="{{kind}}"),
    ],
    overrides=_KINDS,
)
_age: Final = Panel(
    title="Age of the newest data",
    description="Since the start of the newest interval that Kafka has acknowledged, and of the newest measured one.",
    unit=Unit.SECONDS,
    kind=Kind.NUMBERS,
    width=24,
    height=4,
    thresholds=[Threshold(3 * 3600, "orange"), Threshold(6 * 3600, "red")],
    runbook="data-old",
    queries=[
        MetricQuery(
            f"time() - max by (signal) (gridpulse_ingester_newest_{which}at_timestamp_seconds"
            '{zone="$zone", granularity="$granularity"})',
            legend,
        )
        for which, legend in (("", "{{signal}}"), ("measured_", "{{signal}}, measured"))
    ],
)

ZONE: Final = Board(
    uid="gridpulse-zone",
    title="Zone",
    description="One zone: mix, balance, exchange, intensity, and how its numbers came to be.",
    variables=[one_zone(), granularity()],
    panels=[
        _age,
        _production,
        _totals,
        _consumption,
        _flows,
        _intensity,
        _expected,
        _forecast_errors,
        _shares,
        _kinds,
        _revisions,
    ],
)
