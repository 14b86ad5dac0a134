"""Whether the data look right."""

from typing import Final

from gridpulse_grafana.boards import Board, granularity, one_zone
from gridpulse_grafana.cql import DAYS, INTENSITY, ONE_ZONE
from gridpulse_grafana.panels import Kind, Panel, Threshold, Unit, fixed_colours, merged
from gridpulse_grafana.queries import CqlQuery, MetricQuery

__all__ = ["QUALITY"]

_FINDINGS: Final = {"Findings": "findings"}
_ANY: Final = (Threshold(1, "orange"),)

QUALITY: Final = Board(
    uid="gridpulse-data-quality",
    title="Data quality",
    description="What the rules say about the days of a zone, and how its numbers fit together.",
    variables=[one_zone(), granularity()],
    since="now-14d",
    refresh="5m",
    panels=[
        Panel(
            "Newest day that was judged",
            "Since its start; it is judged the day after.",
            Unit.SECONDS,
            [MetricQuery("time() - max(gridpulse_data_quality_day_timestamp_seconds)", "age")],
            kind=Kind.NUMBERS,
            width=6,
            thresholds=[Threshold(3 * 86400, "red")],
            runbook="data-quality-not-reporting",
        ),
        Panel(
            "Findings of the newest day",
            "Of all zones: hours, or days, that a rule found.",
            Unit.COUNT,
            [
                MetricQuery(
                    'sum by (zone, rule, severity) (gridpulse_data_quality_findings{severity!="ok"})',
                    "{{zone}} {{rule}}: {{severity}}",
                )
            ],
            kind=Kind.GAUGES,
            width=18,
            minimum=0,
            thresholds=_ANY,
            runbook="data-quality-error",
        ),
        Panel(
            "Findings by rule",
            "Hours, or days, that each rule found in each day (UTC) of the zone.",
            Unit.COUNT,
            [CqlQuery("data_quality", DAYS, _FINDINGS, series="rule", time="day", alias="{{rule}}")],
            minimum=0,
            points=True,
            runbook="data-quality-error",
        ),
        Panel(
            "Verdicts",
            "Each day (UTC) and rule, with what was found.",
            Unit.COUNT,
            [CqlQuery("data_quality", DAYS, _FINDINGS, series="rule", time="day", texts=("severity", "detail"))],
            kind=Kind.TABLE,
            transformations=[merged(), {"id": "sortBy", "options": {"sort": [{"field": "day", "desc": True}]}}],
            runbook="data-quality-error",
        ),
        Panel(
            "Balance",
            "Production and import less consumption and export: what does not add up.",
            Unit.MEGAWATT,
            [
                CqlQuery(
                    "power_breakdown",
                    ONE_ZONE,
                    {"Balance": "production_total_mw + import_total_mw - consumption_total_mw - export_total_mw"},
                )
            ],
            runbook="data-quality-error",
        ),
        Panel(
            "Measured and estimated",
            "Carbon intensity, coloured by how the source knows it.",
            Unit.INTENSITY,
            [
                CqlQuery(
                    "carbon_intensity",
                    f"variant = 'lifecycle' AND {ONE_ZONE}",
                    {"Carbon intensity": INTENSITY},
                    series="kind",
                    alias="{{kind}}",
                )
            ],
            points=True,
            minimum=0,
            overrides=fixed_colours({"measured": "#3d8b4f", "estimated": "#f0a33c", "unknown": "#a3a3a3"}),
            runbook="measured-data-old",
        ),
        Panel(
            "Fields that the parser does not know",
            "In answers of the source, in the last day; the ingester's log names them.",
            Unit.COUNT,
            [MetricQuery("sum by (signal) (increase(gridpulse_ingester_unrecognised_fields_total[1d]))", "{{signal}}")],
            minimum=0,
        ),
        Panel(
            "Dead letters by reason",
            "What could not be read, in the last day.",
            Unit.COUNT,
            [MetricQuery("sum by (reason) (increase(gridpulse_ingester_dead_letters_total[1d]))", "{{reason}}")],
            minimum=0,
            thresholds=_ANY,
            runbook="dead-letters",
        ),
    ],
)
