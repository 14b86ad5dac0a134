"""The command line: what it takes, and what it says where it can't."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse.__main__ import EXIT_LATER, EXIT_USAGE, Settings
from gridpulse.arguments import parse_arguments
from gridpulse.client import DEFAULT_URL
from gridpulse.files import whole_file
from gridpulse_platform import free_port

COMMANDS = ("latest", "range", "watch", "zones", "ranking")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process, with nothing of ours in its environment but what is given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRIDPULSE_")}
    return subprocess.run(
        [sys.executable, "-m", "gridpulse", *arguments],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments([*([command] if command else []), "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    if command:
        assert "--url" in text
        assert "--format" in text
    else:
        assert all(word in text for word in (*COMMANDS, "GRIDPULSE_URL", "GRIDPULSE_API_KEY", "exit codes", "75"))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "COMMAND"),
        (["latest"], "ZONE"),
        (["range", "DE", "--start", "2026-01-31T13:00"], "offset from UTC"),
        (["range", "DE", "--end", "yesterday"], "ISO 8601"),
        (["range", "DE", "--signal", "weather"], "power-breakdown"),
        (["range", "DE", "--format", "parquet"], "--output"),
        (["range", "DE", "--format", "csv", "--tz", "Europe/Berlin"], "UTC"),
        (["range", "DE", "--tz", "Europe"], "time zone"),
        (["range", "DE", "--tz", "../../etc"], "time zone"),
        (["watch", "DE", "--count", "0"], "from 1 on"),
        (["latest", "DE", "--api-key", "secret"], "unrecognized"),
    ],
)
def test_what_can_not_be_right_is_said(
    arguments: Sequence[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(arguments)
    assert ended.value.code == EXIT_USAGE
    assert reason in capsys.readouterr().err


def test_a_day_begins_in_utc_and_an_instant_keeps_its_offset() -> None:
    parsed = parse_arguments(["range", "DE", "--start", "2026-01-31", "--end", "2026-02-01T01:00+01:00"])
    assert parsed.start == datetime(2026, 1, 31, tzinfo=UTC)
    assert parsed.end == datetime(2026, 2, 1, tzinfo=UTC)


# Before 3.13 argparse takes `--start=--` for a list of nothing, and asks no type about it.
TEXTS = st.text().filter(lambda text: text != "--")


@given(st.one_of(TEXTS, st.datetimes().map(str), st.dates().map(str)))
def test_any_text_is_an_aware_instant_or_refused(text: str) -> None:
    try:
        parsed = parse_arguments(["range", "DE", f"--start={text}"])
    except SystemExit as ended:
        assert ended.code == EXIT_USAGE  # noqa: PT017 - a text may be right
    else:
        assert parsed.start.tzinfo is not None


@given(TEXTS)
def test_any_text_is_a_clock_or_refused(text: str) -> None:
    try:
        parsed = parse_arguments(["latest", "DE", f"--tz={text}"])
    except SystemExit as ended:
        assert ended.code == EXIT_USAGE  # noqa: PT017 - a text may be right
    else:
        assert isinstance(parsed.tz, ZoneInfo)


def test_empty_variables_are_none_and_a_key_is_not_shown() -> None:
    settings = Settings.load({"GRIDPULSE_URL": "", "GRIDPULSE_API_KEY": " "})
    assert settings == Settings(DEFAULT_URL, None)
    assert "secret" not in repr(Settings.load({"GRIDPULSE_API_KEY": "secret"}))


def test_a_server_that_is_not_there_is_named_and_tried_again() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = run("zones", GRIDPULSE_URL=url)
    assert (done.returncode, done.stdout) == (EXIT_LATER, "")
    lines = done.stderr.splitlines()
    assert all(line.startswith(f"gridpulse: {url} can't be reached: ") for line in lines)
    assert ["Trying again" in line for line in lines] == [True, True, True, False]


def test_a_key_that_can_be_none_is_not_repeated() -> None:
    done = run("zones", GRIDPULSE_API_KEY="my secret")
    assert done.returncode == EXIT_USAGE
    assert "API key" in done.stderr
    assert "secret" not in done.stderr


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text("old", encoding="utf-8")

    def fail() -> None:
        with whole_file(path) as file:
            file.write(b'{"data": [')
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    with whole_file(path) as file:
        file.write(b"{}")
    assert json.loads(path.read_bytes()) == {}
    assert [found.name for found in tmp_path.iterdir()] == ["rows.json"]


@pytest.mark.parametrize(
    ("text", "minutes"), [("3h", 180), ("90m", 90), ("1d12h", 2160), ("PT3H", 180), ("P1DT30M", 1470), ("p1d", 1440)]
)
def test_a_duration_is_short_or_iso_8601(text: str, minutes: int) -> None:
    arguments = parse_arguments(["best-window", "DE", "--duration", text])
    assert arguments.duration == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "3", "0h", "P", "PT", "1.5h", "3h ", "-3h", "3y", "h"])
def test_what_is_no_duration_is_said(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["best-window", "DE", f"--duration={text}"])
    assert "is not a duration like 3h, 90m, 1d12h or PT3H" in capsys.readouterr().err
