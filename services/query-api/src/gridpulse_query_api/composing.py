"""Power breakdowns put together from the electricity mix and the electricity flows of the same interval. No I/O.

The rules, and why, are in docs/decisions/power-breakdown-composed.md. NaN is a missing number here as everywhere, and a
sum of which a part is missing is missing.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from gridpulse_contract.columns import MIX_NUMBER_COLUMNS
from gridpulse_contract.models import Kind, Signal
from gridpulse_contract.modes import MODES, RENEWABLE_MODES, STORAGE_MODES
from gridpulse_contract.quality import BALANCE_TOLERANCE_MW, Quality
from gridpulse_query_api.derived import CONSUMPTION, PRODUCTION
from gridpulse_query_api.instants import Span
from gridpulse_query_api.rows import Row

__all__ = ["FLOW_TRACED", "NORMAL", "compose", "compose_all", "compose_revisions", "is_whole", "missing_span"]

NORMAL: Final = "normal"
FLOW_TRACED: Final = "flow-traced"

_MODES: Final = slice(0, len(MODES))
_IMPORT_TOTAL: Final = MIX_NUMBER_COLUMNS.index("import_total_mw")
_EXPORT_TOTAL: Final = MIX_NUMBER_COLUMNS.index("export_total_mw")
_NOT_STORAGE: Final = tuple(MODES.index(mode) for mode in MODES if mode not in STORAGE_MODES)
_RENEWABLE: Final = tuple(map(MODES.index, RENEWABLE_MODES))
_FOSSIL_FREE: Final = (*_RENEWABLE, MODES.index("nuclear"))
_WORST_FIRST: Final = (Kind.ESTIMATED.value, Kind.UNKNOWN.value, Kind.MEASURED.value)
_NO_METHOD: Final = ("", "MEASURED")
_NO_MODES: Final = (math.nan,) * len(MODES)


def missing_span(at_ms: Collection[int], span: Span, width_ms: int) -> Span | None:
    """From the first to the last interval of the span that is not among these starts; None where all are there."""
    there = at_ms if isinstance(at_ms, set) else set(at_ms)
    first_ms = -(-span.start_ms // width_ms) * width_ms
    missing = [start_ms for start_ms in range(first_ms, span.end_ms, width_ms) if start_ms not in there]
    return Span(missing[0], missing[-1] + 1) if missing else None


def compose(normal: Row, traced: Row | None, flows: Row | None) -> Row:
    """One power breakdown of what the normal mix, the flow-traced mix and the flows of one interval say."""
    parts = [
        (part, name)
        for part, name in (
            (normal, f"{Signal.ELECTRICITY_MIX}/{NORMAL}"),
            (traced, f"{Signal.ELECTRICITY_MIX}/{FLOW_TRACED}"),
            (flows, str(Signal.ELECTRICITY_FLOWS)),
        )
        if part is not None
    ]
    production = normal.numbers[_MODES]
    consumption = traced.numbers[_MODES] if traced else _NO_MODES
    import_mw, export_mw = (flows.import_mw, flows.export_mw) if flows else ({}, {})
    are_flows_known = bool(import_mw or export_mw)
    import_total_mw = _or_sum(normal.numbers[_IMPORT_TOTAL], import_mw, are_flows_known)
    export_total_mw = _or_sum(normal.numbers[_EXPORT_TOTAL], export_mw, are_flows_known)
    reported = [mw for mw in production if not math.isnan(mw)]
    production_total_mw = sum(mw for mw in reported if mw > 0) if reported else math.nan
    consumption_total_mw = sum(reported) + import_total_mw - export_total_mw if reported else math.nan
    if math.isnan(consumption_total_mw):  # what is consumed, by origin, is all that is consumed
        consumption_total_mw = sum(consumption)
    kind = _worst_kind(normal, traced, flows)
    methods = () if kind == Kind.MEASURED else (part.estimation_method for part, _ in parts)
    flags = {flag for part, _ in parts for flag in part.quality}
    if _differ(import_total_mw, import_mw) or _differ(export_total_mw, export_mw):
        flags.add(Quality.BALANCE.value)
    return Row(
        at_ms=normal.at_ms,
        updated_at_ms=max(part.updated_at_ms for part, _ in parts),
        # In the order of POWER_NUMBER_COLUMNS.
        numbers=(
            *consumption,
            *production,
            production_total_mw,
            consumption_total_mw,
            import_total_mw,
            export_total_mw,
            _percent(consumption, _RENEWABLE),
            _percent(consumption, _FOSSIL_FREE),
        ),
        kind=kind,
        estimation_method=", ".join(dict.fromkeys(method for method in methods if method not in _NO_METHOD)),
        quality=tuple(sorted(flags)),
        import_mw=import_mw,
        export_mw=export_mw,
        composed_of=tuple(name for _, name in parts),
    )


def is_whole(row: Row) -> bool:
    """Whether the source said the row itself, or both production and consumption are known of some mode."""
    groups = (row.numbers[CONSUMPTION], row.numbers[PRODUCTION])
    return not row.composed_of or not any(all(map(math.isnan, group)) for group in groups)


def compose_all(normal: Iterable[Row], traced: Iterable[Row], flows: Iterable[Row]) -> list[Row]:
    """A power breakdown of every interval that has a normal mix."""
    traced_at, flows_at = ({row.at_ms: row for row in rows} for rows in (traced, flows))
    return [compose(row, traced_at.get(row.at_ms), flows_at.get(row.at_ms)) for row in normal]


def compose_revisions(normal: Iterable[Row], traced: Iterable[Row], flows: Iterable[Row]) -> list[Row]:
    """Each interval as it was after every revision of any of its parts, from the first of its normal mix on.

    All rows ascend by `at` and then by `updated_at`.
    """
    traced_at, flows_at = _by_interval(traced), _by_interval(flows)
    return [
        row
        for at_ms, revisions in _by_interval(normal).items()
        for row in _revisions_of(revisions, traced_at.get(at_ms, ()), flows_at.get(at_ms, ()))
    ]


def _by_interval(rows: Iterable[Row]) -> Mapping[int, Sequence[Row]]:
    return {at_ms: list(revisions) for at_ms, revisions in groupby(rows, key=lambda row: row.at_ms)}


def _revisions_of(normal: Sequence[Row], traced: Sequence[Row], flows: Sequence[Row]) -> Iterator[Row]:
    for updated_at_ms in sorted({row.updated_at_ms for row in (*normal, *traced, *flows)}):
        newest = _as_of(normal, updated_at_ms)
        if newest is not None:
            yield compose(newest, _as_of(traced, updated_at_ms), _as_of(flows, updated_at_ms))


def _as_of(revisions: Sequence[Row], updated_at_ms: int) -> Row | None:
    return next((row for row in reversed(revisions) if row.updated_at_ms <= updated_at_ms), None)


def _or_sum(total_mw: float, by_neighbour_mw: Mapping[str, float], are_flows_known: bool) -> float:
    """The total, or else the sum over the neighbours; flows that name neighbours on one side have none on the other."""
    return sum(by_neighbour_mw.values(), 0.0) if math.isnan(total_mw) and are_flows_known else total_mw


def _differ(total_mw: float, by_neighbour_mw: Mapping[str, float]) -> bool:
    return bool(by_neighbour_mw) and abs(total_mw - sum(by_neighbour_mw.values())) > BALANCE_TOLERANCE_MW


def _worst_kind(normal: Row, traced: Row | None, flows: Row | None) -> str:
    kinds = {part.kind for part in (normal, traced) if part is not None}
    if flows is not None and flows.kind != Kind.UNKNOWN:  # the source never says it of flows: silence is no doubt
        kinds.add(flows.kind)
    return next(kind for kind in _WORST_FIRST if kind in kinds)


def _percent(consumption: Sequence[float], modes: Sequence[int]) -> float:
    """The modes' share of what is known of the consumption, without storage. Rounded to hundredths."""

    def known(indices: Sequence[int]) -> float:
        return sum(consumption[index] for index in indices if consumption[index] > 0)  # false for NaN

    total_mw = known(_NOT_STORAGE)
    return round(100.0 * known(modes) / total_mw, 2) if total_mw > 0 else math.nan
