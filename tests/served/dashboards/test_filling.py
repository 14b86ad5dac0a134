"""How the harness fills queries as Grafana does, and judges rows as the plugin does: without engines."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_grafana.queries import CASSANDRA, PROMETHEUS, QUERY_API
from harness.grafana import PluginError, View, frames_of, targets

VIEW: Final = View(datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC), zones=("DE", "FR"))
ROW: Final[tuple[Any, ...]] = ("DE", 1.5, datetime(2026, 1, 1))  # noqa: DTZ001 - as the driver gives it


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("at >= $__timeFrom AND at < $__timeTo", "at >= 1767222000000 AND at < 1767229200000"),
        ("year IN (${__from:date:YYYY}, ${__to:date:YYYY})", "year IN (2025, 2026)"),
        ("month IN (${__from:date:YYYYMM})", "month IN (202512)"),
        ("${__to:date:iso} ${__to:date}", "2026-01-01T01:00:00.000Z 2026-01-01T01:00:00.000Z"),
        ("zone IN (${zone:singlequote})", "zone IN ('DE','FR')"),
        ('{zone=~"${zone:regex}"}', '{zone=~"(DE|FR)"}'),
        ("zones=${zone:csv}&granularity=$granularity", "zones=DE,FR&granularity=hourly"),
        ("rate(x[$__rate_interval])", "rate(x[15s])"),
        (
            'label_replace(x, "class", "${1}xx", "status", "(.)..")',
            'label_replace(x, "class", "${1}xx", "status", "(.)..")',
        ),
    ],
)
def test_variables_are_filled_as_grafana_fills_them(text: str, filled: str) -> None:
    assert VIEW.fill(text) == filled


@pytest.mark.parametrize("text", ["$region", "zone = '$zone'", "${zone:lucene}"])
def test_what_grafana_would_leave_or_spoil_is_refused(text: str) -> None:
    with pytest.raises(PluginError):
        VIEW.fill(text)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - its own way
def test_times_are_milliseconds_and_years_are_those_of_utc(instant: datetime) -> None:
    view = View(instant, instant)
    assert int(view.fill("$__timeFrom")) == int(instant.timestamp() * 1000)
    assert view.fill("${__from:date:YYYYMM}") == f"{instant.year}{instant.month:02d}"


@pytest.mark.parametrize("plugin", [CASSANDRA.plugin, PROMETHEUS.plugin, QUERY_API.plugin])
def test_every_query_of_every_panel_can_be_filled(plugin: str) -> None:
    found = targets(plugin)
    assert len(found) > 4
    for target in found:
        query = target.query
        texts = [query.get("target"), query.get("expr"), query.get("url")]
        texts += [one["value"] for one in query.get("url_options", {}).get("params", ())]
        for text in filter(None, texts):
            several = "${zone:" in text
            View(VIEW.start, VIEW.end, zones=("DE", "FR") if several else ("DE",)).fill(text)


def test_rows_become_frames_by_their_first_column() -> None:
    other = ("FR", float("nan"), ROW[2])
    frames = frames_of(["zone", "MW", "at"], ["varchar", "double", "timestamp"], [ROW, other])
    assert frames["DE"].series("MW") == {datetime(2026, 1, 1, tzinfo=UTC): 1.5}
    assert frames.keys() == {"DE", "FR"}


@pytest.mark.parametrize(
    ("kinds", "row", "complaint"),
    [
        (["int", "double", "timestamp"], ROW, "not text"),
        (["varchar", "decimal", "timestamp"], ROW, "drops or spoils"),
        (["varchar", "smallint", "timestamp"], ROW, "drops or spoils"),
        (["varchar", "frozen", "timestamp"], ROW, "drops or spoils"),
        (["varchar", "timestamp", "double"], ROW, "the order"),
        (["varchar", "varchar", "timestamp"], ROW, "the order"),
        (["varchar", "double", "double"], ROW, "the order"),
        (["varchar", "double", "timestamp"], ("DE", None, ROW[2]), "shown as 0"),
    ],
)
def test_what_the_plugin_would_show_wrong_is_refused(kinds: list[str], row: tuple[Any, ...], complaint: str) -> None:
    with pytest.raises(PluginError, match=complaint):
        frames_of(["zone", "MW", "at"], kinds, [row])
