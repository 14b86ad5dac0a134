"""The client and the command against the real query API, as far as it needs no store."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import stamina
from annotated_types import Le

from gridpulse import BusyError, Client, RefusedError, choices
from gridpulse.__main__ import EXIT_FAILED
from gridpulse_contract.models import CarbonIntensityEvent, Granularity, Signal
from gridpulse_platform import free_port, loopback
from gridpulse_query_api.buckets import Resolution
from gridpulse_query_api.keys import make_key
from gridpulse_query_api.parameters import Metric, RangeQuery, RankingQuery

from .conftest import QueryApi, gridpulse, parquet, variables


def zones_of(api: QueryApi) -> list[dict[str, Any]]:
    return loopback.get(f"{api.url}/v1/zones").raise_for_status().json()["data"]


def test_choices_are_those_of_the_api() -> None:
    assert choices.SIGNALS == (Signal.POWER_BREAKDOWN, Signal.CARBON_INTENSITY)  # of which the stream tells rows
    assert tuple(Granularity) == choices.GRANULARITIES
    assert tuple(Metric) == choices.METRICS
    assert tuple(Resolution) == choices.RESOLUTIONS
    variant: Any = CarbonIntensityEvent.model_fields["variant"].annotation
    assert get_args(variant) == choices.VARIANTS
    order: Any = RankingQuery.model_fields["order"].annotation
    assert get_args(get_args(order)[0]) == choices.ORDERS
    with Client() as client:
        limits = RangeQuery.model_fields["limit"].metadata
        assert [client.range("DE").query["limit"]] == [str(bound.le) for bound in limits if isinstance(bound, Le)]


def test_the_zones_in_every_form(without_store: QueryApi, tmp_path: Path) -> None:
    known = zones_of(without_store)
    keys = [zone["key"] for zone in known]
    with Client(without_store.url) as client:
        assert list(client.zones().rows()) == known
        assert client.zones().arrow().column("key").to_pylist() == keys

    assert json.loads(gridpulse(without_store.url, "zones", "--format", "json").stdout)["data"] == known
    table = gridpulse(without_store.url, "zones")
    assert table.returncode == 0
    assert all(f" {key} ".encode() in table.stdout for key in keys)
    for form in ("csv", "json", "parquet"):
        path = tmp_path / f"zones.{form}"
        done = gridpulse(without_store.url, "zones", "--format", form, "--output", str(path))
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    text = (tmp_path / "zones.csv").read_text(encoding="utf-8")
    assert [row["key"] for row in csv.DictReader(io.StringIO(text))] == keys
    assert json.loads((tmp_path / "zones.json").read_bytes())["data"] == known
    assert parquet.read_table(tmp_path / "zones.parquet").column("key").to_pylist() == keys
    assert len(list(tmp_path.iterdir())) == 3


def test_a_zone_that_is_none_is_said_with_what_may_be_meant(without_store: QueryApi) -> None:
    for command in ("latest", "range", "watch"):
        done = gridpulse(without_store.url, command, "de")
        assert (done.returncode, done.stdout) == (EXIT_FAILED, b"")
        assert b"No zone is called 'de'. Is DE meant?" in done.stderr
        assert b"Traceback" not in done.stderr
    with Client(without_store.url) as client, pytest.raises(RefusedError) as raised:
        client.latest("de")
    assert raised.value.near_matches == ("DE",)


def test_a_parameter_that_can_not_be_right_is_said_by_the_api(without_store: QueryApi) -> None:
    done = gridpulse(without_store.url, "range", "DE", "--start", "2026-02-01", "--end", "2026-01-01")
    assert done.returncode == EXIT_FAILED
    assert b"must be before end" in done.stderr


def test_without_a_store_it_can_succeed_later(without_store: QueryApi) -> None:
    with stamina.set_testing(True, attempts=2, cap=True), Client(without_store.url) as client:
        with pytest.raises(BusyError) as raised:
            client.latest("DE")
        with pytest.raises(BusyError):
            next(client.watch("DE"))
    assert raised.value.status == 503
    assert raised.value.retry_after_seconds == 5


def test_a_key_is_sent_and_its_lack_is_said(tmp_path: Path) -> None:
    made = make_key("client", None)
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [made.entry]}), encoding="utf-8")
    keys_file = str(tmp_path / "keys.json")
    with QueryApi(tmp_path, CASSANDRA_PORT=str(free_port()), API_KEYS_FILE=keys_file) as api:
        for environment in ({}, {"GRIDPULSE_API_KEY": "gridpulse_of-nobody"}):
            refused = gridpulse(api.url, "zones", **environment)
            assert refused.returncode == EXIT_FAILED
            assert b"API key" in refused.stderr
            assert b"of-nobody" not in refused.stderr
        assert gridpulse(api.url, "zones", GRIDPULSE_API_KEY=made.key).returncode == 0


def test_an_address_of_something_else_is_said(without_store: QueryApi) -> None:
    done = gridpulse(f"{without_store.url}/livez", "zones")
    assert done.returncode == EXIT_FAILED
    assert b"/docs lists every route" in done.stderr


def test_whoever_reads_may_have_enough(without_store: QueryApi) -> None:
    command = [sys.executable, "-m", "gridpulse", "zones", "--format", "csv"]
    with subprocess.Popen(
        command, env=variables(without_store.url), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == EXIT_FAILED
