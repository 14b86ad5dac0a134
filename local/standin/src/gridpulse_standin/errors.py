"""The errors of the API, with the bodies that were seen.

ApiError         what the API answers instead of data; whether a retry helps is for the status to say
"""

from typing import Any

__all__ = [
    "ApiError",
    "bad_request",
    "invalid_token",
    "no_recent_data",
    "no_route",
    "not_entitled",
    "not_in_trial",
    "rate_limited",
    "unauthorized",
]


class ApiError(Exception):
    """An answer other than data: its status, its JSON body and extra headers."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def bad_request(message: str) -> ApiError:
    """400: the request itself is wrong."""
    return ApiError(400, {"status": "error", "message": message})


def unauthorized() -> ApiError:
    """401 with `error` alone: no token, or one that nobody knows."""
    return ApiError(401, {"error": "Invalid auth-token"})


def not_entitled(zone: str, temporality: str, signal: str) -> ApiError:
    """401 with `error` and `message`: the token is good, but not for this."""
    return ApiError(
        401,
        {
            "error": f"Request unauthorized for zoneKey={zone},requestType={temporality},dataType={signal}.",
            "message": "You do not have access to this specific endpoint for this specific zone.",
        },
    )


def not_in_trial() -> ApiError:
    """401 to a trial key that asks for the past."""
    return ApiError(401, {"error": "This endpoint is not included in your API trial"})


def no_recent_data(zone: str) -> ApiError:
    """404: the zone has nothing to show."""
    return ApiError(404, {"error": f'No recent data for zone "{zone}"'})


def rate_limited(retry_after_seconds: int | None) -> ApiError:
    """429, with or without a `Retry-After`."""
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    return ApiError(429, {"message": "API rate limit exceeded"}, headers)


def no_route() -> ApiError:
    """404 of the gateway, for a path that it does not know."""
    return ApiError(404, {"message": "no Route matched with those values"})


def invalid_token() -> ApiError:
    """403: what the list of zones says to a bad token."""
    return ApiError(403, {"error": "Token is invalid"})
