"""One part of the platform as a process that can be started, stopped, killed and started again.

mirakuru does the work below: a session for every process, SIGTERM with a deadline and then SIGKILL, the children that
a process left behind.
"""

import atexit
import contextlib
import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast
from weakref import WeakSet

import psutil
from mirakuru import SimpleExecutor
from mirakuru.base import cleanup_subprocesses
from mirakuru.exceptions import ProcessFinishedWithError

from gridpulse_platform.errors import PartFailedError
from gridpulse_platform.ports import is_free, listener
from gridpulse_platform.waiting import wait_until

__all__ = ["JVM_STOPPED", "Part"]

JVM_STOPPED: Final = (0, 128 + signal.SIGTERM)
"""Exit codes of a JVM that was asked to stop and has run its shutdown hooks."""

_TAIL_LINES: Final = 20

# setpriv makes the kernel kill a part when the thread that started it dies, so that not even SIGKILL to us leaves
# something running. Therefore one thread, which lives as long as we do, starts them all.
_STARTER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="part-starter")

_STARTED: Final[WeakSet[SimpleExecutor]] = WeakSet()

# mirakuru's own way to end everything with the interpreter looks for the digits of our pid anywhere in the marks that
# it leaves in environments (3.1.0): process 127 would end the parts of process 5127, and those with 127 in a random id.
atexit.unregister(cleanup_subprocesses)


@atexit.register
def _end_what_still_runs() -> None:
    for executor in list(_STARTED):
        executor.kill()


class Part:
    """A process group with a log file. Subclasses say what to run and when it is ready.

    `start` after `kill` or `stop` runs the same command on the same data and ports. Not safe for calls from several
    threads at once.
    """

    def __init__(
        self,
        name: str,
        log_path: Path,
        *,
        ready_deadline_seconds: float = 60.0,
        stop_deadline_seconds: float = 20.0,
        clean_exit_codes: Collection[int] = (0,),
    ) -> None:
        self.name = name
        self.log_path = log_path.absolute()
        self.ready_deadline_seconds = ready_deadline_seconds
        self.stop_deadline_seconds = stop_deadline_seconds
        self._clean_exit_codes = frozenset(clean_exit_codes)
        self._executor: SimpleExecutor | None = None
        self._process: subprocess.Popen[Any] | None = None

    # What subclasses say

    def _prepare(self) -> None:
        """Write what the process needs on disk; called before every start."""

    def _ports(self) -> Sequence[int]:
        """Where it will listen."""
        return ()

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _environment(self) -> Mapping[str, str]:
        """Variables on top of ours."""
        return {}

    def is_ready(self) -> bool:
        """Whether it does its work now; does not raise, nor block for more than a few seconds."""
        return True

    # What everyone calls

    def start(self) -> Self:
        """Start, and return when it is really ready. Raises PartFailedError when it dies or takes too long."""
        return self.spawn().wait_until_ready()

    def spawn(self) -> Self:
        """Start without waiting; several parts can come up side by side. Does nothing when it runs already."""
        if self.is_running:
            return self
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        for port in self._ports():
            if not is_free(port):  # whoever answers there would be taken for this part
                raise self.failure(f"cannot listen on port {port}: {listener(port)} does")
        self._prepare()
        setpriv = shutil.which("setpriv")
        guard = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
        with self.log_path.open("ab") as log:
            executor = SimpleExecutor(
                [*guard, *self._command()],
                timeout=self.stop_deadline_seconds,
                envvars=dict(self._environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            _STARTER.submit(executor.start).result()
        _STARTED.add(executor)
        self._executor, self._process = executor, cast("subprocess.Popen[Any]", executor.process)
        return self

    def wait_until_ready(self) -> Self:
        """Return when it is really ready. Raises PartFailedError when it dies or takes too long (it is killed then)."""
        try:
            wait_until(self._is_ready_or_dead, self.ready_deadline_seconds)
        except TimeoutError:
            self.kill()
            raise self.failure(f"was not ready within {self.ready_deadline_seconds:g} s") from None
        return self

    def stop(self) -> int | None:
        """SIGTERM, a deadline, then SIGKILL. Returns the exit code (negative: the signal); None if it never ran."""
        if self._executor is not None:
            with contextlib.suppress(ProcessFinishedWithError):  # the exit code says the same
                self._executor.stop()
            self._executor = None
        return self.exit_code

    def kill(self) -> None:
        """SIGKILL to the whole process group, at once; returns when it is gone."""
        if self._executor is not None:
            self._executor.kill()
            self._executor = None

    def check(self) -> None:
        """Raise PartFailedError if it has died by itself."""
        if self._executor is not None and not self.is_running:
            raise self.failure(f"ended with exit code {self.exit_code}")

    @property
    def is_running(self) -> bool:
        """Whether its main process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id, which is also the id of its process group; None when it does not run."""
        return self._process.pid if self._process is not None and self.is_running else None

    @property
    def exit_code(self) -> int | None:
        """Exit code of the last run (negative: the signal that ended it); None while it runs or before it ever ran."""
        return self._process.poll() if self._process is not None else None

    @property
    def has_ended_well(self) -> bool:
        """Whether its last run ended as it should: not by SIGKILL, nor with an error. True if it never ran."""
        return self._process is None or self.exit_code in self._clean_exit_codes

    def memory_bytes(self) -> int:
        """Resident memory of it and its children; 0 when it does not run."""
        if self.pid is None:
            return 0
        total = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            for one in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    total += one.memory_info().rss
        return total

    def log_tail(self, lines: int = _TAIL_LINES) -> str:
        """The last lines of its log."""
        if not self.log_path.is_file():
            return ""
        return "\n".join(self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        """Start until ready."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _is_ready_or_dead(self) -> bool:
        self.check()
        return self.is_ready()

    def failure(self, what: str) -> PartFailedError:
        """An error that says `what` happened, with the end of the log; for the caller to raise."""
        return PartFailedError(self.name, what, self.log_path, self.log_tail())
