"""Spark's type of an event is the contract's."""

from typing import Any

import pytest
from pydantic import BaseModel
from pyspark.sql.types import DoubleType, MapType, StringType, StructType

from gridpulse_contract.models import EVENT_MODELS, Signal
from gridpulse_contract.modes import MODES
from gridpulse_spark.schemas import spark_type


def _assert_same(struct: StructType, specification: dict[str, Any], definitions: dict[str, dict[str, Any]]) -> None:
    properties: dict[str, dict[str, Any]] = specification["properties"]
    assert struct.names == list(properties)
    for name, rules in properties.items():
        resolved = definitions.get(str(rules.get("$ref", "")).rpartition("/")[2], rules)
        kind = struct[name].dataType
        if "properties" in resolved:
            assert isinstance(kind, StructType)
            _assert_same(kind, resolved, definitions)
        elif "additionalProperties" in resolved:
            assert kind == MapType(StringType(), DoubleType(), valueContainsNull=True)
        elif "anyOf" in resolved:
            assert resolved["anyOf"] == [{"type": "number"}, {"type": "null"}]
            assert kind == DoubleType()
        else:
            assert resolved.get("type", "string") == "string"
            assert kind == StringType()


@pytest.mark.parametrize("signal", Signal)
def test_the_type_has_the_fields_of_the_json_schema(signal: Signal) -> None:
    model: type[BaseModel] = EVENT_MODELS[signal]
    specification = model.model_json_schema()
    _assert_same(spark_type(model), specification, specification["$defs"])


def test_power_has_every_mode() -> None:
    production = spark_type(EVENT_MODELS[Signal.POWER_BREAKDOWN])["production_mw"].dataType
    assert isinstance(production, StructType)
    assert production.names == list(MODES)
