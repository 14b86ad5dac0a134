"""Zones side by side."""

from typing import Final

from gridpulse_grafana.boards import Board, granularity, several_zones
from gridpulse_grafana.colours import COLOURS
from gridpulse_grafana.cql import INTENSITY, MODE_COLUMNS, ZONES
from gridpulse_grafana.panels import Kind, Panel, Threshold, Unit, as_numbers, column, fixed_colours
from gridpulse_grafana.queries import ApiQuery, CqlQuery, MetricQuery

__all__ = ["OVERVIEW"]

_LATEST_NEEDS_ORDER: Final = (
    "The newest row of many zones would need ORDER BY over several partitions, which Cassandra refuses to page."
)
_OLD: Final = (Threshold(3 * 3600, "orange"), Threshold(6 * 3600, "red"))

_ranking: Final = Panel(
    title="Greenest now",
    description="Zones by the carbon intensity of their newest interval; without data of the last day, without a rank.",
    unit=Unit.COUNT,
    kind=Kind.TABLE,
    queries=[
        ApiQuery(
            "/v1/ranking",
            [("metric", "carbon_intensity"), ("granularity", "$granularity"), ("zones", "${zone:csv}")],
            [
                ("rank", "Rank", "number"),
                ("zone", "Zone", "string"),
                ("name", "Name", "string"),
                ("value", "Carbon intensity", "number"),
                ("kind", "Kind", "string"),
                ("at", "Interval", "timestamp"),
                ("age_seconds", "Age", "number"),
            ],
            reason=_LATEST_NEEDS_ORDER,
        )
    ],
    overrides=[
        column("Carbon intensity", Unit.INTENSITY, Threshold(150, "yellow"), Threshold(400, "orange")),
        column("Age", Unit.SECONDS, *_OLD),
    ],
)
_freshness: Final = Panel(
    title="Age of the newest data",
    description="Since the start of the newest interval that Kafka has acknowledged, and of the newest measured one: a "
    "source in trouble goes on with estimates.",
    unit=Unit.SECONDS,
    kind=Kind.GAUGES,
    minimum=0,
    thresholds=_OLD,
    runbook="data-old",
    queries=[
        MetricQuery(
            "time() - max by (zone) (gridpulse_ingester_newest_at_timestamp_seconds"
            '{zone=~"${zone:regex}", granularity="$granularity"})',
            "{{zone}}",
        ),
        MetricQuery(
            "time() - max by (zone) (gridpulse_ingester_newest_measured_at_timestamp_seconds"
            '{zone=~"${zone:regex}", granularity="$granularity"})',
            "{{zone}} measured",
        ),
    ],
)
_intensity: Final = Panel(
    title="Carbon intensity",
    description="Of the power consumed, over the life cycle of the plants.",
    unit=Unit.INTENSITY,
    minimum=0,
    queries=[
        CqlQuery(
            "carbon_intensity",
            f"variant = 'lifecycle' AND {ZONES}",
            {"Carbon intensity": INTENSITY},
            alias="{{zone}}",
        )
    ],
)
_renewable: Final = Panel(
    title="Renewable share",
    description="Of the power consumed, as the source gives it.",
    unit=Unit.PERCENT,
    minimum=0,
    maximum=100,
    queries=[CqlQuery("power_breakdown", ZONES, {"Renewable": "renewable_percent"}, alias="{{zone}}")],
)
_consumption: Final = Panel(
    title="Consumption",
    description="Mean power of the interval.",
    unit=Unit.MEGAWATT,
    minimum=0,
    queries=[CqlQuery("power_breakdown", ZONES, {"Consumption": "consumption_total_mw"}, alias="{{zone}}")],
)
_net_import: Final = Panel(
    title="Net import",
    description="Import less export; below zero, the zone exports.",
    unit=Unit.MEGAWATT,
    queries=[CqlQuery("power_breakdown", ZONES, {"Net import": "import_total_mw - export_total_mw"}, alias="{{zone}}")],
)
_mix: Final = Panel(
    title="Mix of $zone",
    description="Production by mode; what goes into storage is below zero.",
    unit=Unit.MEGAWATT,
    stacked=True,
    width=8,
    repeated_by="zone",
    queries=[CqlQuery("power_breakdown", ZONES, MODE_COLUMNS)],
    transformations=[as_numbers(list(MODE_COLUMNS))],
    overrides=fixed_colours(COLOURS),
)

OVERVIEW: Final = Board(
    uid="gridpulse-overview",
    title="Overview",
    description="Zones side by side: mix, intensity, renewable share, freshness, ranking.",
    variables=[several_zones(), granularity()],
    panels=[_ranking, _freshness, _intensity, _renewable, _consumption, _net_import, _mix],
)
