"""The platform itself: the age of the data first, then what moves them."""

from typing import Any, Final

from gridpulse_grafana.boards import Board
from gridpulse_grafana.panels import Kind, Panel, Threshold, Unit
from gridpulse_grafana.queries import MetricQuery

__all__ = ["PLATFORM"]

_RATE: Final = "[$__rate_interval]"
_OF_API: Final = '{route!="unmatched"}'  # no probes, no scrapes, no files of the page
_OLD: Final = (Threshold(3 * 3600, "orange"), Threshold(6 * 3600, "red"))
_ANY: Final = (Threshold(1, "red"),)
_IN_KUBERNETES: Final = "From the exporter that the operator brings."


def _series(title: str, description: str, unit: Unit, *queries: tuple[str, str], runbook: str, **more: Any) -> Panel:
    asked = [MetricQuery(text, legend) for text, legend in queries]
    return Panel(title, description, unit, asked, runbook=runbook, width=8, height=8, minimum=0, **more)


_age: Final = Panel(
    "Age of the newest data by zone",
    "Since the start of the newest interval that Kafka has acknowledged.",
    Unit.SECONDS,
    [
        MetricQuery(
            "time() - min by (zone, signal) (max by (zone, signal, variant, granularity) "
            "(gridpulse_ingester_newest_at_timestamp_seconds))",
            "{{zone}} {{signal}}",
        )
    ],
    runbook="data-old",
    minimum=0,
    thresholds=_OLD,
)
_measured: Final = Panel(
    "Age of the newest measured data by zone",
    "A source in trouble goes on with estimates, so that the plain age stays low.",
    Unit.SECONDS,
    [
        MetricQuery(
            "time() - min by (zone, signal) (max by (zone, signal, variant, granularity) "
            "(gridpulse_ingester_newest_measured_at_timestamp_seconds))",
            "{{zone}} {{signal}}",
        )
    ],
    runbook="measured-data-old",
    minimum=0,
    thresholds=[Threshold(24 * 3600, "orange"), Threshold(48 * 3600, "red")],
)

PLATFORM: Final = Board(
    uid="gridpulse-platform",
    title="Platform",
    description="Is everything moving? The age of the data comes before the health of processes.",
    variables=[],
    since="now-6h",
    refresh="30s",
    panels=[
        _age,
        _measured,
        _series(
            "Requests to the source",
            "By outcome; each try is counted.",
            Unit.REQUESTS_PER_SECOND,
            (f"sum by (outcome) (rate(gridpulse_ingester_requests_total{_RATE}))", "{{outcome}}"),
            runbook="ingest-failing",
        ),
        _series(
            "Quota left",
            "Requests that the source's answers say are left in the current window, by token.",
            Unit.COUNT,
            ("min by (token) (gridpulse_ingester_quota_remaining_requests)", "{{token}}"),
            runbook="over-quota",
        ),
        _series(
            "Slowed polls",
            "By how much polls are slowed down because the host fails; 1 is not at all.",
            Unit.COUNT,
            ("max by (host) (gridpulse_ingester_poll_interval_factor)", "{{host}}"),
            runbook="ingest-failing",
            thresholds=(Threshold(2, "orange"),),
        ),
        _series(
            "Events of the ingester",
            "By what came of them.",
            Unit.EVENTS_PER_SECOND,
            (f"sum by (signal, result) (rate(gridpulse_ingester_events_total{_RATE}))", "{{signal}} {{result}}"),
            runbook="ingest-failing",
        ),
        _series(
            "Dead letters",
            "What could not be read, in the last hour: of the ingester by reason, of the stream by signal.",
            Unit.COUNT,
            ("sum by (reason) (increase(gridpulse_ingester_dead_letters_total[1h]))", "ingester: {{reason}}"),
            ("sum by (signal) (increase(gridpulse_streaming_dead_letters_total[1h]))", "stream: {{signal}}"),
            runbook="dead-letters",
            thresholds=_ANY,
        ),
        _series(
            "Answers that wait for Kafka",
            "Polled, and not yet produced.",
            Unit.COUNT,
            ("max(gridpulse_ingester_waiting_answers)", "answers"),
            runbook="ingest-failing",
        ),
        _series(
            "Messages behind",
            "In Kafka, and not yet written to Cassandra.",
            Unit.COUNT,
            ("sum by (topic) (gridpulse_streaming_offsets_behind_latest)", "{{topic}}"),
            runbook="streaming-lagging",
        ),
        _series(
            "Time of a batch",
            "95 of 100 batches of the stream were done in this time.",
            Unit.SECONDS,
            (
                "histogram_quantile(0.95, sum by (signal, le) "
                f"(rate(gridpulse_streaming_batch_duration_seconds_bucket{_RATE})))",
                "{{signal}}",
            ),
            runbook="streaming-lagging",
        ),
        _series(
            "Last word of the stream",
            "Since a query of the streaming job last ended a batch or found nothing to do.",
            Unit.SECONDS,
            ("time() - max by (signal) (gridpulse_streaming_last_progress_timestamp_seconds)", "{{signal}}"),
            runbook="streaming-stopped",
            thresholds=(Threshold(300, "red"),),
        ),
        _series(
            "Messages read by the stream",
            "By signal.",
            Unit.EVENTS_PER_SECOND,
            (f"sum by (signal) (rate(gridpulse_streaming_input_rows_total{_RATE}))", "{{signal}}"),
            runbook="streaming-stopped",
        ),
        _series(
            "API: requests",
            "By class of status.",
            Unit.REQUESTS_PER_SECOND,
            (
                "sum by (class) (label_replace("
                f'rate(gridpulse_query_api_requests_total{_OF_API}{_RATE}), "class", "${{1}}xx", "status", "(.).."))',
                "{{class}}",
            ),
            runbook="api-errors",
        ),
        _series(
            "API: errors",
            "Share of requests that the API failed to answer.",
            Unit.RATIO,
            (
                '(sum(rate(gridpulse_query_api_requests_total{route!="unmatched",status=~"5.."}'
                f"{_RATE})) or vector(0)) "
                f"/ sum(rate(gridpulse_query_api_requests_total{_OF_API}{_RATE}))",
                "5xx",
            ),
            runbook="api-errors",
            thresholds=(Threshold(0.001, "orange"), Threshold(0.0144, "red")),
        ),
        _series(
            "API: latency",
            "99 and 50 of 100 answers were handed over in this time.",
            Unit.SECONDS,
            *(
                (
                    f"histogram_quantile({quantile}, sum by (le) "
                    f"(rate(gridpulse_query_api_request_duration_seconds_bucket{_OF_API}{_RATE})))",
                    legend,
                )
                for quantile, legend in (("0.99", "p99"), ("0.5", "p50"))
            ),
            runbook="api-slow",
        ),
        _series(
            "API: reads of Cassandra",
            "By outcome.",
            Unit.REQUESTS_PER_SECOND,
            (f"sum by (outcome) (rate(gridpulse_query_api_cassandra_reads_total{_RATE}))", "{{outcome}}"),
            runbook="cassandra-down",
        ),
        _series(
            "API: Cassandra reached",
            "1 once a process of the API has reached the cluster and found its schema.",
            Unit.BOOLEAN,
            ("min(gridpulse_query_api_cassandra_connected)", "connected"),
            runbook="cassandra-down",
        ),
        _series(
            "API: keys file",
            "0 while the file of API keys can't be used and older keys stay valid.",
            Unit.BOOLEAN,
            ("min(gridpulse_query_api_keys_file_valid)", "valid"),
            runbook="api-keys-file-invalid",
        ),
        _series(
            "Age of lake, analytics and warehouse",
            "Since the end of the newest hour in the lake, and the start of the newest day that each job has done.",
            Unit.SECONDS,
            ("time() - min by (signal) (gridpulse_archive_end_timestamp_seconds)", "lake: {{signal}}"),
            ("time() - max(gridpulse_analytics_day_timestamp_seconds)", "analytics"),
            ("time() - max(gridpulse_warehouse_day_timestamp_seconds)", "warehouse"),
            ("time() - max(gridpulse_data_quality_day_timestamp_seconds)", "data quality"),
            runbook="archive-lagging",
        ),
        _series(
            "Kafka: messages in",
            f"By topic. {_IN_KUBERNETES}",
            Unit.EVENTS_PER_SECOND,
            (
                "sum by (topic) (rate(kafka_server_brokertopicmetrics_messagesinpersec_total"
                f'{{topic=~"electricity.*"}}{_RATE}))',
                "{{topic}}",
            ),
            runbook="kafka-degraded",
        ),
        _series(
            "Kafka: partitions in danger",
            f"With fewer replicas than they should have, or no leader. {_IN_KUBERNETES}",
            Unit.COUNT,
            ("sum(kafka_server_replicamanager_underreplicatedpartitions)", "under-replicated"),
            ("sum(kafka_controller_kafkacontroller_offlinepartitionscount)", "offline"),
            runbook="kafka-degraded",
            thresholds=_ANY,
        ),
        _series(
            "Cassandra: latency",
            f"99 of 100 requests that a node coordinated, in the unit of its exporter. {_IN_KUBERNETES}",
            Unit.COUNT,
            (
                "max by (request_type) "
                '(org_apache_cassandra_metrics_client_request_latency{cl="local_quorum", quantile="0.99"})',
                "{{request_type}}",
            ),
            runbook="cassandra-down",
        ),
        Panel(
            "Disks",
            "How full the volumes of Kafka and Cassandra are. From the kubelet.",
            Unit.RATIO,
            [
                MetricQuery(
                    "1 - kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes",
                    "{{persistentvolumeclaim}}",
                )
            ],
            kind=Kind.SERIES,
            width=8,
            height=8,
            minimum=0,
            maximum=1,
            thresholds=[Threshold(0.8, "orange"), Threshold(0.9, "red")],
            runbook="disk-filling",
        ),
    ],
)
