"""Runs as a SparkApplication: work in Python on an executor, which has our packages and the connectors' jars."""

import socket
import sys
from pathlib import Path

from gridpulse_contract.zones import load_zones
from gridpulse_spark.session import open_session

ZONES = len(load_zones())


def work(number: int) -> tuple[int, int, str, str]:
    """What an executor makes of a number, what it knows of zones, who it is, and the command it was started by."""
    command = Path("/proc/1/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    return number * number, len(load_zones()), socket.gethostname(), command


with open_session("application", jars_dir=None, conf={}) as session:
    rows = session.sparkContext.parallelize(range(1000), 2).map(work).collect()
assert {zones for _, zones, _, _ in rows} == {ZONES}
assert socket.gethostname() not in {host for _, _, host, _ in rows}
assert all("/opt/gridpulse/jars/*" in command for _, _, _, command in rows)
sys.stdout.write(f"total={sum(square for square, _, _, _ in rows)}\n")
