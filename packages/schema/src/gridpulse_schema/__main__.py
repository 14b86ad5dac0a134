"""`python -m gridpulse_schema migrate`: bring a keyspace to the newest version of its schema."""

import argparse
import logging
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from gridpulse_schema.cluster import open_session
from gridpulse_schema.errors import SchemaError
from gridpulse_schema.logins import grant_login
from gridpulse_schema.migration import migrate
from gridpulse_schema.settings import SchemaSettings

_log = logging.getLogger("gridpulse_schema")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when the keyspace is at its newest version.

    Otherwise the reason is on stderr: 2 for settings, 1 for all else.
    """
    given = vars(_parser().parse_args(arguments))
    given.pop("command")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)  # it logs with a traceback what it raises, too
    try:
        settings = SchemaSettings(**given)
    except ValidationError as error:
        _log.error("%s", error)
        return 2
    _log.info("settings: %s", settings)
    try:
        with open_session(
            [host.strip() for host in settings.contact_points.split(",")],
            port=settings.port,
            local_datacenter=settings.local_datacenter,
            username=settings.username,
            password=settings.password.get_secret_value(),
            ssl_ca_file=settings.cassandra_ssl_ca_file,
            ssl_server_name=settings.cassandra_ssl_server_name,
            wait_seconds=settings.wait_seconds,
        ) as session:
            applied = migrate(session, keyspace=settings.keyspace, replication=settings.replication)
            for login in settings.logins:
                grant_login(session, login, keyspace=settings.keyspace)
                _log.info("%s may use keyspace %s as a %s", login.username, settings.keyspace, login.kind)
    except SchemaError as error:
        _log.error("%s", error)
        return 1
    _log.info("keyspace %s is up to date; applied now: %s", settings.keyspace, list(applied) or "nothing")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gridpulse_schema",
        description="The Cassandra schema. Every option can also be a GRIDPULSE_SCHEMA_* variable; "
        "GRIDPULSE_SCHEMA_USERNAME, GRIDPULSE_SCHEMA_PASSWORD, GRIDPULSE_SCHEMA_CASSANDRA_SSL_CA_FILE (PEM; set = "
        "TLS), "
        "GRIDPULSE_SCHEMA_CASSANDRA_SSL_SERVER_NAME (what every node's certificate is for; default: its address), and "
        "GRIDPULSE_SCHEMA_READER_USERNAME, _READER_PASSWORD, _WRITER_USERNAME and _WRITER_PASSWORD (logins of clients, "
        "which are made and get these passwords) can only be that.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "migrate", help="bring a keyspace to the newest version", argument_default=argparse.SUPPRESS
    )
    command.add_argument("--contact-points", help="hosts, comma separated (default: 127.0.0.1)")
    command.add_argument("--port", help="CQL port (default: 9042)")
    command.add_argument("--local-datacenter", help="data centre to talk to (default: dc1)")
    command.add_argument("--keyspace", help="keyspace to create or migrate (default: power)")
    command.add_argument(
        "--replication",
        help='replication map as JSON (default: {"class": "NetworkTopologyStrategy", "dc1": 1})',
    )
    command.add_argument("--wait-seconds", help="how long to wait for the cluster to answer (default: 120)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
