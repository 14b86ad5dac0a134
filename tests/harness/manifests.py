"""Rendered resources, held against Kubernetes' own types and against those of the operators."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import jsonschema
import kubernetes_validate
import yaml

from harness.chart import APIS, Resource
from harness.locks import REPOSITORY

__all__ = ["DEFINITIONS", "check", "check_against_kubernetes", "check_against_operators"]

_GIVEN: Final = os.environ.get("GRIDPULSE_REFERENCE_DIR")
DEFINITIONS: Final = (Path(_GIVEN) if _GIVEN else REPOSITORY.parent / "shared") / "cluster" / "crds"
"""The operators' types, which only developers have."""
_GROUPS_OF_OPERATORS: Final = {api.split("/", maxsplit=1)[0] for api in APIS}


def _group(resource: Resource) -> str:
    return str(resource["apiVersion"]).rpartition("/")[0]


def check_against_kubernetes(resources: Sequence[Resource], version: str) -> int:
    """Refuse a field that this version, as 1.34, does not know. Returns how many are of its own types."""
    own = [resource for resource in resources if _group(resource) not in _GROUPS_OF_OPERATORS]
    for resource in own:
        kubernetes_validate.validate(resource, version, strict=True)
    return len(own)


def check_against_operators(resources: Sequence[Resource]) -> int:
    """Refuse a field that an operator does not know. Returns how many are of their types. Needs DEFINITIONS."""
    theirs = [each for each in resources if _group(each) in _GROUPS_OF_OPERATORS - {"gateway.networking.k8s.io"}]
    for resource in theirs:
        check(resource)
    return len(theirs)


def check(resource: Resource) -> None:
    """Against the one definition that it is of; a ValidationError names what is wrong."""
    validator: Any = jsonschema.Draft7Validator(_definition(str(resource["apiVersion"]), str(resource["kind"])))
    validator.validate(resource)


def _strict(schema: Any) -> Any:
    """A definition as the API server applies it: unknown fields are refused, and int-or-string may be both."""
    if isinstance(schema, list):
        return [_strict(member) for member in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast("dict[str, Any]", schema)
    made = {key: _strict(value) for key, value in given.items()}
    if given.get("x-kubernetes-int-or-string") is True:
        made.pop("type", None)
    named = isinstance(given.get("properties"), dict) and "additionalProperties" not in given
    if named and given.get("type") == "object" and not given.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    return made


def _value_of(_: Any, node: Any) -> str:
    return str(node.value)


@cache
def _definitions() -> dict[tuple[str, str], dict[str, Any]]:
    class Loader(yaml.CSafeLoader):
        """Takes the value `=`, which YAML 1.1 has for something else, as text."""

    Loader.add_constructor("tag:yaml.org,2002:value", _value_of)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(DEFINITIONS.glob("*/*.yaml")):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader):
            if document and document["kind"] == "CustomResourceDefinition":
                spec = document["spec"]
                for version in spec["versions"]:
                    name = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                    found[name] = version["schema"]["openAPIV3Schema"]
    return found


@cache
def _definition(api_version: str, kind: str) -> dict[str, Any]:
    schema = _definitions()[api_version, kind]
    schema["properties"]["metadata"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return _strict(schema)
