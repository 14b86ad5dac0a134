"""The files of the contract: topics, generated schemas, examples."""

import json
from pathlib import Path

import jsonschema
import pytest

import gridpulse_contract
from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_contract.generate import SCHEMA_FOLDER, schema_texts
from gridpulse_contract.models import EVENT_MODELS, DeadLetter, parse_event
from gridpulse_contract.topics import load_topics

EXAMPLES = sorted((Path(gridpulse_contract.__file__).parent / "examples").glob("*.json"))


def test_every_message_has_its_topic_and_every_topic_its_message() -> None:
    assert {topic.name for topic in load_topics()} == {model.topic for model in (*EVENT_MODELS.values(), DeadLetter)}


def test_topics_keep_what_the_platform_relies_on() -> None:
    for topic in load_topics():
        assert topic.config["message.timestamp.type"] == "LogAppendTime"
        assert int(topic.config["retention.ms"]) == 14 * 24 * 3600 * 1000
        assert int(topic.config["max.message.bytes"]) > 2 * DeadLetter.MAX_BODY_BYTES


def test_generated_schemas_are_fresh() -> None:
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in SCHEMA_FOLDER.iterdir()}
    assert on_disk == schema_texts(), "stale: run `make gen`"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_valid(path: Path) -> None:
    example = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads(schema_texts()[f"{path.name.split('_')[0]}.schema.json"])
    jsonschema.validate(example, schema, format_checker=jsonschema.FormatChecker())
    if not path.name.startswith(DeadLetter.schema_name):
        assert json.loads(parse_event(path.read_bytes()).model_dump_json()) == example


def test_every_message_has_an_example() -> None:
    assert {path.name.split("_")[0] for path in EXAMPLES} == {
        name.removesuffix(".schema.json") for name in schema_texts()
    }


def test_wide_columns_are_named_once() -> None:
    assert len(set(POWER_NUMBER_COLUMNS)) == len(POWER_NUMBER_COLUMNS) == 30
