"""Thousands of requests that schemathesis makes of the OpenAPI document, right ones and wrong ones.

The program itself answers them, over a socket. All of schemathesis' checks hold but one: `positive_data_acceptance`
takes every 4xx to a request that the document allows for a failure, but whether a zone exists or a range is too long is
in no schema. The requests are made without chance, so that what fails once fails again.
"""

import math
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from gridpulse_platform import CassandraNode, free_port, wait_until
from gridpulse_query_api.keys import NewKey, make_key
from gridpulse_query_api.routes.documented import PROBLEM_MEDIA_TYPE
from gridpulse_query_api.settings import QueryApiSettings
from gridpulse_schema import migrate, open_session

from .conftest import HOUR, Api, Writer, carbon_row, flows_row, make_api, mix_row, power_row
from .test_query_api_daily import write_energy, write_findings
from .test_query_api_keys import write as write_keys
from .test_query_api_openapi import STREAM, operations, validate
from .test_query_api_program import Program

EXAMPLES: Final = 10  # random ones of each route, besides some hundreds that follow from its parameters
DEADLINE_SECONDS: Final = 240
UNMATCHED: Final = "unmatched"  # of requests without a valid key, which never get to a route
OF_THE_REFERENCE: Final = ("/v1/zones", "/v1/zones/{zone}")  # they need no store
OF_FORECASTS: Final = (  # instants that are made up name no forecast
    "/v1/zones/{zone}/forecast",
    "/v1/zones/{zone}/best-window?duration=PT3H",
)

# A path without anything at the place of the zone, or with dots only, is another path.
ZONES: Final = st.one_of(
    st.text(min_size=1).filter(lambda zone: set(zone) != {"."}),
    st.from_regex(r"[A-Z0-9-]{1,40}", fullmatch=True),
    st.sampled_from(["DE", "de", "DE\0", "DE\r\n", "DE/", "D" * 5000, "{zone}"]),
)
HEADERS: Final = (
    b"accept",
    b"if-none-match",
    b"last-event-id",
    b"x-api-key",
    b"authorization",
    b"content-type",
    b"range",
)
LATIN_1: Final = st.one_of(
    st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])),
    st.lists(st.sampled_from(["text/csv", "*/*", ";q=", "nan", "1e999", ",", "*", '"', "W/", "Bearer ", " "])).map(
        "".join
    ),
).map(lambda text: text.encode("latin-1"))


@pytest.fixture
def key() -> NewKey:
    """With which a client may ask as often as it can."""
    return make_key("fuzz", 1_000_000)


@pytest.fixture
def keys_file(tmp_path: Path, key: NewKey) -> Path:
    write_keys(tmp_path / "keys.json", key)
    return tmp_path / "keys.json"


def fuzz(program: Program, key: NewKey, folder: Path, *options: str) -> None:
    """Fail with what schemathesis reports, if it finds anything. It works in the folder."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", "run", f"{program.url}/openapi.json"),
            *("--header", f"X-API-Key: {key.key}", "--request-timeout", "30"),
            *("--checks", "all", "--exclude-checks", "positive_data_acceptance", "--continue-on-failure"),
            *("--generation-deterministic", "--max-examples", str(EXAMPLES)),
            *options,
        ],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{program.log_tail()}"


def statuses_of(program: Program) -> dict[str, set[int]]:
    """With which statuses each documented route, and what is none, has answered, as the program counts them."""
    paths = program.get("/openapi.json").json()["paths"]
    statuses: dict[str, set[int]] = {route: set() for route in (*paths, UNMATCHED)}
    for family in text_string_to_metric_families(program.get("/metrics").text):
        for sample in family.samples:
            if sample.name == "gridpulse_query_api_requests_total" and sample.labels["route"] in statuses:
                statuses[sample.labels["route"]].add(int(sample.labels["status"]))
    return statuses


def test_without_a_store_every_refusal_is_as_documented(tmp_path: Path, key: NewKey, keys_file: Path) -> None:
    """Streams are among them, since none begins."""
    (tmp_path / "schemathesis.toml").write_text(
        '[checks.not_a_server_error]\nexpected-statuses = ["2xx", "3xx", "4xx", 503]\n'
    )
    program = Program(tmp_path, free_port(), api_keys_file=keys_file)
    try:
        program.start()
        fuzz(program, key, tmp_path)
        statuses = statuses_of(program)
        assert 401 in statuses.pop(UNMATCHED)
        for path, found in statuses.items():
            assert {200 if path in OF_THE_REFERENCE else 503, 400, 405} <= found, path
    finally:
        program.stop()


@pytest.mark.engines
def test_over_the_store_every_answer_is_as_documented(
    cassandra: CassandraNode, tmp_path: Path, key: NewKey, keys_file: Path
) -> None:
    """All but the streams, which stay open."""
    keyspace = "query_api_fuzz"
    with open_session([cassandra.contact_points], port=cassandra.port) as session:
        migrate(session, keyspace=keyspace, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        write_two_days(Writer(session, keyspace))
    # Another program's load must not turn a slow read into a 503, which is a failure here.
    program = Program(
        tmp_path, cassandra.port, api_keys_file=keys_file, keyspace=keyspace, cassandra_timeout_seconds=20
    )
    try:
        program.start()
        wait_until(program.is_fit, 30, "the store is ready")
        fuzz(program, key, tmp_path, "--exclude-path", STREAM)
        for path in OF_FORECASTS:
            asked = httpx.get(program.url + path.format(zone="DE"), headers={"X-API-Key": key.key}, trust_env=False)
            assert asked.status_code == 200, asked.text
        statuses = statuses_of(program)
        assert 401 in statuses.pop(UNMATCHED)
        assert statuses.pop(STREAM) == set()
        for path, found in statuses.items():
            assert {200, 400, 405} <= found, path
    finally:
        program.stop()


def write_two_days(writer: Writer) -> None:
    """Of two zones that the document's examples name: complete and incomplete rows, revisions, and whole days."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    yesterday = this_hour.date() - timedelta(days=1)
    for zone, neighbour in (("DE", "FR"), ("FR", "DE")):
        composed = [this_hour - HOUR * index for index in range(48, 60)]  # hours of which there is no power breakdown
        writer.mix(zone, [mix_row(at, wind_mw=20.5, hydro_discharge_mw=-20, import_total_mw=7) for at in composed])
        writer.mix(zone, [mix_row(at, wind_mw=20, gas_mw=0.4) for at in composed[:9]], variant="flow-traced")
        writer.flows(zone, [flows_row(at, import_mw={neighbour: 7.0}, export_mw={}) for at in composed[3:]])
        for revision, kind in enumerate(("estimated", "measured")):
            hours = [this_hour - HOUR * index for index in range(revision * 3, 48)]
            writer.power(
                zone,
                [
                    power_row(
                        at,
                        at + HOUR * (1 + revision),
                        kind=kind,
                        quality=("balance",) if at.hour % 5 == 0 else (),
                        prod_wind_mw=math.nan if at.hour % 7 == 0 else 1500.5,
                        prod_hydro_discharge_mw=-20,
                        import_total_mw=7,
                        export_total_mw=2,
                        import_mw={neighbour: 7.0},
                        export_mw={neighbour: math.nan if at.hour % 3 == 0 else 2.0},
                    )
                    for at in hours
                ],
            )
            for variant in ("lifecycle", "direct"):
                writer.carbon(
                    zone, [carbon_row(at, 300, at + HOUR * (1 + revision), kind=kind) for at in hours], variant
                )
                expected = {this_hour + HOUR * lead: 280 + 20 * math.sin(lead) for lead in range(-30, 25)}
                for issue in range(30):
                    issued_at = this_hour - HOUR * issue - timedelta(minutes=26)
                    first = this_hour - HOUR * (issue + 1)
                    reach = {at: value for at, value in expected.items() if first <= at <= first + 24 * HOUR}
                    writer.forecast(zone, issued_at, reach, variant=variant)
        for calendar in ("utc", "local"):
            write_energy(writer, zone, yesterday, {("production", "wind"): (36_000.0, 95.8)}, calendar)
        write_findings(writer, zone, yesterday, [("balance", "warning", 3, "3 hours"), ("sign", "ok", 0, "")])


@pytest.fixture(scope="module")
def api() -> Api:
    """Without a store; for all examples, as it remembers nothing."""
    return make_api(QueryApiSettings())


@given(
    route=st.integers(0, 100), zone=ZONES, headers=st.lists(st.tuples(st.sampled_from(HEADERS), LATIN_1), max_size=3)
)
async def test_any_characters_in_a_path_and_in_headers_are_answered_as_documented(
    api: Api, route: int, zone: str, headers: list[tuple[bytes, bytes]]
) -> None:
    """What the document has no schema for."""
    document: dict[str, Any] = api.app.openapi()
    in_a_zone = [(path, operation) for path, operation in operations(document) if "{zone}" in path]
    path, operation = in_a_zone[route % len(in_a_zone)]
    transport = httpx.ASGITransport(api.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        answer = await client.get(path.format(zone=quote(zone, safe="")), headers=headers)
    assert str(answer.status_code) in operation["responses"], answer.text
    if answer.status_code == 304:
        return
    content = operation["responses"][str(answer.status_code)]["content"]
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in content
    if media_type == PROBLEM_MEDIA_TYPE:
        validate(document, content[media_type]["schema"], answer.json())
        assert answer.json()["status"] == answer.status_code
        assert answer.json()["instance"] == quote(path.format(zone=zone)), "a URI, as RFC 9457 has it"
