"""The Kafka topics, read from `topics.yaml`: their one home."""

from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

__all__ = ["Topic", "load_topics"]


@dataclass(frozen=True)
class Topic:
    """One topic: number of partitions, replicas in a real cluster, and Kafka's own topic configuration."""

    name: str
    partitions: int
    replication_factor: int
    config: dict[str, str]


def load_topics() -> tuple[Topic, ...]:
    """All topics in the order of the file."""
    text = resources.files("gridpulse_contract").joinpath("topics.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    defaults: dict[str, Any] = document["defaults"]
    topics: list[Topic] = []
    for name, overrides in document["topics"].items():
        settings: dict[str, Any] = {**defaults, **overrides}
        config: dict[str, str] = {**defaults["config"], **overrides.get("config", {})}
        topics.append(Topic(name, settings["partitions"], settings["replication_factor"], config))
    return tuple(topics)
