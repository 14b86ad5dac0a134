"""Control routes for tests, under /_standin: the clock, the faults, what was served, what was asked."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gridpulse_contract.models import format_instant
from gridpulse_standin.clock import ClockError, real_now
from gridpulse_standin.scenarios import Scenario
from gridpulse_standin.source import RowKey, Version, compact
from gridpulse_standin.standin import Standin

__all__ = ["ClockCommand", "ClockState", "RequestCount", "ScenarioState", "control_router"]

_LINES_PER_CHUNK: Final = 200


class ClockCommand(BaseModel):
    """Go on from `now` (from the present virtual time where absent) at `speed`; a speed of 0 pins the clock there."""

    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime | None = None
    speed: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0


class ClockState(BaseModel):
    """The virtual time, its speed in virtual seconds per second (0 = pinned), and the real time."""

    now: AwareDatetime
    speed: float
    real: AwareDatetime


class ScenarioState(BaseModel):
    """A scenario that is switched on, its number, and how many requests it has hit."""

    number: int
    scenario: Scenario
    hits: int


class RequestCount(BaseModel):
    """How often a path (`signal/temporality`) was asked for a zone with this outcome; `fault` is empty without one."""

    path: str
    zone: str
    status: int
    fault: str
    count: int


def control_router(standin: Standin) -> APIRouter:
    """Routes under /_standin."""
    router = APIRouter(prefix="/_standin", tags=["control"])
    clock, scenarios, ledger = standin.clock, standin.scenarios, standin.ledger

    @router.get("/clock")
    async def read_clock() -> ClockState:
        return ClockState(now=clock.now(), speed=clock.speed, real=real_now())

    @router.post("/clock")
    async def set_clock(command: ClockCommand) -> ClockState:
        try:
            clock.set(now=command.now, speed=command.speed)
        except ClockError as error:
            raise HTTPException(422, str(error)) from None
        return await read_clock()

    @router.get("/scenarios")
    async def list_scenarios() -> list[ScenarioState]:
        listing = scenarios.listing().items()
        return [ScenarioState(number=number, scenario=scenario, hits=hits) for number, (scenario, hits) in listing]

    @router.post("/scenarios", status_code=201)
    async def add_scenario(scenario: Scenario) -> ScenarioState:
        return ScenarioState(number=scenarios.add(scenario), scenario=scenario, hits=0)

    @router.delete("/scenarios", status_code=204)
    async def clear_scenarios() -> None:
        scenarios.clear()

    @router.delete("/scenarios/{number}", status_code=204)
    async def remove_scenario(number: int) -> None:
        if not scenarios.remove(number):
            raise HTTPException(404, f"no scenario {number}")

    @router.get("/ledger")
    async def read_ledger(
        after: Annotated[int, Query(ge=0, description="sequence number of the last line already read")] = 0,
        limit: Annotated[int, Query(gt=0, le=100_000)] = 10_000,
        current: Annotated[bool, Query(description="only revisions that the source would serve now")] = False,
        version: Annotated[Version, Query(description="whose form of the row to write")] = Version.V3,
    ) -> Response:
        """Every distinct revision of a row served in a good answer, one JSON object a line, oldest first."""
        headers = {"x-ledger-size": str(len(ledger)), "x-ledger-forgotten": str(ledger.forgotten)}
        lines = _ledger_lines(standin, after, limit, version, current=current)
        return StreamingResponse(_in_chunks(lines), media_type="application/x-ndjson", headers=headers)

    @router.delete("/ledger", status_code=204)
    async def clear_ledger() -> None:
        ledger.clear()

    @router.get("/requests")
    async def count_requests() -> list[RequestCount]:
        return [
            RequestCount(path=path, zone=zone, status=status, fault=fault, count=count)
            for (path, zone, status, fault), count in sorted(standin.requests.items())
        ]

    return router


def _ledger_lines(standin: Standin, after: int, limit: int, version: Version, *, current: bool) -> Iterator[str]:
    now, revisions = standin.clock.now(), standin.source.revisions

    def is_current(key: RowKey) -> bool:
        said = revisions.current(key.query.zone, key.at, key.query.granularity, now)
        return said is not None and said.updated_at == key.updated_at

    written = 0
    for sequence, key in standin.ledger.after(after):
        if written == limit:
            return
        if current and not is_current(key):
            continue
        written += 1
        yield _ledger_line(sequence, key, standin.source.served(key, version))


def _in_chunks(lines: Iterator[str]) -> Iterator[str]:
    while chunk := list(islice(lines, _LINES_PER_CHUNK)):
        yield "".join(chunk)


def _ledger_line(sequence: int, key: RowKey, row: str) -> str:
    described: dict[str, Any] = {
        "sequence": sequence,
        "signal": key.query.signal,
        "variant": key.query.variant,
        "zone": key.query.zone,
        "granularity": key.query.granularity,
        "datetime": format_instant(key.at),
        "updatedAt": format_instant(key.updated_at),
    }
    return compact(described)[:-1] + f',"row":{row}}}\n'
