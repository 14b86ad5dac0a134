"""The dashboards' JSON: fresh, and what every panel of every dashboard has."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from gridpulse_contract.columns import production_column
from gridpulse_contract.modes import MODES
from gridpulse_grafana.boards import Board
from gridpulse_grafana.colours import COLOURS
from gridpulse_grafana.cql import MODE_COLUMNS, MODE_TITLES
from gridpulse_grafana.generate import BOARDS, FOLDER, texts
from gridpulse_grafana.panels import Kind, Panel, Unit
from gridpulse_grafana.queries import CASSANDRA, PROMETHEUS, QUERY_API, ApiQuery, CqlQuery, MetricQuery

REPOSITORY: Final = Path(__file__).parents[2]
DOCUMENTS: Final[dict[str, dict[str, Any]]] = {name: json.loads(text) for name, text in texts().items()}
PANELS: Final = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, board in DOCUMENTS.items()
    for panel in board["panels"]
]
every_panel: Final = pytest.mark.parametrize("panel", PANELS)
QUERY: Final = MetricQuery("up", "{{job}}")


def titles_of(panel: dict[str, Any]) -> set[str]:
    """Titles of the numbers of its CQL."""
    return {title for target in panel["targets"] for title in re.findall(r'AS "([^"]+)"', target.get("target", ""))}


def test_what_is_committed_is_fresh() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == texts()


def test_a_stale_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate: Any = pytest.importorskip("gridpulse_grafana.generate")
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    (tmp_path / "of-a-dashboard-that-is-gone.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    assert generate.main() == 1
    monkeypatch.setattr("sys.argv", ["generate"])
    assert generate.main() == 0
    assert {path.name for path in tmp_path.iterdir()} == texts().keys()
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    assert generate.main() == 0


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_dashboard_is_in_utc_and_shows_an_age(board: Board) -> None:
    document = board.document()
    assert document["uid"] == board.uid
    assert document["timezone"] == "utc"
    assert not document["editable"]
    assert any(re.search(r"\bage\b|newest", panel["title"].lower()) for panel in document["panels"])
    places = [panel["gridPos"] for panel in document["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert len({panel["id"] for panel in document["panels"]}) == len(places)
    taken = [(x, y) for place in places for x in range(place["x"], place["x"] + place["w"])
             for y in range(place["y"], place["y"] + place["h"])]  # fmt: skip
    assert len(set(taken)) == len(taken)


@every_panel
def test_every_panel_says_what_it_is(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"] in set(Unit)
    assert panel["description"].endswith(".")
    assert defaults["thresholds"]["steps"][0]["value"] is None
    assert panel["datasource"] in [source.reference() for source in (CASSANDRA, PROMETHEUS, QUERY_API)]
    assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])


@every_panel
def test_gaps_stay_gaps(panel: dict[str, Any]) -> None:
    custom = panel["fieldConfig"]["defaults"].get("custom", {})
    assert custom.get("spanNulls", False) is False
    if custom.get("stacking", {}).get("mode") == "normal":
        (conversion,) = (step for step in panel["transformations"] if step["id"] == "convertFieldType")
        assert {one["targetField"] for one in conversion["options"]["conversions"]} == titles_of(panel)


@every_panel
def test_runbooks_are_there(panel: dict[str, Any]) -> None:
    for link in panel.get("links", ()):
        page = link["url"].removeprefix("${runbooks}/")
        assert (REPOSITORY / page).is_file(), page


def test_platform_panels_lead_to_a_runbook() -> None:
    assert [panel["title"] for panel in DOCUMENTS["gridpulse-platform.json"]["panels"] if not panel.get("links")] == []


def test_what_the_api_serves_says_why() -> None:
    of_api = [panel for board in DOCUMENTS.values() for panel in board["panels"]
              if panel["datasource"]["type"] == QUERY_API.plugin]  # fmt: skip
    assert len(of_api) == 7
    assert all("Read from the query API: " in panel["description"] for panel in of_api)


def test_every_mode_is_drawn_once_and_has_its_colour() -> None:
    drawn = " ".join(MODE_COLUMNS.values())
    for mode in MODES:
        assert production_column(mode) in drawn
    assert {*MODE_COLUMNS, *MODE_TITLES.values()} <= COLOURS.keys()


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"description": "no end"}, "a description"),
        ({"title": ""}, "a title"),
        ({"queries": []}, "at least one query"),
        ({"queries": [QUERY, CqlQuery("t", "w", {"A": "a"})]}, "mixes"),
        ({"width": 25}, "wide"),
    ],
)
def test_a_panel_that_nobody_can_read_is_refused(more: dict[str, Any], complaint: str) -> None:
    whole: dict[str, Any] = {"title": "T", "description": "D.", "unit": Unit.COUNT, "queries": [QUERY]}
    assert Panel(**whole).document(1, 0, 0)["type"] == Kind.SERIES
    with pytest.raises(ValueError, match=complaint):
        Panel(**{**whole, **more})


def test_the_order_of_cql_is_that_of_the_plugin() -> None:
    query = CqlQuery("t", "zone = '$zone'", {"A b": "a - b", "C": "c"}, series="kind", time="day", texts=("detail",))
    assert query.target("A")["target"] == (
        """SELECT kind, a - b AS "A b", c AS "C", day, detail FROM t WHERE zone = '$zone'"""
    )


def test_an_api_query_asks_for_csv() -> None:
    query = ApiQuery("/v1/x", [("zone", "DE")], [("a", "A", "number")], reason="Because.")
    assert query.target("B")["url_options"]["params"][-1] == {"key": "format", "value": "csv"}
    assert query.note == "Read from the query API: Because."


def test_data_sources_are_provisioned_under_the_uids_that_panels_name() -> None:
    sources = yaml.safe_load((FOLDER.parent / "datasources.yaml").read_text(encoding="utf-8"))["datasources"]
    assert {(source["uid"], source["type"]) for source in sources} == {
        (source.uid, source.plugin) for source in (CASSANDRA, QUERY_API)
    }
