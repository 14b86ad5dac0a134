"""A real Prometheus that scrapes parts of a running platform every second, and a gateway for what it can't scrape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import parser

from gridpulse_platform import Part, free_port, loopback

__all__ = ["Alert", "Prometheus", "Pushgateway", "Sample"]

Sample = tuple[dict[str, str], float]
"""Labels and value."""


@dataclass(frozen=True)
class Alert:
    """Health of its expression (unknown, ok, err), state (inactive, pending, firing), and labels of what it found."""

    health: str
    state: str
    found: list[dict[str, str]]


class Prometheus(Part):
    """`targets` are job -> host:port; a job's own `job` label wins over ours, as in the chart for pushed metrics.

    The alerts of `rules`, files, are evaluated every second too.
    """

    def __init__(self, program: Path, home: Path, targets: Mapping[str, str], rules: Sequence[Path] = ()) -> None:
        super().__init__("prometheus", home / "prometheus.log")
        self._program, self._home, self._targets, self._rules = program, home, targets, rules
        self._port = free_port()
        self._url = f"http://127.0.0.1:{self._port}"

    def _prepare(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        jobs = [
            {"job_name": job, "honor_labels": True, "static_configs": [{"targets": [address]}]}
            for job, address in self._targets.items()
        ]
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in self._rules],
            "scrape_configs": jobs,
        }
        (self._home / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def _ports(self) -> Sequence[int]:
        return (self._port,)

    def _command(self) -> Sequence[str]:
        return [
            str(self._program),
            f"--config.file={self._home / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._home / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=warn",
        ]

    def is_ready(self) -> bool:
        """Whether it answers queries."""
        return loopback.answers(f"{self._url}/-/ready")

    def are_targets_up(self) -> bool:
        """Whether every job has been scraped."""
        up = {labels["job"]: value for labels, value in self.query("up")}
        return {job for job, value in up.items() if value == 1} == set(self._targets)

    def query(self, text: str) -> list[Sample]:
        """The instant vector of now. Raises AssertionError with Prometheus' complaint."""
        answer: dict[str, Any] = loopback.post(f"{self._url}/api/v1/query", data={"query": text}, timeout=20).json()
        assert answer["status"] == "success", (text, answer)
        data: dict[str, Any] = answer["data"]
        assert data["resultType"] == "vector", (text, data["resultType"])
        return [(sample["metric"], float(sample["value"][1])) for sample in data["result"]]

    def alerts(self) -> dict[str, Alert]:
        """Name -> what became of each alert."""
        answer: dict[str, Any] = loopback.get(f"{self._url}/api/v1/rules", timeout=20).json()
        rules: list[dict[str, Any]] = [rule for group in answer["data"]["groups"] for rule in group["rules"]]
        return {
            rule["name"]: Alert(rule["health"], rule["state"], [alert["labels"] for alert in rule["alerts"]])
            for rule in rules
        }


class Pushgateway(Part):
    """Keeps what jobs push to `url`, and says so at `address`."""

    def __init__(self, program: Path, home: Path) -> None:
        super().__init__("pushgateway", home / "pushgateway.log")
        self._program, self._port = program, free_port()
        self.address = f"127.0.0.1:{self._port}"
        self.url = f"http://{self.address}"

    def _ports(self) -> Sequence[int]:
        return (self._port,)

    def _command(self) -> Sequence[str]:
        return [str(self._program), f"--web.listen-address={self.address}"]

    def is_ready(self) -> bool:
        """Whether it takes what is pushed."""
        return loopback.answers(f"{self.url}/-/ready")

    def pushed(self) -> dict[tuple[str, str], float]:
        """(job, metric) -> the last value of what was pushed; one of the series where a metric has several."""
        untyped: Any = parser
        text = loopback.get(f"{self.url}/metrics", timeout=20).raise_for_status().text
        samples = [sample for family in untyped.text_string_to_metric_families(text) for sample in family.samples]
        return {(sample.labels["job"], sample.name): sample.value for sample in samples if "job" in sample.labels}
