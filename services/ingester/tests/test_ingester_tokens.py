import json
from pathlib import Path
from typing import Any

import pytest

from gridpulse_ingester.errors import ConfigurationError
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_ingester.tokens import load_tokens, read_tokens_file
from gridpulse_servicekit.settings import ServiceSettingsError

FORM = [
    {"id": "germany", "headers": {"zone": "DE"}, "params": {"auth-token": "token-of-de"}},
    {"id": 2, "headers": {"zone": "IT-NO"}, "params": {"auth-token": "token-of-it"}},
]


def write(folder: Path, document: object) -> Path:
    path = folder / "tokens.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def settings(**values: Any) -> IngesterSettings:
    return IngesterSettings.model_validate({"kafka_bootstrap_servers": "127.0.0.1:1", **values})


def test_the_mounted_form_gives_zones_and_their_tokens(tmp_path: Path) -> None:
    tokens, zones = load_tokens(settings(tokens_file=write(tmp_path, FORM)))
    assert zones == ("DE", "IT-NO")
    assert tokens.token("DE") == "token-of-de"
    assert (tokens.holder("DE"), tokens.holder("FR")) == ("DE", "default")


def test_a_zone_without_its_own_token_uses_the_one_for_all(tmp_path: Path) -> None:
    tokens, zones = load_tokens(
        settings(tokens_file=write(tmp_path, FORM), api_token="for-all", zones=("DE", "FR"))  # noqa: S106
    )
    assert zones == ("DE", "FR")
    assert (tokens.token("DE"), tokens.token("FR")) == ("token-of-de", "for-all")


def test_tokens_do_not_show(tmp_path: Path) -> None:
    tokens, _ = load_tokens(settings(tokens_file=write(tmp_path, FORM)))
    assert "token-of" not in repr(tokens)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("not json", "is not JSON"),
        ({}, "has to be of the form .* valid list"),
        ([], "names no zone"),
        ([{"id": "a", "headers": {"zone": "DE"}}], "0.params: Field required"),
        (
            [{"id": "a", "headers": {"zone": "DE"}, "params": {"auth_token": "hidden"}}],
            "auth-token: Field required",
        ),
        (
            [{"id": "a", "headers": {"zone": "de"}, "params": {"auth-token": "hidden"}}],
            "headers.zone: not a zone key",
        ),
        (
            [{"id": "a", "headers": {"zone": "DE"}, "params": {"auth-token": "hidden\nx"}}],
            "that no token has",
        ),
        ([{"id": "a", "headers": {"zone": "DE"}, "params": {"auth-token": ""}}], "auth-token: empty"),
        ([{"id": "a", "headers": {"zone": "DE"}, "params": {"auth-token": "hidden"}}] * 2, "names zone DE twice"),
    ],
)
def test_a_malformed_file_is_refused_with_a_sentence(tmp_path: Path, document: object, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        read_tokens_file(write(tmp_path, document))
    assert "hidden" not in str(caught.value)


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can not be read"):
        read_tokens_file(tmp_path / "absent.json")


def test_a_zone_without_any_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No token for zone FR"):
        load_tokens(settings(tokens_file=write(tmp_path, FORM), zones=("DE", "FR")))


def test_no_zone_at_all_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="No zone to collect"):
        load_tokens(settings(api_token="for-all"))  # noqa: S106


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ZONES", "DE,fr", "'fr' is not a zone key"),
        ("ZONES", "DE,DE", "a zone is named twice"),
        ("SIGNALS", "power", "GRIDPULSE_INGESTER_SIGNALS.0: Input should be 'power-breakdown', 'carbon-intensity'"),
        ("API_VERSION", "v5", "GRIDPULSE_INGESTER_API_VERSION"),
        ("POLL_PERIOD_SECONDS", "0", "greater than 0"),
        ("POLL_PERIOD", "5", "is GRIDPULSE_INGESTER_POLL_PERIOD_SECONDS meant"),
    ],
)
def test_a_wrong_variable_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    monkeypatch.setenv("GRIDPULSE_INGESTER_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv(f"GRIDPULSE_INGESTER_{name}", value)
    with pytest.raises(ServiceSettingsError, match=sentence):
        IngesterSettings.load()


def test_lists_come_from_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDPULSE_INGESTER_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("GRIDPULSE_INGESTER_ZONES", "DE, IT-NO,")
    monkeypatch.setenv("GRIDPULSE_INGESTER_EMISSION_FACTOR_TYPES", "direct")
    loaded = IngesterSettings.load()
    assert loaded.zones == ("DE", "IT-NO")
    assert loaded.emission_factor_types == ("direct",)
