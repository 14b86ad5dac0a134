"""A signal lives in few places. A change that makes another one necessary for the next signal fails here."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from gridpulse_contract.models import Signal

REPOSITORY: Final = Path(__file__).parents[2]
NOT_THE_PRODUCT: Final = {"tests", "test", "bench", "docs", "notebooks", "node_modules", "dist", "__pycache__"}
SOURCES: Final = {".py", ".yaml", ".yml", ".json", ".cql", ".sql", ".tpl", ".tf", ".ts", ".js", ".html", ".properties"}

CONTRACT: Final = "packages/contract/src/gridpulse_contract"
SPARK: Final = "spark/src/gridpulse_spark/transforms/signals"
API: Final = "services/query-api/src/gridpulse_query_api"
STANDIN: Final = "local/standin/src/gridpulse_standin"

# The signal's own, and in how many lines (of code, import included) each list of all signals may name it.
OWN: Final = {
    "its contract": f"{CONTRACT}/signals/{{module}}.py",
    "its schema, generated": f"{CONTRACT}/schemas/{{name}}.v1.schema.json",
    "its example": f"{CONTRACT}/examples/{{name}}.v1_*.json",
    "its tables": "packages/schema/src/gridpulse_schema/migrations/*_{module}.cql",
    "its transform": f"{SPARK}/{{module}}.py",
}
LISTS: Final = {
    f"{CONTRACT}/vocabulary.py": 1,
    f"{CONTRACT}/topics.yaml": 1,
    f"{CONTRACT}/models.py": 3,
    f"{CONTRACT}/signals/__init__.py": 2,
    f"{SPARK}/__init__.py": 2,
    f"{API}/series.py": 1,
    f"{API}/repository.py": 2,
}
# What shows the signal: its routes, and, of these two, what composes a power breakdown of them.
PRESENTATION: Final = {f"{API}/routes/mixes.py", f"{API}/composing.py", f"{API}/serving.py"}
# And the source's stand-in, which is no part of an installation.
SOURCE: Final = {f"{STANDIN}/offers.py", f"{STANDIN}/source.py"}


def lines_by_place(root: Path, signal: Signal) -> dict[str, int]:
    """Files of the product that name the signal in any of its spellings, with the number of lines that do."""
    words = signal.value.split("-")
    name = re.compile("|".join(["[-_]".join(words), "".join(word.capitalize() for word in words)]), re.IGNORECASE)
    counts = {str(path.relative_to(root)): _count(path, name) for path in _sources(root)}
    return {place: count for place, count in counts.items() if count}


def _sources(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_THE_PRODUCT and not name.startswith(".")]
        for file in files:
            path = Path(folder, file)
            if path.suffix in SOURCES and not path.is_symlink():  # the chart's files are links to those of the contract
                yield path


def _count(path: Path, name: re.Pattern[str]) -> int:
    text = path.read_text(encoding="utf-8", errors="replace")
    in_name = bool(name.search(path.stem))
    return sum(bool(name.search(line)) for line in text.splitlines()) or int(in_name)


def unexpected(root: Path, signal: Signal) -> Mapping[str, str]:
    """Places that are not among those of a signal, or have too much of it, and those that have none: each with why."""
    found = lines_by_place(root, signal)
    own: dict[str, str] = {}
    for what, pattern in OWN.items():
        pattern = pattern.format(module=signal.value.replace("-", "_"), name=signal.value)
        matches = [str(path.relative_to(root)) for path in root.glob(pattern)]
        own |= dict.fromkeys(matches or [pattern], what)
    expected = own.keys() | LISTS.keys() | PRESENTATION | SOURCE
    return {
        **dict.fromkeys(found.keys() - expected, "is a new place to think of"),
        **dict.fromkeys(expected - found.keys(), "does not name it: is the place gone?"),
        **{
            place: f"names it in {found[place]} lines, a list of signals needs {lines}"
            for place, lines in LISTS.items()
            if found.get(place, 0) > lines
        },
    }


@pytest.mark.parametrize("signal", [Signal.ELECTRICITY_FLOWS, Signal.ELECTRICITY_MIX])
def test_a_signal_is_in_its_places_and_in_no_other(signal: Signal) -> None:
    assert unexpected(REPOSITORY, signal) == {}


@pytest.mark.parametrize(
    "spelling", ["ELECTRICITY_FLOWS", "electricity_flows", "electricity-flows", "ElectricityFlows"]
)
def test_another_place_is_seen(tmp_path: Path, spelling: str) -> None:
    new = tmp_path / "services" / "new" / "src" / "module.py"
    new.parent.mkdir(parents=True)
    new.write_text(f"if signal == '{spelling}':\n    pass\n", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_new.py").write_text(spelling, encoding="utf-8")
    assert lines_by_place(tmp_path, Signal.ELECTRICITY_FLOWS) == {"services/new/src/module.py": 1}
    assert unexpected(tmp_path, Signal.ELECTRICITY_FLOWS)["services/new/src/module.py"] == "is a new place to think of"


def test_a_list_that_grows_is_seen(tmp_path: Path) -> None:
    vocabulary = tmp_path / CONTRACT / "vocabulary.py"
    vocabulary.parent.mkdir(parents=True)
    vocabulary.write_text("ELECTRICITY_FLOWS = 1\nif 'electricity-flows':\n    pass\n", encoding="utf-8")
    assert "2 lines" in unexpected(tmp_path, Signal.ELECTRICITY_FLOWS)[f"{CONTRACT}/vocabulary.py"]
