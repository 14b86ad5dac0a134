"""`run`: from nothing to data in the API, and an orderly end."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from gridpulse_platform.class_data import quicken_java
from gridpulse_platform.data import DataWatch, ReadableZone
from gridpulse_platform.errors import PlatformError
from gridpulse_platform.home import hold_home
from gridpulse_platform.jars import JarSet, ensure_jars
from gridpulse_platform.kafka import create_topics
from gridpulse_platform.ports import LOOPBACK
from gridpulse_platform.preflight import check_machine, java_home
from gridpulse_platform.process import Part
from gridpulse_platform.progress import Progress, StopAskedError
from gridpulse_platform.report import print_report
from gridpulse_platform.schema import apply_schema
from gridpulse_platform.settings import PlatformSettings
from gridpulse_platform.stack import Stack, build_stack, history_window

__all__ = ["Runner"]

T = TypeVar("T")
_JAR_SETS: Final[tuple[JarSet, ...]] = ("kafka", "cassandra", "spark")
_BACKFILL_DEADLINE_SECONDS: Final = 180.0


class Runner:
    """One run of the platform."""

    def __init__(self, settings: PlatformSettings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._stack: Stack | None = None

    def run(self, *, once: bool, then: Callable[[Sequence[Part]], None] | None = None) -> None:
        """Start everything, wait for data of all zones, print the report; then stop at once, or when asked to.

        With `then`, stop when that returns; it is given the parts that run. Raises PlatformError or SchemaError, after
        all that had started has been stopped.
        """
        with hold_home(self._settings.home.absolute(), serves=self._settings.data_directory):
            try:
                with self._progress.status:
                    zones = self._bring_up()
                self._report(zones)
                if then and self._stack:
                    then(self._stack.lasting)
                elif not once:
                    self._progress.console.print("Ctrl-C stops everything and keeps the data.")
                    self._wait(lambda: False, None, "the end")
            except (StopAskedError, PlatformError):
                if not self._progress.should_stop():  # Ctrl-C reaches Maven too, which then fails
                    raise
                self._progress.say("stopping as asked")
            finally:
                unclean = self._stop()
        if unclean:
            raise PlatformError("\n".join(unclean))

    def _bring_up(self) -> list[ReadableZone]:
        check_machine(self._settings)
        spark_jars = self._provision()[-1]
        window = history_window(self._settings.history_days)
        stack = self._stack = build_stack(self._settings, spark_jars, java_home(), window)
        self._start(stack)
        expected = window if self._settings.uses_standin else None  # a key of the real API may not open the past
        watch = DataWatch(f"http://{LOOPBACK}:{self._settings.query_api_port}", self._settings.zones, expected)
        try:
            return self._wait_for_data(watch)
        finally:
            watch.close()

    def _provision(self) -> list[Path]:
        folders: list[Path] = []
        for name in _JAR_SETS:
            self._progress.status.update(f"fetching the packages of {name}")

            def progress(file: str, name: str = name) -> None:
                self._progress.status.update(f"fetching the packages of {name}: {file}")
                self._progress.raise_if_asked()

            folders.append(ensure_jars(name, home=self._settings.home, progress=progress))
            self._progress.raise_if_asked()
        quicken_java(folders[-1], home=self._settings.home, tell=self._progress.status.update)
        self._progress.raise_if_asked()
        self._progress.say("packages are there")
        self._progress.restart_clock()
        return folders

    def _start(self, stack: Stack) -> None:
        stack.cassandra.spawn()
        stack.kafka.spawn()
        if stack.standin:
            stack.standin.spawn()
        self._wait_for(stack.kafka)
        create_topics(stack.kafka.bootstrap_servers)
        if stack.standin:
            self._wait_for(stack.standin)
        stack.backfill.spawn()
        self._wait_for(stack.cassandra)
        self._progress.status.update("applying the schema")
        apply_schema(stack.cassandra)
        stack.streaming.spawn()
        stack.query_api.spawn()
        self._wait_for_backfill(stack)
        stack.ingester.spawn()
        for part in (stack.ingester, stack.query_api, stack.streaming):
            self._wait_for(part)

    def _wait_for(self, part: Part) -> None:
        self._progress.wait_until_ready(part, self._stack.lasting if self._stack else ())

    def _wait_for_backfill(self, stack: Stack) -> None:
        backfill, days = stack.backfill, self._settings.history_days
        try:
            self._wait(lambda: not backfill.is_running, _BACKFILL_DEADLINE_SECONDS, f"loading {days} days of history")
        except TimeoutError:
            raise backfill.failure(f"did not end within {_BACKFILL_DEADLINE_SECONDS:g} s") from None
        if backfill.exit_code == 0:
            self._progress.say(f"{days} days of history are in Kafka")
        elif self._settings.uses_standin:
            raise backfill.failure(f"ended with exit code {backfill.exit_code}")
        else:
            tail = backfill.log_tail(5)
            self._progress.say(f"not all of the history could be had; the end of {backfill.log_path}:\n{tail}")

    def _wait_for_data(self, watch: DataWatch) -> list[ReadableZone]:
        count, deadline_seconds = len(self._settings.zones), self._settings.data_deadline_seconds

        def all_zones() -> list[ReadableZone]:
            found = watch.look()
            self._progress.status.update(f"waiting for data in the API: {len(found)} of {count} zones")
            return found if len(found) == count else []

        try:
            return self._wait(all_zones, deadline_seconds, "waiting for data in the API")
        except TimeoutError:
            raise self._no_data(watch.missing(), deadline_seconds) from None

    def _no_data(self, missing: Iterable[str], deadline_seconds: float) -> PlatformError:
        assert self._stack is not None  # noqa: S101 - there is data only after the start
        suspects = (self._stack.ingester, self._stack.streaming, self._stack.query_api)
        tails = "\n".join(f"The end of {part.log_path}:\n{part.log_tail(8)}" for part in suspects)
        zones = ", ".join(missing)
        return PlatformError(f"No complete data of {zones} in the API within {deadline_seconds:g} s.\n{tails}")

    def _wait(self, condition: Callable[[], T], deadline_seconds: float | None, what: str) -> T:
        """Until `condition` is truthy. Raises PartFailedError when a part dies, StopAskedError, TimeoutError."""
        return self._progress.wait(condition, deadline_seconds, what, self._stack.lasting if self._stack else ())

    def _report(self, zones: list[ReadableZone]) -> None:
        assert self._stack is not None  # noqa: S101 - it is up
        self._progress.say("data of all zones are readable")
        print_report(self._progress.console, self._settings, self._stack, zones)

    def _stop(self) -> list[str]:
        """Stop all that runs, in order; a sentence for each part that did not end as it should."""
        if self._stack is None:
            return []
        began = time.monotonic()
        parts = [part for group in self._stack.stop_order for part in group]
        for group in self._stack.stop_order:
            with ThreadPoolExecutor(max_workers=len(group)) as pool:
                list(pool.map(Part.stop, group))
        self._progress.say(f"everything is stopped, after {time.monotonic() - began:.1f} s; data and logs are kept")
        return [
            f"{part.name} ended with exit code {part.exit_code}; its log is {part.log_path}"
            for part in parts
            if not part.has_ended_well
        ]
