"""API keys: who gets in, who has to wait, and a file that changes while the program runs. Nothing needs the store."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from structlog.testing import capture_logs

from gridpulse_platform import free_port, wait_until
from gridpulse_platform.service import Service
from gridpulse_query_api.keys import ApiKeys, InvalidKeysError, NewKey, make_key, parse_keys
from gridpulse_query_api.keys_file import KeysFile
from gridpulse_query_api.limiting import RateLimits, TokenBucket
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.settings import QueryApiSettings

from .conftest import Api, make_api

OPEN = ("/livez", "/metrics", "/openapi.json", "/docs", "/docs/assets/swagger-ui.css")
CLOSED = (
    "/v1/zones",
    "/v1/zones/DE/power-breakdown/latest",
    "/v1/zones/DE/stream",
    "/v1/ranking",
    "/page",
    "/docs2",
    "/metrics/",
    "/v2/anything",
)


def write(path: Path, *keys: NewKey) -> None:
    path.write_text(json.dumps({"keys": [key.entry for key in keys]}))


@dataclass
class Guarded:
    """An app with one key, and its file."""

    api: Api
    file: Path
    key: NewKey

    async def status(self, headers: Mapping[str, str] | None = None, path: str = "/v1/zones") -> int:
        return (await self.api.get(path, headers)).status_code

    def refresh(self) -> None:
        assert self.api.keys is not None
        self.api.keys.refresh()

    async def metrics(self) -> str:
        return (await self.api.get("/metrics")).text


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    file, key = tmp_path / "keys.json", make_key("grafana", None)
    write(file, key)
    return Guarded(make_api(QueryApiSettings(), keys_file=file), file, key)


def by_header(key: str) -> dict[str, str]:
    return {"X-API-Key": key}


def by_bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


# Who gets in


@pytest.mark.parametrize(
    ("header", "value"),
    [("X-API-Key", "{key}"), ("Authorization", "Bearer {key}"), ("authorization", "bearer  {key}")],
)
async def test_a_key_opens_what_is_closed(guarded: Guarded, header: str, value: str) -> None:
    assert await guarded.status({header: value.format(key=guarded.key.key)}) == 200
    metrics = await guarded.metrics()
    assert 'gridpulse_query_api_key_requests_total{key="grafana",outcome="accepted"} 1.0' in metrics
    assert guarded.key.key not in metrics


@pytest.mark.parametrize("path", CLOSED)
async def test_without_a_key_everything_is_closed(guarded: Guarded, path: str) -> None:
    answer = await guarded.api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"] == 'Bearer realm="GridPulse"'
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["type"] == "urn:gridpulse:problem:invalid-key"
    assert problem["instance"] == path
    assert "X-API-Key" in problem["detail"]


@pytest.mark.parametrize("path", OPEN)
async def test_what_operators_and_readers_need_is_open(guarded: Guarded, path: str) -> None:
    assert await guarded.status(path=path) == 200


async def test_readiness_is_open(guarded: Guarded) -> None:
    assert await guarded.status(path="/readyz") == 503  # there is no Cassandra


@pytest.mark.parametrize("shape", ["{key:.20}", "{key}A", " x{key}", "", "gridpulse_"])
async def test_another_key_is_refused(guarded: Guarded, shape: str) -> None:
    answer = await guarded.api.get("/v1/zones", by_header(shape.format(key=guarded.key.key)))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="GridPulse", error="invalid_token"'
    assert 'unauthenticated_requests_total{reason="unknown"} 1.0' in await guarded.metrics()


async def test_the_hash_is_no_key(guarded: Guarded) -> None:
    assert await guarded.status(by_header(guarded.key.entry["sha256"])) == 401


async def test_basic_credentials_are_no_key_and_do_not_hide_one(guarded: Guarded) -> None:
    basic = {"Authorization": "Basic Zm9vOmJhcg=="}
    assert await guarded.status(basic) == 401
    assert await guarded.status({**basic, **by_header(guarded.key.key)}) == 200


async def test_refusals_are_counted_with_all_requests(guarded: Guarded) -> None:
    await guarded.api.get("/v1/zones")
    metrics = await guarded.metrics()
    assert 'gridpulse_query_api_requests_total{route="unmatched",status="401"} 1.0' in metrics
    assert 'unauthenticated_requests_total{reason="missing"} 1.0' in metrics


async def test_without_a_file_nothing_is_asked_for(api: Api) -> None:
    assert (await api.get("/v1/zones")).status_code == 200
    assert not any("Authentication" in repr(middleware) for middleware in api.app.user_middleware)
    document = await api.json("/openapi.json")
    assert "security" not in document
    assert "securitySchemes" not in document["components"]


# Who has to wait


async def test_a_key_that_asks_too_often_waits_and_the_others_do_not(guarded: Guarded) -> None:
    slow, other = make_key("slow", 2), make_key("other", None)
    write(guarded.file, guarded.key, slow, other)
    guarded.refresh()
    assert [await guarded.status(by_header(slow.key)) for _ in range(2)] == [200, 200]
    answer = await guarded.api.get("/v1/zones", by_header(slow.key))
    assert (answer.status_code, answer.headers["content-type"]) == (429, "application/problem+json")
    assert 29 <= int(answer.headers["retry-after"]) <= 30
    assert answer.json()["type"] == "urn:gridpulse:problem:too-many-requests"
    assert "The key slow may ask 2 times a minute" in answer.json()["detail"]
    assert await guarded.status(by_header(other.key)) == 200
    assert 'key_requests_total{key="slow",outcome="limited"} 1.0' in await guarded.metrics()
    assert await guarded.status(by_header(slow.key), "/livez") == 200


class Seconds:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_evenly_up_to_a_minutes_worth() -> None:
    clock = Seconds()
    bucket = TokenBucket(60, clock)
    assert [bucket.take() for _ in range(60)] == [0.0] * 60
    assert bucket.take() == pytest.approx(1.0)
    clock.now = 0.5
    assert bucket.take() == pytest.approx(0.5)
    clock.now = 1.0
    assert bucket.take() == 0.0
    clock.now = 10_000.0
    assert [bucket.take() for _ in range(60)] == [0.0] * 60
    assert bucket.take() > 0.0


def test_a_key_keeps_its_bucket_until_its_limit_changes() -> None:
    limits = RateLimits(Seconds())
    assert limits.take("a", 1) == 0.0
    assert limits.take("a", 1) > 0.0
    assert limits.take("b", 1) == 0.0
    assert limits.take("a", 2) == 0.0


# The file


def digest(number: int) -> str:
    return f"{number:064x}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Invalid JSON"),
        ("[]", "object"),
        ("{}", "keys"),
        ('{"keys": [], "kyes": []}', "kyes"),
        ('{"keys": [{"name": "a"}]}', "keys.0.sha256"),
        ('{"keys": [{"name": "a", "sha256": "12"}]}', "keys.0.sha256"),
        (json.dumps({"keys": [{"name": "A b", "sha256": digest(1)}]}), "keys.0.name"),
        (json.dumps({"keys": [{"name": "a", "sha256": digest(1), "requests_per_minute": 0}]}), "requests_per_minute"),
        (json.dumps({"keys": [{"name": "a", "sha256": digest(n)} for n in (1, 2)]}), "the same name"),
        (json.dumps({"keys": [{"name": n, "sha256": digest(1)} for n in "ab"]}), "the same sha256"),
    ],
)
def test_a_file_that_can_not_be_right_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidKeysError, match=reason):
        parse_keys(text.encode())


def test_a_refusal_does_not_repeat_what_may_be_a_key() -> None:
    key = make_key("a", None).key
    with pytest.raises(InvalidKeysError) as refused:
        parse_keys(json.dumps({"keys": [{"name": "a", "sha256": key}]}).encode())
    assert key not in str(refused.value)


async def test_a_new_file_is_taken_and_old_keys_end(guarded: Guarded) -> None:
    other = make_key("grafana", None)
    fresh = guarded.file.with_name("new.json")
    write(fresh, other)
    fresh.replace(guarded.file)  # as Kubernetes does
    assert await guarded.status(by_header(other.key)) == 401
    guarded.refresh()
    assert await guarded.status(by_header(other.key)) == 200
    assert await guarded.status(by_header(guarded.key.key)) == 401


async def test_a_broken_file_keeps_the_old_keys_and_says_so_once(guarded: Guarded) -> None:
    good = guarded.file.read_bytes()
    with capture_logs() as logs:
        for broken in ("{", None):
            guarded.file.write_text(broken) if broken else guarded.file.unlink()
            guarded.refresh()
            guarded.refresh()
            assert await guarded.status(by_header(guarded.key.key)) == 200
            assert "gridpulse_query_api_keys_file_valid 0.0" in await guarded.metrics()
        guarded.file.write_bytes(good)
        guarded.refresh()
    assert [entry["log_level"] for entry in logs] == ["error", "error", "info"]
    assert "keys.json is no file of API keys" in logs[0]["reason"]
    assert "keys.json can't be read" in logs[1]["reason"]
    assert "gridpulse_query_api_keys_file_valid 1.0" in await guarded.metrics()


def test_an_empty_list_lets_nobody_in(tmp_path: Path) -> None:
    write(tmp_path / "keys.json")
    assert KeysFile(tmp_path / "keys.json", 1, Metrics()).current.find(b"") is None
    assert ApiKeys(()).find(b"anything") is None


# The program


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gridpulse_query_api", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_makes_a_key_that_its_entry_lets_in() -> None:
    done = run("make-key", "grafana", "--requests-per-minute", "30")
    made: dict[str, Any] = json.loads(done.stdout)
    found = parse_keys(json.dumps({"keys": [made["entry"]]}).encode()).find(made["key"].encode())
    assert found is not None
    assert (found.name, found.requests_per_minute) == ("grafana", 30)
    assert made["key"] not in done.stderr
    assert run("make-key", "grafana").stdout != run("make-key", "grafana").stdout


def test_the_command_refuses_a_name_that_a_file_could_not_have() -> None:
    done = run("make-key", "Not a name")
    assert (done.returncode, done.stdout) == (2, "")
    assert "name" in done.stderr


@pytest.mark.parametrize("broken", [None, "{"])
def test_the_program_does_not_start_without_a_valid_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str | None
) -> None:
    file = tmp_path / "keys.json"
    if broken:
        file.write_text(broken)
    monkeypatch.setenv("GRIDPULSE_QUERY_API_API_KEYS_FILE", str(file))
    done = run()
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(file) in done.stderr


def test_the_program_takes_a_new_file_while_it_runs(tmp_path: Path) -> None:
    file, first, second = tmp_path / "keys.json", make_key("first", None), make_key("second", None)
    write(file, first)
    url = f"http://127.0.0.1:{free_port()}"
    program = Service(
        "query-api",
        ["-m", "gridpulse_query_api"],
        tmp_path / "query-api.log",
        environment={
            "GRIDPULSE_QUERY_API_PORT": url.rpartition(":")[2],
            "GRIDPULSE_QUERY_API_CASSANDRA_PORT": str(free_port()),
            "GRIDPULSE_QUERY_API_API_KEYS_FILE": str(file),
        },
        health_url=f"{url}/livez",
    )

    def lets_in(key: NewKey) -> bool:
        asked = httpx.get(f"{url}/v1/zones/DE", headers=by_bearer(key.key), timeout=10, trust_env=False)
        return asked.status_code == 200

    with program:
        assert lets_in(first)
        assert not lets_in(second)
        write(file, second)
        wait_until(lambda: lets_in(second), 10, "the new key is valid")
        assert not lets_in(first)
    log = program.log_path.read_text()
    assert first.key not in log
    assert first.entry["sha256"] not in log


# What it says of itself


async def test_the_document_describes_keys(guarded: Guarded) -> None:
    document = (await guarded.api.get("/openapi.json")).json()
    schemes = document["components"]["securitySchemes"]
    assert {(scheme["type"], scheme.get("name") or scheme["scheme"]) for scheme in schemes.values()} == {
        ("apiKey", "X-API-Key"),
        ("http", "bearer"),
    }
    assert document["security"] == [{name: []} for name in schemes]
    for path in document["paths"].values():
        assert {"401", "429"} <= set(path["get"]["responses"])
    answer = await guarded.api.get("/v1/zones")
    schema = {**document["components"]["schemas"]["Problem"], "components": document["components"]}
    validator: Any = Draft202012Validator(schema)
    validator.validate(answer.json())
