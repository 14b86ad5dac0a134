"""How a stream begins, for the OpenAPI document; made by the code that makes streams."""

from typing import Final

import orjson

from gridpulse_query_api.examples import LATEST_CARBON, LATEST_POWER
from gridpulse_query_api.following import Followed, RowKey
from gridpulse_query_api.streams import encoded

__all__ = ["STREAM"]


def _begin() -> str:
    followed = Followed()
    documents = {"power-breakdown": LATEST_POWER, "carbon-intensity": LATEST_CARBON}
    followed.see(
        {
            RowKey(0, event): orjson.dumps({name: value for name, value in document.items() if name != "age_seconds"})
            for event, document in documents.items()
        }
    )
    return encoded(followed.newest(), followed.state_id).decode()


STREAM: Final = _begin()
