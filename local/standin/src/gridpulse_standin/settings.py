"""Settings of the stand-in, from GRIDPULSE_STANDIN_* in the environment."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["DEFAULT_TOKENS", "Plan", "StandinSettings"]


class Plan(BaseModel):
    """What a token may ask for. `zones` and `access` hold "*" for everything.

    An access is `signal/temporality`. A trial key is told so where it asks for the past; a sandbox key gets fake data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    zones: tuple[str, ...] = ("*",)
    access: tuple[str, ...] = ("*",)
    is_trial: bool = False
    is_sandbox: bool = False
    requests_per_window: Annotated[int, Field(gt=0)] = 2400


_FREE: tuple[str, ...] = (
    "carbon-intensity/latest",
    "carbon-intensity/history",
    "carbon-intensity/forecast",
    "power-breakdown/latest",
    "power-breakdown/history",
)

DEFAULT_TOKENS: dict[str, Plan] = {
    "standin-all": Plan(),
    "standin-free-FR": Plan(zones=("FR",), access=_FREE),
    "standin-free-DE": Plan(zones=("DE",), access=_FREE),
    "standin-trial": Plan(access=_FREE, is_trial=True),
    "standin-sandbox": Plan(is_sandbox=True),
}
"""Made-up tokens, one for each kind of plan."""


class StandinSettings(BaseSettings):
    """The virtual clock starts `days_before_now` in the past, runs at `speed` and never passes the real time."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_STANDIN_", extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(gt=0, le=65535)] = 8090
    seed: int = 1
    days_before_now: Annotated[float, Field(ge=0)] = 0
    speed: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1
    tokens: dict[str, Plan] = DEFAULT_TOKENS
    caller_zone: str = "FR"
    rate_limit_window_seconds: Annotated[float, Field(gt=0)] = 60
    ledger_capacity: Annotated[int, Field(gt=0)] = 1_000_000
    log_level: Literal["critical", "error", "warning", "info", "debug"] = "warning"
