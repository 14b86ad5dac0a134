"""The cost tables of docs/google-cloud.md: their arithmetic, and their machines against the examples."""

import math
import re
from typing import Final

import pytest

from gridpulse_platform.jars import REPOSITORY
from harness.terraform import TERRAFORM

pytestmark = pytest.mark.terraform

TEXT: Final = (REPOSITORY / "docs" / "google-cloud.md").read_text(encoding="utf-8")
_ROW: Final = re.compile(r"^\| (?P<what>[^|]+) \| (?P<arithmetic>[0-9.×+ ]+) \| (?P<sum>[0-9.]+) \|$", re.MULTILINE)
ROWS: Final = [(row["what"], row["arithmetic"], float(row["sum"])) for row in _ROW.finditer(TEXT)]


def value(arithmetic: str) -> float:
    return sum(math.prod(float(factor) for factor in term.split("×")) for term in arithmetic.split("+"))


@pytest.mark.parametrize(("what", "arithmetic", "stated"), ROWS)
def test_each_row(what: str, arithmetic: str, stated: float) -> None:
    assert value(arithmetic) == pytest.approx(stated, abs=0.051), what


def test_each_sum_is_of_the_rows_above_it() -> None:
    tables = [0.0]
    for what, _, stated in ROWS:
        if what == "**sum**":
            assert tables[-1] == pytest.approx(stated, abs=0.051)
            tables.append(0.0)
        else:
            tables[-1] += stated
    assert len(tables) == 3


@pytest.mark.parametrize("size", ["dev", "prod"])
def test_machines_are_those_of_the_example(size: str) -> None:
    example = (TERRAFORM / "envs" / "dev" / "examples" / f"{size}.tfvars").read_text(encoding="utf-8")
    pools = dict(re.findall(r'^  (\w+) += \{ machine_type = "([\w-]+)"', example, re.MULTILINE))
    table = TEXT.split(f"`{size}`", 2)[-1] if size == "dev" else TEXT.split("`prod`, 350 zones", 1)[1]
    for pool, machine in pools.items():
        assert re.search(rf"^\| {pool}, \d (spot )?`{machine}` \|", table, re.MULTILINE), (pool, machine)
