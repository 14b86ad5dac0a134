"""What Kafka's Java clients, and Spark's sources and sinks above them, are told of the brokers."""

from typing import Final

from gridpulse_spark.errors import ConfigurationError
from gridpulse_spark.settings import KafkaSettings

__all__ = ["READ_ONCE_CONF", "READ_OPTIONS", "kafka_options"]

# After every poll Spark's reader asks where the log ends, and the broker answers that only after the fetch under way,
# which waits for data at the end of the log: few large polls, and no long waits.
READ_OPTIONS: Final = {
    "kafka.fetch.max.wait.ms": "10",
    "kafka.max.poll.records": "5000",
    "kafka.max.partition.fetch.bytes": str(16 * 1024 * 1024),
}

# Spark keeps a read's consumer and the records of its last poll for five minutes, for the next read of that query. A
# batch has no next one: an archive that catches up reads hour after hour, and would fill its heap with what is done.
READ_ONCE_CONF: Final = {
    f"spark.kafka.consumer.{pool}.{setting}": "5s"
    for pool in ("cache", "fetchedData.cache")
    for setting in ("timeout", "evictorThreadRunInterval")
}

_LOGIN_MODULES: Final = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}


def kafka_options(settings: KafkaSettings) -> dict[str, str]:
    """Options of Spark's Kafka sources and sinks, each beginning with `kafka.`; an admin client takes the same ones.

    The CA certificates go as text, so that executors need no file. Raises ConfigurationError where they can't be read.
    """
    options = {
        "kafka.bootstrap.servers": settings.kafka_bootstrap_servers,
        "kafka.security.protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_ssl_ca_file is not None:
        try:
            certificates = settings.kafka_ssl_ca_file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"The CA certificates can't be read: {error}") from None
        options |= {"kafka.ssl.truststore.type": "PEM", "kafka.ssl.truststore.certificates": certificates}
    if settings.kafka_security_protocol.startswith("SASL"):
        options |= {"kafka.sasl.mechanism": settings.kafka_sasl_mechanism, "kafka.sasl.jaas.config": _login(settings)}
    return options


def _login(settings: KafkaSettings) -> str:
    """The one line of JAAS. Spark masks it in its logs and plans, since it says `password`."""
    username = _quoted(settings.kafka_sasl_username)
    password = _quoted(settings.kafka_sasl_password.get_secret_value())
    return f"{_LOGIN_MODULES[settings.kafka_sasl_mechanism]} required username={username} password={password};"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
