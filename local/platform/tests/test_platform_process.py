"""Parts start, stop, die and come back, whatever the program does; nothing is left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gridpulse_platform import PartFailedError, Service, free_port, wait_until, wait_until_async

_SERVER = """
import http.server, signal, subprocess, sys
port, child = int(sys.argv[1]), sys.argv[2:]
def stop(*_): sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("serving", flush=True)
children = [subprocess.Popen([sys.executable, "-c", code], start_new_session=True) for code in child]
http.server.HTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
_SLEEPER = "import time; time.sleep(600)"
_LEAVES_A_CHILD = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {_SLEEPER!r}], start_new_session=True)
time.sleep(600)
"""
_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def server(tmp_path: Path, *children: str) -> Service:
    port = free_port()
    return Service(
        "server",
        ["-c", _SERVER, str(port), *children],
        tmp_path / "server.log",
        health_url=f"http://127.0.0.1:{port}/",
        ready_deadline_seconds=20,
        stop_deadline_seconds=5,
    )


def test_starts_until_ready_stops_and_starts_again(tmp_path: Path) -> None:
    part = server(tmp_path)
    assert (part.is_running, part.pid, part.exit_code, part.memory_bytes()) == (False, None, None, 0)
    with part:
        assert part.is_running
        assert part.is_ready()
        assert part.memory_bytes() > 1_000_000
        assert part.pid is not None
        assert os.getpgid(part.pid) == part.pid
        assert part.spawn().pid == part.pid, "a part that runs is not started twice"
    assert (part.is_running, part.exit_code, part.has_ended_well) == (False, 0, True)
    with part:
        assert part.is_ready()
    assert part.log_tail().count("serving") == 2


def test_kill_takes_the_children_too_and_the_part_comes_back(tmp_path: Path) -> None:
    part = server(tmp_path, _SLEEPER).start()
    family = psutil.Process(part.pid).children(recursive=True)
    assert len(family) == 1
    part.kill()
    assert (part.is_running, part.exit_code, part.has_ended_well) == (False, -signal.SIGKILL, False)
    assert not psutil.wait_procs(family, timeout=10)[1]
    with part:
        assert part.is_ready()


def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    part = Service("deaf", ["-c", _DEAF], tmp_path / "deaf.log", stop_deadline_seconds=0.5).start()
    wait_until(lambda: "deaf" in part.log_tail(), 20)
    assert part.stop() == -signal.SIGKILL
    assert not part.has_ended_well


def test_a_part_that_dies_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    part = Service(
        "broken", ["-c", "raise SystemExit('no such thing')"], tmp_path / "broken.log", health_url="http://127.0.0.1:1/"
    )
    with pytest.raises(PartFailedError, match=r"broken ended with exit code 1; .*\n.*no such thing"):
        part.start()
    part.stop()


def test_a_part_that_is_never_ready_is_killed(tmp_path: Path) -> None:
    part = Service(
        "sleeper", ["-c", _SLEEPER], tmp_path / "s.log", health_url="http://127.0.0.1:1/", ready_deadline_seconds=0.3
    )
    with pytest.raises(PartFailedError, match="was not ready within"):
        part.start()
    assert not part.is_running


def test_a_part_that_ended_by_itself_fails_the_check_once_it_is_started(tmp_path: Path) -> None:
    part = Service("short", ["-c", "print('done')"], tmp_path / "short.log")
    part.check()
    part.spawn()
    wait_until(lambda: not part.is_running, 20)
    with pytest.raises(PartFailedError, match="ended with exit code 0"):
        part.check()
    part.stop()


def test_parts_die_with_us_even_by_sigkill(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from gridpulse_platform import Service\n"
        f"part = Service('sleeper', ['-c', {_SLEEPER!r}], Path(sys.argv[1])).start()\n"
        "print(part.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "s.log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        try:
            assert parent.stdout is not None
            child = psutil.Process(int(parent.stdout.readline()))
            wait_until(lambda: _runs_itself(child), 10, "the guard of the part")
        finally:
            parent.kill()  # else a failure would wait for its sleep
    wait_until(lambda: is_gone(child.pid), 10)


def _runs_itself(part: psutil.Process) -> bool:
    """Whether it is what it is to be, and no more what guards it; between the two it has no command line."""
    command = part.cmdline()
    return bool(command) and "setpriv" not in command[0]


def test_parts_and_what_they_left_behind_end_with_the_interpreter(tmp_path: Path) -> None:
    program = (
        "import sys, threading, time; from pathlib import Path; import psutil\n"
        "from gridpulse_platform import Service, wait_until\n"
        f"part = Service('parent', ['-c', {_LEAVES_A_CHILD!r}], Path(sys.argv[1])).start()\n"
        "threading.Thread(target=lambda held: time.sleep(600), args=[part], daemon=True).start()\n"
        "children = wait_until(lambda: psutil.Process(part.pid).children(), 20)\n"
        "print(part.pid, children[0].pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "p.log")], check=True, stdout=subprocess.PIPE, text=True
    )
    pids = [int(pid) for pid in done.stdout.split()]
    wait_until(lambda: all(is_gone(pid) for pid in pids), 10)


@pytest.mark.parametrize("mark", ["{pid}1:x", "1{pid}:x", "x:0{pid}0"], ids=["begins", "ends", "anywhere"])
def test_parts_of_others_do_not_end_with_an_interpreter_whose_pid_is_in_their_mark(mark: str) -> None:
    program = (
        "import os, subprocess, sys, gridpulse_platform\n"
        f"marked = {{**os.environ, 'mirakuru_uuid': {mark!r}.format(pid=os.getpid())}}\n"
        f"other = subprocess.Popen([sys.executable, '-c', {_SLEEPER!r}], env=marked, stdout=subprocess.DEVNULL)\n"
        "print(other.pid); other.returncode = 0"  # which nobody waits for
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True)
    other = int(done.stdout)
    assert not is_gone(other)
    os.kill(other, signal.SIGKILL)


def test_waiting_returns_the_answer_or_names_what_did_not_come() -> None:
    answers = iter([0, 0, 7])
    assert wait_until(lambda: next(answers), 5, pause_seconds=0.01) == 7
    with pytest.raises(TimeoutError, match=r"the miracle did not come true within 0.05 s; last answer: \[\]"):
        wait_until(list, 0.05, "the miracle", pause_seconds=0.01)


async def test_waiting_in_a_loop_takes_coroutines_and_functions() -> None:
    answers = iter([None, "here"])

    async def ask() -> str | None:
        return next(answers)

    assert await wait_until_async(ask, 5, pause_seconds=0.01) == "here"
    with pytest.raises(TimeoutError):
        await wait_until_async(lambda: False, 0.05, pause_seconds=0.01)
