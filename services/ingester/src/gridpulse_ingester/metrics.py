"""Every metric of the ingester, declared once. All names start with `gridpulse_ingester_`."""

import time
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

from gridpulse_contract.models import Event, Kind
from gridpulse_contract.normalise import SourceRequest
from gridpulse_contract.signals import SIGNALS

__all__ = ["Metrics"]

_NAMESPACE = "gridpulse_ingester"
_DATA = ("zone", "signal", "variant", "granularity")


class Metrics:
    """Registered in a registry of their own, which `/metrics` serves."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._newest: dict[Gauge, dict[tuple[str, ...], float]] = {}
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.newest_at = self._gauge(
            "newest_at_timestamp_seconds", "Start of the newest interval that Kafka has acknowledged.", _DATA
        )
        self.newest_measured_at = self._gauge(
            "newest_measured_at_timestamp_seconds",
            "Start of the newest interval with measured values that Kafka has acknowledged.",
            _DATA,
        )
        self.newest_issue = self._gauge(
            "newest_issue_timestamp_seconds", "When the newest forecast that Kafka has acknowledged was issued.", _DATA
        )
        self.last_good_poll = self._gauge(
            "last_good_poll_timestamp_seconds", "When a poll last gave an answer without delivery failures.", _DATA
        )
        self.requests = self._counter(
            "requests",
            "Requests to the API, each try counted, by what came of it.",
            ("signal", "temporality", "outcome"),
        )
        self.request_seconds = Histogram(
            "request_duration_seconds",
            "From sending a request to having its whole answer.",
            ("signal",),
            namespace=_NAMESPACE,
            registry=self.registry,
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self.events = self._counter(
            "events", "Events by what came of them: published, already-acknowledged, failed.", ("signal", "result")
        )
        self.dead_letters = self._counter(
            "dead_letters", "Dead letters by reason and by what came of them, as for events.", ("reason", "result")
        )
        self.quota_remaining = self._gauge(
            "quota_remaining_requests", "What the API says is left in the current window.", ("token",)
        )
        self.poll_interval_factor = self._gauge(
            "poll_interval_factor", "By how much polls are slowed down because the host fails; 1 = not.", ("host",)
        )
        self.unrecognised_fields = self._counter(
            "unrecognised_fields", "Fields in answers that the parser does not know; the log names them.", ("signal",)
        )
        self.waiting_answers = self._gauge("waiting_answers", "Answers polled, and not yet produced to Kafka.")

    def _gauge(self, name: str, meaning: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(name, meaning, labels, namespace=_NAMESPACE, registry=self.registry)

    def _counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, meaning, labels, namespace=_NAMESPACE, registry=self.registry)

    def saw_acknowledged(self, event: Event) -> None:
        """Note the age of data that is in Kafka; a gauge only ever rises.

        What a forecast is about lies ahead, so that its start says nothing of its age: when it was issued does.
        """
        if SIGNALS[event.signal].is_forecast:
            self._raise(self.newest_issue, event, event.updated_at)
            return
        self._raise(self.newest_at, event, event.at)
        if event.kind is Kind.MEASURED:
            self._raise(self.newest_measured_at, event, event.at)

    def saw_good_poll(self, request: SourceRequest) -> None:
        """Note that a poll went through to Kafka."""
        labels = (request.zone, request.signal, request.variant, request.granularity)
        self.last_good_poll.labels(*labels).set(time.time())

    def _raise(self, gauge: Gauge, event: Event, instant: datetime) -> None:
        labels = (event.zone, event.signal, event.variant, event.granularity)
        newest = self._newest.setdefault(gauge, {})
        newest[labels] = max(instant.timestamp(), newest.get(labels, 0.0))
        gauge.labels(*labels).set(newest[labels])
