"""The metrics of the query API, declared once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["Metrics"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters and histograms in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gridpulse_query_api_requests_total",
            "Requests answered, by route and status.",
            ("route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "gridpulse_query_api_request_duration_seconds",
            "From a request's arrival to the last byte of its answer handed over (a stream's first), by route.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.requests_in_progress = Gauge(
            "gridpulse_query_api_requests_in_progress",
            "Requests being answered, without streams.",
            registry=self.registry,
        )
        self.streams = Gauge(
            "gridpulse_query_api_streams_open", "Streams of server-sent events that are open.", registry=self.registry
        )
        self.reads = Counter(
            "gridpulse_query_api_cassandra_reads_total",
            "Reads of the store by outcome: ok, timeout, unavailable, busy, error.",
            ("outcome",),
            registry=self.registry,
        )
        self.read_seconds = Histogram(
            "gridpulse_query_api_cassandra_read_duration_seconds",
            "From a read's start, its waiting for a slot included, to its last page.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.requests_by_key = Counter(
            "gridpulse_query_api_key_requests_total",
            "Requests with a valid API key, by the key's name and outcome: accepted, limited.",
            ("key", "outcome"),
            registry=self.registry,
        )
        self.unauthenticated = Counter(
            "gridpulse_query_api_unauthenticated_requests_total",
            "Requests refused for their API key, by reason: missing, unknown.",
            ("reason",),
            registry=self.registry,
        )
        self.keys_file_valid = Gauge(
            "gridpulse_query_api_keys_file_valid",
            "0 while the file of API keys can't be used and older keys stay valid, else 1.",
            registry=self.registry,
        )
        self.keys_file_valid.set(1)
        self.connected = Gauge(
            "gridpulse_query_api_cassandra_connected",
            "1 once the cluster has been reached and its schema was found, else 0.",
            registry=self.registry,
        )
