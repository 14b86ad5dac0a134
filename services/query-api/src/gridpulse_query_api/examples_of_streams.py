"""How a stream begins, for the OpenAPI document; made by the code that makes streams."""

from typing import Final

import orjson

from gridpulse_query_api.examples import LATEST_CARBON, LATEST_POWER
from gridpulse_query_api.examples_of_forecasts import FORECAST
from gridpulse_query_api.following import Followed, RowKey
from gridpulse_query_api.streams import encoded

__all__ = ["STREAM"]


def _begin() -> str:
    followed = Followed()
    forecast = {name: value for name, value in FORECAST.items() if name != "next"}
    documents = {"power-breakdown": LATEST_POWER, "carbon-intensity": LATEST_CARBON, "forecast": forecast}
    followed.see(
        {
            RowKey(0, event): orjson.dumps({name: value for name, value in document.items() if name != "age_seconds"})
            for event, document in documents.items()
        }
    )
    return encoded(followed.newest(), followed.state_id).decode()


STREAM: Final = _begin()
