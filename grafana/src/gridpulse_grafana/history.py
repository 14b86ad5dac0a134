"""One zone over weeks and years: energy, profiles, records."""

from collections.abc import Sequence
from typing import Final

from gridpulse_contract.modes import MODES
from gridpulse_grafana.boards import Board, one_zone
from gridpulse_grafana.colours import COLOURS
from gridpulse_grafana.cql import INTENSITY, MODE_TITLES, ONE_ZONE
from gridpulse_grafana.panels import Kind, Panel, Threshold, Unit, as_numbers, fixed_colours
from gridpulse_grafana.queries import MAX_ROWS, ApiQuery, CqlQuery, MetricQuery

__all__ = ["HISTORY"]

_HOURS: Final = ONE_ZONE.replace("$granularity", "hourly")
_FLOW_AFTER_DAY: Final = (
    "The flow comes after the day in the key: one flow of a span of days would need ALLOW FILTERING, "
    "and a mode of four flows is four series that the plugin can't tell apart."
)
_MONTHS_ARE_ROLLED_UP: Final = "CQL has no month of its own to group by, and its sums take NaN for a number."
_TOTALS: Final = {
    "Consumption": "consumption_total_mw",
    "Production": "production_total_mw",
    "Import": "import_total_mw",
    "Export": "export_total_mw",
    "Wind": "prod_wind_mw",
    "Solar": "prod_solar_mw",
}
_BY_MODE: Final = [(f"prod_{mode}_mwh", MODE_TITLES[mode], "number") for mode in MODES]
_BARS: Final = {"xTickLabelRotation": -45, "xTickLabelSpacing": 60}


def _energy_of_days(columns: Sequence[tuple[str, str, str]]) -> ApiQuery:
    """These columns of each day of the range."""
    return ApiQuery(
        "/v1/zones/$zone/energy/daily",
        [("start", "${__from:date:YYYY-MM-DD}"), ("end", "${__to:date:YYYY-MM-DD}"), ("limit", MAX_ROWS)],
        [("day", "Day", "string"), *columns],
        reason=_FLOW_AFTER_DAY,
    )


_daily: Final = Panel(
    title="Daily production by mode",
    description="Energy of each day (UTC), from the hours that the source gave. Needs the analytics job.",
    unit=Unit.MEGAWATT_HOUR,
    kind=Kind.BARS,
    width=24,
    height=10,
    queries=[_energy_of_days(_BY_MODE)],
    overrides=fixed_colours(COLOURS),
    options={**_BARS, "xField": "Day"},
)
_coverage: Final = Panel(
    title="Daily balance and its coverage",
    description="Energy of each day (UTC); coverage below 100 % says that hours are missing from it.",
    unit=Unit.MEGAWATT_HOUR,
    kind=Kind.TABLE,
    queries=[
        _energy_of_days(
            [
                ("production_total_mwh", "Production", "number"),
                ("consumption_total_mwh", "Consumption", "number"),
                ("import_total_mwh", "Import", "number"),
                ("export_total_mwh", "Export", "number"),
                ("kind", "Kind", "string"),
            ]
        )
    ],
)
_monthly: Final = Panel(
    title="Monthly production by mode",
    description="Energy of each month (UTC) that begins in the range.",
    unit=Unit.MEGAWATT_HOUR,
    kind=Kind.BARS,
    queries=[
        ApiQuery(
            "/v1/zones/$zone/power-breakdown",
            [
                ("granularity", "hourly"),
                ("resolution", "month"),
                ("start", "${__from:date:iso}"),
                ("end", "${__to:date:iso}"),
            ],
            [("at", "Month", "string"), *_BY_MODE],
            reason=_MONTHS_ARE_ROLLED_UP,
        )
    ],
    overrides=fixed_colours(COLOURS),
    options={**_BARS, "xField": "Month"},
)
_profile: Final = Panel(
    title="Hour of the day",
    description="Mean power of each hour of the day (UTC) over the range; missing hours are left out of the mean.",
    unit=Unit.MEGAWATT,
    kind=Kind.BARS,
    queries=[CqlQuery("power_breakdown", _HOURS, _TOTALS)],
    transformations=[
        as_numbers(list(_TOTALS)),
        {"id": "formatTime", "options": {"timeField": "at", "outputFormat": "HH:mm", "useTimezone": True}},
        {
            "id": "groupBy",
            "options": {
                "fields": {
                    "at": {"operation": "groupby", "aggregations": list[str]()},
                    **{title: {"operation": "aggregate", "aggregations": ["mean"]} for title in _TOTALS},
                }
            },
        },
        {"id": "sortBy", "options": {"sort": [{"field": "at"}]}},
    ],
    options={"xField": "at", "stacking": "none"},
)
_records: Final = Panel(
    title="Records",
    description="Highest and lowest hour of the range, and its mean; missing hours are left out.",
    unit=Unit.MEGAWATT,
    kind=Kind.TABLE,
    queries=[CqlQuery("power_breakdown", _HOURS, _TOTALS)],
    transformations=[
        as_numbers(list(_TOTALS)),
        {"id": "reduce", "options": {"mode": "seriesToRows", "reducers": ["max", "min", "mean"]}},
    ],
)
_intensity: Final = Panel(
    title="Carbon intensity",
    description="Of the power consumed, over the life cycle of the plants. Ranges over two calendar years at most.",
    unit=Unit.INTENSITY,
    minimum=0,
    queries=[
        CqlQuery(
            "carbon_intensity",
            f"variant = 'lifecycle' AND {_HOURS}",
            {"Carbon intensity": INTENSITY},
            alias="{{zone}}",
        )
    ],
)
_age: Final = Panel(
    title="Age of the newest data, and of the lake",
    description="The history is as good as the lake: this is how far its newest hour, and the newest data, lie back.",
    unit=Unit.SECONDS,
    kind=Kind.NUMBERS,
    height=4,
    width=24,
    thresholds=[Threshold(6 * 3600, "orange"), Threshold(84 * 3600, "red")],
    runbook="archive-lagging",
    queries=[
        MetricQuery(
            'time() - max(gridpulse_ingester_newest_at_timestamp_seconds{zone="$zone", granularity="hourly"})', "data"
        ),
        MetricQuery("time() - min(gridpulse_archive_end_timestamp_seconds)", "lake"),
    ],
)

HISTORY: Final = Board(
    uid="gridpulse-history",
    title="History",
    description="Energy of days and months, profiles and records of one zone.",
    variables=[one_zone()],
    panels=[_age, _daily, _monthly, _coverage, _profile, _records, _intensity],
    since="now-30d",
    refresh="15m",
)
